"""Turns: which bundle is worked on next, and which are sent away when there are more than can be (LI-9).

A bundle waits as the bytes that arrived: to decode what is then sent away would cost what there is too little of. So
whose it is, and of which kind, is guessed from its bytes. Whoever makes them lie waits in another line, no better than
if they had sent there.

Small bundles and large ones go through gates of their own: a large one may take half a second, and small ones go on
beside it. At each gate there is a line for each org that is known here. Between the lines it goes round by how much
each has had; within a line identity goes first. It has the most room, too: so what nobody's identity hangs on is sent
away before.
"""

from __future__ import annotations

import asyncio
import heapq
import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import IntEnum
from typing import Final

from passerby.base.errors import Refusal
from passerby.store.contract import T

WAITING_BYTES_MAX: Final = 8 << 20
"""How much may wait. Compressed bytes count as what they are taken to become."""
_ROOM_BYTES_MIN: Final = 8 << 10
"""What each takes of that at least: it keeps a connection, of which there are not many more than then can wait."""
_SMALL_BYTES: Final = 32 << 10
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

    __slots__ = ("kinds",)

    def __init__(self) -> None:
        self.kinds: tuple[deque[_Turn], ...] = (deque(), deque(), deque())

    def pop(self) -> _Turn:
        """The next of it."""
        return next(kind for kind in reversed(self.kinds) if kind).popleft()

    def drop(self, kind: Kind, turn: _Turn) -> None:
        """Forget one that nobody waits for any longer, if it is still here."""
        with suppress(ValueError):
            self.kinds[kind].remove(turn)


class _Gate:
    """Lets so many of one size be worked on at once. The others wait in lines, one for each org."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._order: list[tuple[int, int, str]] = []
        self._had: dict[str, int] = {}
        self._had_now = self._entered = 0
        self._busy = self._busy_bytes = 0
        self._is_giving = False

    def begins(self, weight: int) -> bool:
        """Whether one may begin at once. If so, its place is taken."""
        if self._order or not self._may_begin(weight):
            return False
        self._begin(weight)
        return True

    async def wait(self, org: str, kind: Kind, weight: int) -> None:
        """Wait for the turn. When this returns, the place is taken."""
        line = self._lines.get(org)
        if line is None:
            line = self._lines[org] = _Line()
            self._queue(max(self._had.pop(org, 0), self._had_now), org)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.kinds[kind].append((weight, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.end(weight)
            else:
                line.drop(kind, (weight, turn))
            raise

    def end(self, weight: int) -> None:
        """One is done, and its place is free."""
        self._busy -= 1
        self._busy_bytes -= weight
        self._give_later()

    def _queue(self, had: int, org: str) -> None:
        self._entered += 1
        heapq.heappush(self._order, (had, self._entered, org))

    def _may_begin(self, weight: int) -> bool:
        return not self._busy or (self._busy < _BUSY_MAX and self._busy_bytes + weight <= _BUSY_BYTES_MAX)

    def _begin(self, weight: int) -> None:
        self._busy += 1
        self._busy_bytes += weight

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
        weight, turn = line.pop() if any(line.kinds) else (0, None)
        self._had_now = had
        if any(line.kinds):
            self._queue(had + weight, org)
        else:
            del self._lines[org]
            self._had[org] = had + weight
        if len(self._had) > _IDLE_LINES_MAX:
            self._had = {org: had for org, had in self._had.items() if had > self._had_now}
        if turn is not None and not turn.done():
            self._begin(weight)
            turn.set_result(None)


class Turns:
    """Lets so many bundles be worked on at once, and the others wait for their turn. For one event loop."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self._small, self._large = _Gate(), _Gate()
        self._of_org: Counter[str] = Counter()
        self._told = self._done = 0
        self._per_second, self._since_s = 0.0, 0.0
        self.waiting = 0

    async def take(self, body: bytes, encoding: str, work: Callable[[], Awaitable[T]]) -> T:
        """The result of `work`, begun when its turn came.

        Refusal: `too_many_requests` when too much of the same org waits, `unavailable` when too much of all does.
        """
        weight = min(len(body) * _RATIO, _BUNDLE_BYTES_MAX) if encoding else len(body)
        gate = self._large if weight > _SMALL_BYTES else self._small
        if not gate.begins(weight):
            found = _ORG.search(body)
            name = found[1].decode() if found else _STRANGERS
            await self._turn(gate, name if name in self.known else _STRANGERS, kind_of(body, encoding), weight)
        try:
            return await work()
        finally:
            gate.end(weight)
            self._count(weight, asyncio.get_running_loop().time())

    def know(self, org: str) -> None:
        """There is such an org here: it has lines of its own from now on."""
        self.known.add(org)

    def retry_after_s(self) -> int:
        """After how many seconds to come again: about when what waits is done, each asker a bit apart."""
        least = min(1 + int(self.waiting / max(self._per_second, _PER_SECOND_MIN)), _RETRY_S_MAX)
        self._told += 1
        return least + self._told % (least + 1)

    async def _turn(self, gate: _Gate, org: str, kind: Kind, weight: int) -> None:
        """Wait for it. When this returns, the place is taken."""
        room = max(weight, _ROOM_BYTES_MIN)
        free = _ROOM[kind] * WAITING_BYTES_MAX - self.waiting
        if room > free:
            raise Refusal("unavailable", "there is more to do than can be done: send it again later")
        if room + self._of_org[org] > free:
            raise Refusal("too_many_requests", "too much of this org waits: send it again later")
        self.waiting += room
        self._of_org[org] += room
        try:
            await gate.wait(org, kind, weight)
        finally:
            self.waiting -= room
            self._of_org[org] -= room
            if not self._of_org[org]:
                del self._of_org[org]

    def _count(self, weight: int, now_s: float) -> None:
        self._done += weight
        if now_s - self._since_s >= 1:
            self._per_second, self._done, self._since_s = self._done / (now_s - self._since_s), 0, now_s
