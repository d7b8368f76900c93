"""The time, the seats, the way to the service, and what happens in them, one step after the other.

A step says what happens, and nothing else decides: the same steps make the same world, and fewer steps a smaller one.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

from passerby.store.contract import Store
from tests.simulation.acts import PEOPLE, act
from tests.simulation.carrier import LATE_MS_MAX, Carrier
from tests.simulation.homes import Profile
from tests.simulation.load import Load
from tests.simulation.oracle import Oracle, Verdict
from tests.simulation.seat import SKEWS_MS, App, Seat
from tests.simulation.service import ORG

SEATS: Final = 2
_FIRES_MAX: Final = 2000
_DIGITS: Final = {"device": "d", "session": "5", "page": "9"}


@dataclass(frozen=True)
class Step:
    """What happens, at which seat, in which of its pages; `pick` chooses what is left open, `fate` what networks do."""

    does: str
    seat: int
    load: int
    pick: int
    fate: int
    wait_ms: int


@dataclass(frozen=True)
class Kind:
    """A kind of world: what happens in it how often, and how its apps and their logouts are made."""

    name: str
    weights: dict[str, int]
    apps: tuple[App, ...]
    logouts: tuple[str, ...] = ("say",)
    is_honest: bool = False
    """Whether apps say the truth in time and nobody meddles with storage: then no name may be lost."""


class World:
    def __init__(self, kind: Kind, store: Store, skew: int) -> None:
        self.kind = kind
        self.now_ms = 1_750_000_000_000
        self.oracle = Oracle()
        self.story: list[str] = []
        self._store = store
        self._ids = count(1)
        self._load_count = 0
        self._agenda: list[tuple[int, int, Callable[[], object]]] = []
        self._draw: random.Random | None = None
        self._carrier = Carrier(store, self)
        skews = [SKEWS_MS[(skew + at) % len(SKEWS_MS)] for at in range(SEATS)]
        self.seats = [Seat(self, at, PEOPLE[at], ms, Profile()) for at, ms in enumerate(skews)]

    def mint(self, kind: str) -> str:
        """The port for ids."""
        number = next(self._ids)
        return f"{number:032x}" if kind == "key" else f"{_DIGITS[kind]}0000000-0000-4000-8000-{number:012x}"

    def count_load(self) -> int:
        self._load_count += 1
        return self._load_count

    def at(self, in_ms: int, work: Callable[[], object]) -> None:
        """Do `work` after that time."""
        self._agenda.append((self.now_ms + in_ms, next(self._ids), work))

    def carry(self, load: Load) -> None:
        self._carrier.carry(load, self._draw)

    def perform(self, step: Step) -> None:
        """Let time pass, then let that happen."""
        self._draw = random.Random(step.fate)
        self.pass_time(step.wait_ms)
        seat = self.seats[step.seat % len(self.seats)]
        words = act(seat, step.does, step.load, step.pick, self.kind)
        if words:
            self.story.append(f"{step.wait_ms:>8} ms  browser {seat.number} ({seat.person}): {words}")
        self._carry_all()

    def pass_time(self, ms: int) -> None:
        """Whatever is due by then happens when it is due."""
        end_ms = self.now_ms + ms
        for _ in range(_FIRES_MAX):
            due = self._next_due()
            if due is None or due[0] > end_ms:
                self.now_ms = end_ms
                return
            self.now_ms = max(self.now_ms, due[0])
            due[1]()
            self._carry_all()
        raise AssertionError("something is due again and again")

    def finish(self) -> Verdict:
        """Everything that was kept anywhere is sent, and the service says under whom it shows what."""
        self.pass_time(LATE_MS_MAX)
        self._draw = None
        for seat in self.seats:
            for load in [*seat.loads]:
                load.app("hide")
            seat.open(App(speaks_ms=None))
            for _ in range(3):
                self.pass_time(LATE_MS_MAX * 2)
        self._carrier.close()
        return self.oracle.judge(self._shown(), is_honest=self.kind.is_honest)

    def _shown(self) -> list[tuple[str, str | None]]:
        with self._store.read() as reader:
            pieces = reader.pieces_after(ORG.id, 0, 100_000)
            bindings = {piece.device: reader.device(ORG.id, piece.device).binding for piece in pieces}
            return [
                (str(operation.source), binding.uid if (binding := bindings[piece.device]) else None)
                for piece in pieces
                for operation in piece.operations
            ]

    def _carry_all(self) -> None:
        for seat in self.seats:
            for load in [*seat.loads]:
                self.carry(load)

    def _next_due(self) -> tuple[int, Callable[[], object]] | None:
        found: list[tuple[int, int, Callable[[], object]]] = [*self._agenda]
        for load in [load for seat in self.seats for load in seat.loads]:
            found += [(at_ms, 0, lambda load=load, name=name: load.fire(name)) for name, at_ms in load.timers.items()]
            found += [(one[0], 0, lambda load=load, one=one: load.attend(one)) for one in load.agenda]
        first = min(found, key=lambda due: due[:2], default=None)
        if first in self._agenda:
            self._agenda.remove(first)
        return first and (first[0], first[2])
