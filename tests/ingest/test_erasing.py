"""Erasing a user (PV-2)."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from passerby.base.errors import Refusal
from passerby.base.ids import DeviceId, PageId, SessionId, Uid, UserId
from passerby.ingest import erasing, learning
from passerby.ingest.recording import record
from passerby.ingest.reports import report_event, report_user
from passerby.model.bundle import Bundle
from passerby.model.marks import Marks
from passerby.model.operation import End, Event, Identify, Page
from passerby.model.outcome import Outcome
from passerby.model.properties import Property
from passerby.store.contract import Entry, PersonFilter, Store
from passerby.wire.reports import EventRequest, UserReference, UserRequest
from tests.worlds import ENGINES, NOW_MS, ORG, CountedIds, opened


def uuid(n: int) -> str:
    return f"{n:08x}-5eed-4000-8000-0123456789ab"


class World:
    """A store with browsers, of whom some are erased."""

    def __init__(self, store: Store) -> None:
        self.store, self.ids = store, CountedIds()

    def send(self, n: int, *operations: Any, device: int = 0, session: int = 0) -> dict[int, Outcome]:
        """A bundle of page `n`, on device and session of the same number unless others are named."""
        bundle = Bundle(
            ORG.id,
            DeviceId(uuid(device or n)),
            SessionId(uuid(session or 0x1000 + (device or n))),
            PageId(uuid(0x2000 + n)),
            NOW_MS,
            NOW_MS + 10_000,
            NOW_MS + 10_000,
            "browser/1",
            operations,
        )
        return dict(self.store.submit(lambda t: record(t, bundle)).result().outcomes)

    def erase(self, uid: str, at_ms: int) -> None:
        """Ask for it and work it off."""
        with self.store.read() as reader:
            (person,) = reader.people(ORG.id, PersonFilter(uid=uid), None, 9)
        self.store.submit(lambda t: erasing.accept(t, ORG, person, at_ms, self.ids)).result()
        self.work_off(at_ms)

    def work_off(self, at_ms: int) -> None:
        with self.store.read() as reader:
            due = reader.due_entries([erasing.ERASING], at_ms, 9)
        for org, entry in due:
            erasing.remove(self.store, org, entry, at_ms)
        erasing.scrub(self.store, at_ms)

    def uids(self) -> list[str | None]:
        with self.store.read() as reader:
            return [person.uid for person in reader.people(ORG.id, PersonFilter(), None, 99)]

    def operations_of(self, device: int) -> int:
        with self.store.read() as reader:
            return sum(len(piece.operations) for piece in reader.pieces_of_device(ORG.id, DeviceId(uuid(device))))


def op(kind: Any, n: int, after_ms: int, **given: Any) -> Any:
    return kind(n=n, t=NOW_MS + after_ms, at=NOW_MS + after_ms, **given)


@pytest.fixture(params=ENGINES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    store = opened(request.param, tmp_path)
    yield World(store)
    store.close()


def test_an_erased_user_is_gone_with_all_devices_and_others_stay(world: World) -> None:
    for n, uid in ((1, "gone"), (2, "gone"), (3, "stays")):
        world.send(n, op(Page, 1, 0, url="https://x/"), op(Identify, 2, 1, uid=uid))
    world.erase("gone", NOW_MS + 20_000)
    assert world.uids() == ["stays"]
    assert [world.operations_of(n) for n in (1, 2, 3)] == [0, 0, 2]
    with world.store.read() as reader:
        assert reader.devices_of(ORG.id, Uid("gone")) == []
        assert reader.session(ORG.id, SessionId(uuid(0x1001))) is None


def test_between_asking_and_doing_the_user_is_shown_as_being_erased(world: World) -> None:
    world.send(1, op(Identify, 1, 1, uid="gone"))
    with world.store.read() as reader:
        (person,) = reader.people(ORG.id, PersonFilter(), None, 9)
    first = world.store.submit(lambda t: erasing.accept(t, ORG, person, NOW_MS, world.ids)).result()
    again = world.store.submit(lambda t: erasing.accept(t, ORG, person, NOW_MS, world.ids)).result()
    with world.store.read() as reader:
        assert erasing.is_being_erased(reader, ORG.id, person)
    world.work_off(NOW_MS)
    with world.store.read() as reader:
        assert not erasing.is_being_erased(reader, ORG.id, person)
    assert first == again


def test_an_erased_device_turns_away_everything_for_ever(world: World) -> None:
    world.send(1, op(Identify, 1, 1, uid="gone"))
    world.erase("gone", NOW_MS + 2)
    for n in (10, 11):
        outcomes = world.send(n, op(Page, 1, 0, url="https://x/"), op(Identify, 2, 5_000, uid="other"), device=1)
        assert set(outcomes.values()) == {Outcome.ERASED}
    assert world.uids() == []
    assert world.operations_of(1) == 0


def test_a_late_identify_of_an_erased_uid_takes_its_device_with_it(world: World) -> None:
    world.send(1, op(Identify, 1, 1, uid="gone"))
    world.send(2, op(Page, 1, 0, url="https://x/"))
    world.erase("gone", NOW_MS + 5_000)
    outcomes = world.send(12, op(Event, 1, 1_000, name="e"), op(Identify, 2, 2_000, uid="gone"), device=2)
    assert set(outcomes.values()) == {Outcome.ERASED}
    assert world.operations_of(2) == 0
    assert world.uids() == []


def test_somebody_who_comes_back_after_the_erasure_is_a_new_user(world: World) -> None:
    world.send(1, op(Identify, 1, 1, uid="gone"))
    world.erase("gone", NOW_MS + 5_000)
    assert world.send(2, op(Identify, 1, 6_000, uid="gone")) == {1: Outcome.BOUND}
    assert world.uids() == ["gone"]


def test_a_server_that_reports_an_erased_uid_again_makes_a_new_user(world: World) -> None:
    def report(at_ms: int) -> UserId:
        request = UserRequest(uid="gone")
        return world.store.submit(lambda t: report_user(t, ORG, request, None, at_ms, world.ids)).result().user

    report(NOW_MS)
    world.erase("gone", NOW_MS + 5_000)
    with pytest.raises(Refusal, match="erased"):
        report(NOW_MS + 4_000)
    report(NOW_MS + 5_000)
    assert world.uids() == ["gone"]


def test_an_old_identify_of_an_erased_uid_takes_its_own_page_and_nothing_else_of_anothers_device(world: World) -> None:
    world.send(1, op(Identify, 1, 1, uid="gone"))
    world.send(2, op(Identify, 1, 3_000, uid="other"), op(Event, 2, 3_100, name="theirs"))
    world.erase("gone", NOW_MS + 5_000)
    late = world.send(
        12,
        op(Event, 1, 900, name="e"),
        op(Identify, 2, 1_000, uid="gone"),
        op(Event, 3, 1_001, name="e"),
        device=2,
    )
    assert set(late.values()) == {Outcome.ERASED}
    assert world.send(12, op(Event, 4, 9_000, name="e"), device=2) == {4: Outcome.ERASED}
    assert world.uids() == ["other"]
    assert world.send(2, op(Event, 3, 9_500, name="theirs too"), device=2) == {3: Outcome.STORED}
    assert world.operations_of(2) == 3
    with world.store.read() as reader:
        assert "gone" not in repr(reader.device(ORG.id, DeviceId(uuid(2))))
    assert world.send(13, op(Event, 1, 1_500, name="silent"), device=2) == {1: Outcome.DIVERTED}


def test_what_an_erased_user_stored_before_on_anothers_device_is_removed_and_stays_away(world: World) -> None:
    world.send(2, op(Identify, 1, 1_000, uid="other"))
    world.send(12, op(Identify, 1, 2_000, uid="gone"), op(Event, 2, 2_001, name="e"), device=2)
    world.erase("gone", NOW_MS + 5_000)
    assert world.send(12, op(Event, 3, 2_500, name="late"), device=2) == {3: Outcome.ERASED}
    assert world.send(2, op(Event, 2, 9_000, name="theirs"), device=2) == {2: Outcome.STORED}
    assert world.uids() == ["other"]
    with world.store.read() as reader:
        assert reader.devices_of(ORG.id, Uid("gone")) == []


def test_the_receipt_counts_and_names_nobody(world: World) -> None:
    world.send(
        1, op(Page, 1, 0, url="https://x/"), op(Identify, 2, 1, uid="gone", properties=(Property("a", "str", "b"),))
    )
    mark = Marks(ORG.secret).of_uid(Uid("gone"))
    world.store.submit(lambda t: t.put_entry(ORG.id, Entry("failure", "j/1", b"{}", mark))).result()
    world.erase("gone", NOW_MS + 5_000)
    with world.store.read() as reader:
        (entry,) = reader.entries(ORG.id, erasing.ERASURE, "", "", 9)
        assert reader.entry(ORG.id, "failure", "j/1") is None
    text = entry.body.decode()
    assert '"devices":1,"sessions":1,"pieces":1,"operations":2,"properties":1,"records":1' in text
    assert '"erased_at_ms":1750000005000' in text
    assert "gone" not in text
    assert uuid(1) not in text


def test_no_byte_of_an_erased_user_is_left_in_the_database_files(tmp_path: Path) -> None:
    chance = random.Random(1)
    world = World(opened("sqlite", tmp_path))
    people = list(range(1, 301))
    for round_ in range(3):
        for n in chance.sample(people, len(people)):
            needle = f"needle{n:06d}x"
            filler = needle * chance.randint(1, 60)
            world.send(
                n + 0x400 * round_,
                op(Page, 1, 0, url=f"https://x/{filler}"),
                op(Event, 2, 1, name=needle, properties=(Property(f"a{round_}", "str", filler),)),
                op(Identify, 3, 2, uid=f"u-{needle}", properties=(Property("email", "str", f"{needle}@example.com"),)),
                *([op(End, 4, 3, why="shutdown")] if n % 3 else []),
                device=n,
            )
    gone = chance.sample(people, 100)
    for n in gone:
        with world.store.read() as reader:
            (person,) = reader.people(ORG.id, PersonFilter(uid=f"u-needle{n:06d}x"), None, 9)
        world.store.submit(lambda t, person=person: erasing.accept(t, ORG, person, NOW_MS + 20_000, world.ids)).result()
    while True:
        with world.store.read() as reader:
            if not reader.due_entries([erasing.ERASING], NOW_MS + 20_000, 1):
                break
        world.work_off(NOW_MS + 20_000)

    files = [path for path in tmp_path.iterdir() if path.name.startswith("passerby.db")]
    held = b"".join(path.read_bytes() for path in files)
    for n in people:
        here = f"needle{n:06d}x".encode() in held or bytes.fromhex(uuid(n).replace("-", "")) in held
        assert here == (n not in gone)
    world.store.close()
    with sqlite3.connect(tmp_path / "passerby.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_a_server_reports_late_of_an_erased_user_is_turned_away(world: World) -> None:
    world.send(1, op(Identify, 1, 1, uid="gone"))
    world.erase("gone", NOW_MS + 5_000)
    late = EventRequest(name="e", user=UserReference(uid="gone"), timestamp="2025-06-15T15:06:40Z")
    with pytest.raises(Refusal) as refused:
        world.store.submit(lambda t: report_event(t, ORG, late, None, NOW_MS + 9_000, world.ids)).result()
    assert refused.value.code == "erased"
    assert world.uids() == []


def test_a_device_of_much_is_removed_in_turns_and_the_receipt_is_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "_PIECES_A_TURN", 2)
    world.send(1, op(Identify, 1, 1, uid="gone", properties=(Property("plan", "str", "pro"),)))
    for n in range(2, 8):
        world.send(n, op(Page, 1, n, url="https://x/"), op(Event, 2, n, name="e"), device=1, session=n)
    world.erase("gone", NOW_MS + 20_000)
    assert world.operations_of(1) == 0
    with world.store.read() as reader:
        (receipt,) = [
            erasing.receipt_of(reader, ORG.id, entry.id) for entry in reader.entries(ORG.id, erasing.ERASURE, "", "", 9)
        ]
    assert (receipt.devices, receipt.sessions, receipt.pieces, receipt.operations) == (1, 7, 7, 13)
    assert receipt.properties == 1


def test_no_turn_removes_more_than_it_may(tmp_path: Path) -> None:
    world = World(opened("sqlite", tmp_path))
    for n in range(1, 8):
        world.send(n, op(Page, 1, n, url="https://x/"), device=1, session=n)
    thinned = [world.store.submit(lambda t: t.thin_out(ORG.id, DeviceId(uuid(1)), 3)).result() for _ in range(3)]
    assert [(removed.pieces, removed.operations) for removed in thinned] == [(3, 3), (3, 3), (0, 0)]
    assert world.operations_of(1) == 1
    world.store.close()


def test_a_late_identify_that_takes_much_with_it_is_worked_off_in_turns(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "AT_ONCE_MAX", 1)
    world.send(1, op(Identify, 1, 1, uid="gone"))
    for n in (2, 3):
        world.send(n, op(Page, 1, 0, url="https://x/"), op(Event, 2, 1, name="e"), device=2)
    world.erase("gone", NOW_MS + 5_000)
    outcomes = world.send(12, op(Identify, 1, 2_000, uid="gone"), device=2)
    assert set(outcomes.values()) == {Outcome.ERASED}
    assert set(world.send(13, op(Event, 1, 3_000, name="e"), device=2).values()) == {Outcome.ERASED}
    assert world.operations_of(2) == 4
    with world.store.read() as reader:
        (person,) = reader.people(ORG.id, PersonFilter(), None, 9)
        assert erasing.is_being_erased(reader, ORG.id, person)
    world.work_off(NOW_MS + 20_000)
    assert world.operations_of(2) == 0
    assert world.uids() == []
