"""Connections: how many there may be, of one address and in all, and which go when there are too many (LI-7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from enum import IntEnum
from itertools import chain
from typing import Final, Protocol

from passerby.front.limits import Limits


class Phase(IntEnum):
    """What a connection is at; those that are let go first come first. HELD: it will hear that it is sent away."""

    HELD = 0
    IDLE = 1
    HEAD = 2
    BODY = 3
    BUSY = 4


_MAKES_ROOM: Final = (Phase.HELD, Phase.IDLE, Phase.HEAD)
_MAKES_ROOM_FOR_ITS_OWN: Final = (Phase.IDLE, Phase.HEAD)


class Connection(Protocol):
    """One connection, as its registry knows it."""

    peer: str | None
    phase: Phase
    since_s: float

    def drop(self) -> None:
        """Close it now; something is said only if a request was begun."""

    def is_too_slow(self, now_s: float) -> bool:
        """Whether its head or body has not come in time."""


class Connections:
    """All connections, by what they are at, longest in it first. For one event loop.

    What it does for one of them takes no longer for many others, but for one address at its limit: then those of
    that address are looked through.
    """

    def __init__(self, limits: Limits) -> None:
        self._all_max = limits.connections_max
        self._address_max = limits.connections_per_address_max
        self._head_s = limits.head_s
        self._at: tuple[dict[Connection, None], ...] = tuple({} for _ in Phase)
        self._of: defaultdict[str, dict[Connection, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return sum(len(those) for those in self._at)

    @property
    def idle(self) -> int:
        """How many of them nothing is asked on."""
        return len(self._at[Phase.IDLE])

    def admit(self, connection: Connection) -> bool:
        """Take one in, where need be for another that is held, idle or slow to ask; False if there is none to let go.

        One that is held makes room for another address, but not for its own: that would let it ask again at once. It
        goes before one that has not asked yet: in a crowd that would be let go while what it asks waits to be read.
        """
        if connection.peer is not None and len(self._of[connection.peer]) >= self._address_max:
            own = [one for one in self._of[connection.peer] if one.phase in _MAKES_ROOM_FOR_ITS_OWN]
            if not own:
                return False
            self._let_go(min(own, key=lambda other: (other.phase, other.since_s)))
        if len(self) >= self._all_max:
            let_go = next(chain.from_iterable(self._at[phase] for phase in _MAKES_ROOM), None)
            if let_go is None:
                return False
            self._let_go(let_go)
        self._at[connection.phase][connection] = None
        if connection.peer is not None:
            self._of[connection.peer][connection] = None
        return True

    def _let_go(self, connection: Connection) -> None:
        self.leave(connection)
        connection.drop()

    def enter(self, connection: Connection, phase: Phase, now_s: float) -> None:
        """One is at something else from now on."""
        if connection in self._at[connection.phase]:
            del self._at[connection.phase][connection]
            self._at[phase][connection] = None
        connection.phase, connection.since_s = phase, now_s

    def leave(self, connection: Connection) -> None:
        """One is gone, or never was here."""
        self._at[connection.phase].pop(connection, None)
        if connection.peer is not None:
            those = self._of[connection.peer]
            those.pop(connection, None)
            if not those:
                del self._of[connection.peer]

    def slow(self, now_s: float) -> list[Connection]:
        """Those whose head or body has not come in time."""
        return [one for one in self._waited_for(now_s) if one.is_too_slow(now_s)]

    def _waited_for(self, now_s: float) -> Iterator[Connection]:
        for one in self._at[Phase.HEAD]:
            if now_s - one.since_s < self._head_s:
                break
            yield one
        yield from self._at[Phase.BODY]
