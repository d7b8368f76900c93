"""Turns: which bundle is worked on next, and which are sent away when there are more than can be (LI-9).

A bundle waits as the bytes that arrived: to decode what is then sent away would cost what there is too little of. So
whose it is, and of which kind, is guessed from its bytes. Whoever makes them lie waits in another line, no better than
if they had sent there.

There is a line for each org that is known here. Between the lines it goes round by how much each has had; within a line
identity goes first. It has the most room, too: so what nobody's identity hangs on is sent away before.
"""

from __future__ import annotations

import asyncio
import heapq
import re
from collections import deque
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Final

from passerby.base.errors import Refusal
from passerby.store.contract import T

WAITING_BYTES_MAX: Final = 8 << 20
"""How much may wait. Compressed bytes count as what they are taken to become."""
_BUSY_MAX: Final = 128
_BUSY_BYTES_MAX: Final = 128 << 10
_GIVEN_AT_ONCE: Final = 2
_RATIO: Final = 16
_BUNDLE_BYTES_MAX: Final = 4 << 20
_ROOM: Final = (0.6, 0.8, 1.0)
_RETRY_S_MAX: Final = 30
_PER_SECOND_MIN: Final = 1 << 20
_IDLE_LINES_MAX: Final = 1000
_ORG: Final = re.compile(rb'"org"\s{0,8}:\s{0,8}"([A-Za-z0-9._-]{1,64})"')
_IDENTITY_WORDS: Final = (b'"identify"', b'"end"', b'"consent"')
_PROPERTIES_WORDS: Final = (b'"op":"properties"', b'"op": "properties"')
_STRANGERS: Final = ""

_Turn = tuple[int, "asyncio.Future[None]"]


class Kind(IntEnum):
    """What hangs on a bundle; the least first."""

    EVENTS = 0
    PROPERTIES = 1
    IDENTITY = 2


def kind_of(body: bytes, encoding: str) -> Kind:
    """What a body seems to hold. One that cannot be read yet is in the middle."""
    if any(word in body for word in _IDENTITY_WORDS):
        return Kind.IDENTITY
    if encoding or any(word in body for word in _PROPERTIES_WORDS):
        return Kind.PROPERTIES
    return Kind.EVENTS


class _Line:
    """What waits of one org."""

    __slots__ = ("kinds", "weight")

    def __init__(self) -> None:
        self.kinds: tuple[deque[_Turn], ...] = (deque(), deque(), deque())
        self.weight = 0

    def pop(self) -> _Turn:
        """The next of it."""
        weight, turn = next(kind for kind in reversed(self.kinds) if kind).popleft()
        self.weight -= weight
        return weight, turn


class Turns:
    """Lets so many bundles be worked on at once, and the others wait for their turn. For one event loop."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self._lines: dict[str, _Line] = {}
        self._order: list[tuple[int, int, str]] = []
        self._had: dict[str, int] = {}
        self._had_now = self._entered = self._told = 0
        self._busy = self._busy_bytes = self._done = 0
        self._per_second, self._since_s = 0.0, 0.0
        self._is_giving = False
        self.waiting = 0

    async def take(self, body: bytes, encoding: str, work: Callable[[], Awaitable[T]]) -> T:
        """The result of `work`, begun when its turn came.

        Refusal: `too_many_requests` when too much of the same org waits, `unavailable` when too much of all does.
        """
        loop = asyncio.get_running_loop()
        weight = 1 + (min(len(body) * _RATIO, _BUNDLE_BYTES_MAX) if encoding else len(body))
        found = _ORG.search(body)
        name = found[1].decode() if found else _STRANGERS
        if self._order or not self._may_begin(weight):
            await self._turn(name if name in self.known else _STRANGERS, kind_of(body, encoding), weight)
        else:
            self._begin(weight)
        try:
            return await work()
        finally:
            self._end(weight, loop.time())

    def know(self, org: str) -> None:
        """There is such an org here: it has a line of its own from now on."""
        self.known.add(org)

    def retry_after_s(self) -> int:
        """After how many seconds to come again: about when what waits is done, each asker a bit apart."""
        least = min(1 + int(self.waiting / max(self._per_second, _PER_SECOND_MIN)), _RETRY_S_MAX)
        self._told += 1
        return least + self._told % (least + 1)

    async def _turn(self, org: str, kind: Kind, weight: int) -> None:
        """Wait for it. When this returns, the place is taken."""
        free = _ROOM[kind] * WAITING_BYTES_MAX - self.waiting
        if weight > free:
            raise Refusal("unavailable", "there is more to do than can be done: send it again later")
        line = self._lines.get(org)
        if weight + (line.weight if line else 0) > free:
            raise Refusal("too_many_requests", "too much of this org waits: send it again later")
        if line is None:
            line = self._lines[org] = _Line()
            self._queue(max(self._had.pop(org, 0), self._had_now), org)
        loop = asyncio.get_running_loop()
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

    def _queue(self, had: int, org: str) -> None:
        self._entered += 1
        heapq.heappush(self._order, (had, self._entered, org))

    def _may_begin(self, weight: int) -> bool:
        return not self._busy or (self._busy < _BUSY_MAX and self._busy_bytes + weight <= _BUSY_BYTES_MAX)

    def _begin(self, weight: int) -> None:
        self._busy += 1
        self._busy_bytes += weight

    def _end(self, weight: int, now_s: float) -> None:
        self._busy -= 1
        self._busy_bytes -= weight
        self._done += weight
        if now_s - self._since_s >= 1:
            self._per_second, self._done, self._since_s = self._done / (now_s - self._since_s), 0, now_s
        self._give_later()

    def _give_later(self) -> None:
        """Give turns when the loop comes round: in between it takes connections and sends others away."""
        if self._order and not self._is_giving:
            self._is_giving = True
            asyncio.get_running_loop().call_soon(self._give)

    def _give(self) -> None:
        self._is_giving = False
        for _ in range(_GIVEN_AT_ONCE):
            if self._order and self._may_begin(0):
                self._next()
        if self._may_begin(0):
            self._give_later()

    def _next(self) -> None:
        """Give the turn to the line that has had least."""
        had, _, org = heapq.heappop(self._order)
        line = self._lines[org]
        weight, turn = line.pop()
        self.waiting -= weight
        self._had_now = had
        if line.weight:
            self._queue(had + weight, org)
        else:
            del self._lines[org]
            self._had[org] = had + weight
        if len(self._had) > _IDLE_LINES_MAX:
            self._had = {org: had for org, had in self._had.items() if had > self._had_now}
        if not turn.done():
            self._begin(weight)
            turn.set_result(None)
