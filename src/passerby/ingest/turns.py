"""Turns: which bundle the writer gets next, and which get none when there are more than it can take (LI-9, LI-10).

Bundles that wait stand in a line for each org. Between the lines it goes round by how much each has had; within a line
identity goes first, then properties, then the rest. Each kind has room of its own, identity the most: so what nobody's
identity hangs on is the first to be sent away.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import Any, Final

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.base.rate import Rates
from passerby.base.units import SECOND_MS
from passerby.model.bundle import Bundle
from passerby.model.operation import Consent, End, Identify, SetProperties
from passerby.store.contract import T, Transaction

WAITING_MAX: Final = 20_000
"""How much may wait, in operations, each of 2,400 bytes at most: larger ones count more."""
_BYTES_AN_OPERATION: Final = 2400
_BYTES_A_BYTE: Final = 4
"""How much memory a byte of JSON comes to, decoded."""
_WEIGHT_MAX: Final = 4000
_BUSY_MAX: Final = 128
_BUSY_WEIGHT_MAX: Final = 10_000
_ROOM: Final = (0.6, 0.8, 1.0)
_BURST: Final = 2
_RETRY_S_MAX: Final = 30
_FINISHED_MAX: Final = 1000
_IDENTITY_WORDS: Final = (b'"identify"', b'"end"', b'"consent"')


class Kind(IntEnum):
    """What is lost when a bundle comes late; the least first."""

    EVENTS = 0
    PROPERTIES = 1
    IDENTITY = 2


def kind_of(bundle: Bundle) -> Kind:
    """The kind of the operation that matters most."""
    if any(isinstance(one, Identify | End | Consent) for one in bundle.operations):
        return Kind.IDENTITY
    if any(isinstance(one, SetProperties) for one in bundle.operations):
        return Kind.PROPERTIES
    return Kind.EVENTS


class _Line:
    """What waits of one org."""

    __slots__ = ("kinds", "weight")

    def __init__(self) -> None:
        self.kinds: tuple[deque[tuple[int, asyncio.Future[None]]], ...] = (deque(), deque(), deque())
        self.weight = 0

    def pop(self) -> tuple[int, asyncio.Future[None]]:
        """The next of it."""
        weight, turn = next(kind for kind in reversed(self.kinds) if kind).popleft()
        self.weight -= weight
        return weight, turn


class Turns:
    """Hands bundles to the writer through `submit`, in turn. For one event loop.

    `per_device` and `per_org` are bundles a second; 0 does not limit.
    """

    def __init__(self, submit: Callable[..., Future[Any]], per_device: int = 0, per_org: int = 0) -> None:
        self._submit = submit
        self._devices = Rates(per_device, per_device * _BURST)
        self._orgs = Rates(per_org, per_org * _BURST)
        self._lines: dict[OrgId, _Line] = {}
        self._order: list[tuple[int, int, OrgId]] = []
        self._had: dict[OrgId, int] = {}
        self._now_had = self._entered = self._told = 0
        self._busy = self._busy_weight = 0
        self.waiting = 0
        self._done = 0
        self._per_second, self._since_s = 0.0, 0.0

    def look(self, body: bytes, encoding: str) -> None:
        """Refusal of a body that would find no room, before it is decoded."""
        has_room = self.waiting < _ROOM[Kind.EVENTS] * WAITING_MAX
        if not has_room and not encoding and not any(word in body for word in _IDENTITY_WORDS):
            raise _full()

    async def take(self, bundle: Bundle, size: int, work: Callable[[Transaction], T]) -> T:
        """The result of `work`, done for `bundle`, of `size` bytes, when its turn came.

        Refusal: `too_many_requests` for a device or an org that sends too much, `unavailable` when all is full.
        """
        kind, loop = kind_of(bundle), asyncio.get_running_loop()
        self._check_rates(bundle, kind, loop.time() * SECOND_MS)
        operations = len(bundle.operations) + len(bundle.refused)
        weight = min(max(operations, size * _BYTES_A_BYTE // _BYTES_AN_OPERATION), _WEIGHT_MAX)
        if self.waiting or not self._may_go(weight):
            await self._turn(bundle.org, kind, weight, loop)
        else:
            self._begin(weight)
        try:
            result: T = await asyncio.wrap_future(self._submit(work))
            return result
        finally:
            self._end(weight, loop.time())

    def retry_after_s(self) -> int:
        """After how many seconds to come again: about when what waits is done, each asker a bit apart."""
        least = min(1 + int(self.waiting / max(self._per_second, 1000.0)), _RETRY_S_MAX)
        self._told += 1
        return least + self._told % (least + 1)

    def _check_rates(self, bundle: Bundle, kind: Kind, now_ms: float) -> None:
        """Identity has buckets of its own, which a flood of events cannot empty."""
        is_identity = kind is Kind.IDENTITY
        if self._devices.take((bundle.org, bundle.device, is_identity), now_ms):
            raise Refusal("too_many_requests", "too many bundles of this device: send it again later")
        if self._orgs.take((bundle.org, is_identity), now_ms):
            raise Refusal("too_many_requests", "too many bundles of this org: send it again later")

    async def _turn(self, org: OrgId, kind: Kind, weight: int, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for it; then the writer's place is taken."""
        free = _ROOM[kind] * WAITING_MAX - self.waiting
        if weight > free:
            raise _full()
        line = self._lines.get(org)
        if weight + (line.weight if line else 0) > free:
            raise Refusal("too_many_requests", "too much of this org waits: send it again later")
        if line is None:
            line = self._lines[org] = _Line()
            self._queue(max(self._had.pop(org, 0), self._now_had), org)
        turn: asyncio.Future[None] = loop.create_future()
        line.kinds[kind].append((weight, turn))
        line.weight += weight
        self.waiting += weight
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._end(weight, loop.time())
            raise

    def _queue(self, had: int, org: OrgId) -> None:
        self._entered += 1
        heapq.heappush(self._order, (had, self._entered, org))

    def _may_go(self, weight: int) -> bool:
        return not self._busy or (self._busy < _BUSY_MAX and self._busy_weight + weight <= _BUSY_WEIGHT_MAX)

    def _begin(self, weight: int) -> None:
        self._busy += 1
        self._busy_weight += weight

    def _end(self, weight: int, now_s: float) -> None:
        self._busy -= 1
        self._busy_weight -= weight
        self._done += weight
        if now_s - self._since_s >= 1:
            self._per_second, self._done, self._since_s = self._done / (now_s - self._since_s), 0, now_s
        while self._order and self._may_go(0):
            self._next()

    def _next(self) -> None:
        """Give the turn to the line that has had least."""
        had, _, org = heapq.heappop(self._order)
        line = self._lines[org]
        weight, turn = line.pop()
        self.waiting -= weight
        self._now_had = had
        if any(line.kinds):
            self._queue(had + weight, org)
        else:
            del self._lines[org]
            self._had[org] = had + weight
        if len(self._had) > _FINISHED_MAX:
            self._had = {org: had for org, had in self._had.items() if had > self._now_had}
        if not turn.done():
            self._begin(weight)
            turn.set_result(None)


def _full() -> Refusal:
    return Refusal("unavailable", "there is more to do than can be done: send it again later")
