"""What is stored of client times pairs no two devices, and keeps their order within each (PV-1.1)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from passerby.base.ids import DeviceId, PageId, SessionId
from passerby.ingest.recording import record
from passerby.lifecycle.frames import Frames
from passerby.model.bundle import Bundle
from passerby.model.operation import End, Event, Identify, Operation
from passerby.model.outcome import Outcome
from passerby.store.contract import Store
from passerby.store.sqlite import SqliteStore
from tests.store.pieces import device, event, piece
from tests.worlds import NOW_MS, ORG, opened

SKEW_MS = -83_911


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return opened("sqlite", tmp_path)


def send(store: Store, name: DeviceId, page: int, *operations: Operation) -> None:
    number = int(name[1:8])
    bundle = Bundle(
        ORG.id, name, SessionId(f"5e{number:06d}-0000-4000-8000-000000000000"),
        PageId(f"9a{number:03d}{page:03d}-0000-4000-8000-000000000000"), NOW_MS + SKEW_MS, NOW_MS + SKEW_MS + 9000,
        NOW_MS + 9000, "b/1", operations,
    )  # fmt: skip
    store.submit(lambda t: record(t, bundle)).result()


def at(after_ms: int) -> dict[str, int]:
    return {"t": NOW_MS + SKEW_MS + after_ms, "at": NOW_MS + after_ms}


def test_two_devices_of_one_skewed_clock_have_no_client_time_and_no_offset_in_common(
    store: Store, tmp_path: Path
) -> None:
    for number in range(1, 4):
        send(store, device(number), 1, Identify(n=1, uid="ann", **at(1)), End(n=2, why="anonymize", **at(2)))
        send(store, device(number), 2, Event(n=1, name="stale", **at(3)))
        send(store, device(number), 3, Identify(n=1, uid="bob", **at(4)))
    store.close()
    with closing(sqlite3.connect(tmp_path / "passerby.db")) as db:
        pieces = db.execute("SELECT device, offset_ms, started, body FROM pieces").fetchall()
        bodies = db.execute("SELECT instant FROM bindings UNION ALL SELECT instant FROM seals").fetchall()
        bodies += db.execute("SELECT body FROM claims UNION ALL SELECT body FROM ends").fetchall()
        bodies += db.execute("SELECT summary FROM troubles").fetchall()
    devices = {row[0] for row in pieces}
    assert len(devices) == 9
    for column in (1, 2):
        assert len({row[column] for row in pieces}) == len({(row[0], row[column]) for row in pieces}) == len(devices)
    told = b"".join(row[3] for row in pieces) + b"".join(row[0] for row in bodies)
    for after_ms in (1, 2, 3, 4):
        assert str(NOW_MS + SKEW_MS + after_ms).encode() not in told
    assert str(SKEW_MS).encode() not in told
    assert str(-SKEW_MS).encode() not in told


def test_a_piece_that_went_away_comes_back_as_it_was() -> None:
    frames = Frames(ORG.secret, device(1))
    own = piece(1, event(1, 1000), event(2, 2000))
    for other in (device(2), device(3)):
        moved, origin = frames.sent_away(own, other)
        assert origin is not None
        assert moved.device == other
        assert {moved.session, moved.page, moved.started, moved.offset_ms}.isdisjoint(
            {own.session, own.page, own.started, own.offset_ms}
        )
        assert [op.at for op in moved.operations] == [1000, 2000]
        assert frames.brought_back(moved, origin) == own
        assert frames.instant(other, own.instant(own.operations[0])) == moved.instant(moved.operations[0])
    assert frames.sent_away(own, device(1)) == (own, None)


def test_where_a_piece_came_from_is_told_by_nothing_that_is_stored_in_plain(store: Store, tmp_path: Path) -> None:
    send(store, device(1), 1, Identify(n=1, uid="ann", **at(1)))
    send(store, device(1), 2, Identify(n=1, uid="bob", **at(2)), Event(n=2, name="his", **at(3)))
    store.close()
    plain = {bytes.fromhex(str(name).replace("-", "")) for name in (device(1), "9a001002-0000-4000-8000-000000000000")}
    with closing(sqlite3.connect(tmp_path / "passerby.db")) as db:
        rows = db.execute("SELECT device_mark, page_mark, hidden FROM moved").fetchall()
        rows += db.execute("SELECT device, session, page, body FROM pieces WHERE piece IN (SELECT piece FROM moved)")
    held = b"".join(bytes(cell) for row in rows for cell in row)
    assert rows
    assert not any(name in held for name in plain)


def test_another_org_has_other_frames() -> None:
    assert Frames(ORG.secret, device(1)).marks.shift_ms(device(1)) != Frames(b"o" * 32, device(1)).marks.shift_ms(
        device(1)
    )


def test_an_operation_is_answered_as_if_its_times_were_as_they_came(store: Store) -> None:
    send(store, device(1), 1, Identify(n=1, uid="ann", **at(1)), End(n=2, why="anonymize", **at(5)))
    send(store, device(1), 2, Event(n=1, name="hers", **at(4)), Event(n=2, name="tie", **at(5)))
    with store.read() as reader:
        found = {
            op.name: outcome
            for one in reader.pieces_after(ORG.id, 0, 9)
            for op, outcome in zip(one.operations, one.outcomes, strict=True)
            if isinstance(op, Event)
        }
    assert found == {"hers": Outcome.STORED, "tie": Outcome.BLEED}
    assert isinstance(store, SqliteStore)
    store.close()
