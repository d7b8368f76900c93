"""One device on very many machines: what a bundle costs does not grow with the pages (AT-4.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from passerby.base.ids import PageId
from passerby.ingest import knowing
from passerby.ingest.recording import record
from passerby.model.bundle import Bundle
from passerby.model.device import FACTS_MAX, SLACK_MS
from passerby.model.operation import End, Event, Identify, Operation
from passerby.store.contract import Store, Transaction
from tests.store.pieces import device, session
from tests.worlds import ENGINES, NOW_MS, ORG, opened

MACHINES: Final = 120
_READING: Final = {"pieces", "pieces_from", "pieces_past", "claims_of"}
"""Ports whose answers grow with the device."""


class Counting:
    """A transaction that counts what is asked of it, and how much came."""

    def __init__(self, transaction: Transaction, asked: Counter[str], read: Counter[str]) -> None:
        self._transaction, self._asked, self._read = transaction, asked, read

    def __getattr__(self, name: str) -> Any:
        port = getattr(self._transaction, name)

        def counted(*args: Any, **named: Any) -> Any:
            self._asked[name] += 1
            found = port(*args, **named)
            if name in _READING:
                found = list(found)
            self._read[name] += len(found) if isinstance(found, list) else 0
            return found

        return counted


class Image:
    """Machines that were all made from one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.n: Counter[int] = Counter()

    def send(self, machine: int, *kinds: str, at_ms: int | None = None) -> tuple[Counter[str], Counter[str]]:
        """What a bundle of a machine's page asked of the store, and how much it read."""
        made: list[Operation] = []
        now_ms = NOW_MS + (machine * 600_000 if at_ms is None else at_ms)
        for kind in kinds:
            self.n[machine] += 1
            when = {"n": self.n[machine], "t": now_ms + self.n[machine], "at": now_ms + self.n[machine]}
            match kind:
                case "identify":
                    made.append(Identify(uid=f"user-{machine}", **when))
                case "end":
                    made.append(End(why="anonymize", **when))
                case _:
                    made.append(Event(name="x", source=f"{machine}/{self.n[machine]}", **when))
        page = PageId(f"9a{machine:06d}-0000-4000-8000-000000000000")
        bundle = Bundle(ORG.id, device(1), session(machine), page, NOW_MS, now_ms + 999, now_ms + 999, "b", tuple(made))
        asked, read = Counter[str](), Counter[str]()
        self.store.submit(lambda t: record(Counting(t, asked, read), bundle)).result()  # type: ignore[arg-type]
        return asked, read

    def owners(self) -> dict[str | None, str | None]:
        """By source."""
        with self.store.read() as reader:
            found = [(op, piece.device) for piece in reader.pieces_after(ORG.id, 0, 9999) for op in piece.operations]
            bindings = {name: reader.device(ORG.id, name).binding for _, name in found}
        return {op.source: (b.uid if (b := bindings[name]) else None) for op, name in found}


@pytest.fixture(params=ENGINES)
def image(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Image]:
    store = opened(request.param, tmp_path)
    yield Image(store)
    store.close()


def test_a_bundle_without_facts_and_one_of_a_new_machine_cost_the_same_however_many_there_are(image: Image) -> None:
    for machine in range(MACHINES):
        image.send(machine, "event", "identify", "event")
    asked, read = image.send(MACHINES - 1, "event", "event")
    assert not set(asked) & _READING
    assert sum(asked.values()) < 25
    asked, read = image.send(MACHINES, "event")
    assert not set(asked) & _READING
    asked, read = image.send(MACHINES, "identify", "event")
    assert sum(read[name] for name in _READING) <= 2
    assert sum(asked.values()) < 40


def test_every_machine_has_its_own_and_silent_ones_are_nobodys(image: Image) -> None:
    for machine in range(1, MACHINES):
        image.send(machine, "event", "identify", "event")
    image.send(MACHINES, "event", "event", at_ms=50 * 600_000)
    image.send(0, "event", at_ms=1000)
    for machine in range(1, MACHINES):
        image.send(machine, "event")
    found = image.owners()
    for machine in range(1, MACHINES):
        assert {found[f"{machine}/{n}"] for n in (1, 3, 4)} == {f"user-{machine}"}
    assert {found[f"{MACHINES}/{n}"] for n in (1, 2)} == {None}
    assert found["0/1"] == "user-1"


def test_ends_of_some_machines_let_go_nobody_else(image: Image) -> None:
    for machine in range(1, 40):
        image.send(machine, "identify", "event")
    for machine in range(1, 30):
        image.send(machine, "end", "event", at_ms=900 * 600_000 + machine * 600_000)
    for machine in range(1, 40):
        image.send(machine, "event", at_ms=2000 * 600_000 + machine)
    found = image.owners()
    for machine in range(1, 30):
        assert [found[f"{machine}/{n}"] for n in (2, 4, 5)] == [f"user-{machine}", None, None]
    for machine in range(30, 40):
        assert [found[f"{machine}/{n}"] for n in (2, 3)] == [f"user-{machine}"] * 2


def test_more_than_can_be_looked_at_is_nobodys(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    image.send(1, "identify", "event")
    image.send(2, "identify")
    monkeypatch.setattr(knowing, "AROUND_MAX", 3)
    image.send(1, *["identify"] * 4, "event")
    found = image.owners()
    assert found["1/7"] is None


def test_more_ends_than_can_be_counted_leave_nobody_anything_new(image: Image) -> None:
    image.send(1, "identify", "event")
    for machine in range(2, 70):
        image.send(machine, "end")
    image.send(1, "identify", "event", at_ms=100 * 600_000)
    found = image.owners()
    assert found["1/2"] == "user-1"
    assert found["1/4"] is None


def many_logouts(image: Image) -> int:
    """So many that the summary of the device lists no other; and a time long after them."""
    for machine in range(FACTS_MAX):
        image.send(machine, "identify", "event", "end", at_ms=machine * 1000)
    return 2 * SLACK_MS


def test_a_logout_concerns_the_pages_of_its_user_though_all_machines_are_busy(image: Image) -> None:
    start_ms = many_logouts(image)
    for machine in range(100, 100 + MACHINES):
        image.send(machine, "identify", *["event"] * 30, at_ms=start_ms + machine * 1000)
    later_ms = start_ms + (101 + MACHINES) * 1000 + SLACK_MS
    for machine in range(100, 100 + MACHINES):
        image.send(machine, "event", at_ms=later_ms)
    _, read = image.send(100, "event", "end", "event", at_ms=later_ms + 1000)
    assert sum(read[name] for name in _READING - {"claims_of"}) <= 5
    with image.store.read() as reader:
        assert not reader.device(ORG.id, device(1)).is_held
    found = image.owners()
    assert [found[f"100/{n}"] for n in (32, 33, 35)] == ["user-100", "user-100", None]
    assert {found[f"{machine}/32"] for machine in range(101, 100 + MACHINES)} == {
        f"user-{machine}" for machine in range(101, 100 + MACHINES)
    }


def test_a_logout_that_comes_late_takes_what_another_machines_claim_reached_back_to(image: Image) -> None:
    start_ms = many_logouts(image)
    image.send(30, "identify", "event", at_ms=start_ms)
    image.send(31, "event", at_ms=start_ms + 1000)
    image.send(31, "identify", "event", at_ms=start_ms + 3000)
    assert image.owners()["31/1"] == "user-31"
    image.send(30, "end", at_ms=start_ms + 2000)
    found = image.owners()
    assert [found[f"31/{n}"] for n in (1, 3)] == [None, "user-31"]


def test_a_logout_among_more_logins_than_can_be_placed_at_once_holds_the_device(image: Image) -> None:
    start_ms = many_logouts(image)
    for machine in range(100, 100 + MACHINES):
        image.send(machine, "identify", "event", at_ms=start_ms + machine * 1000)
    image.send(100, "end", at_ms=start_ms + (101 + MACHINES) * 1000)
    with image.store.read() as reader:
        assert reader.device(ORG.id, device(1)).is_held
