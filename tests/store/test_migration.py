"""A file that an older Passerby wrote is brought up to date when it is opened.

`released/` holds a file of each schema, as the Passerby of its time made it. Whoever adds a migration adds the file
that the code before it makes.

`schema6.sql` is one of schema 6: the file of schema 3, brought up to date, with a secret, unsigned identifies, and two
devices of dee's, of which one is still a part of hers.

`schema3.sql` is one of schema 3. It has something in every table: a device of ann's with properties, one that she left,
one on which two uids were told, one of nobody's, one with a key; a member, an admission, an API key, a webhook.

`schema2.sql` is one of schema 2. A page of ann's set properties in three bundles, of which the network held up one;
there is another device of hers, and one of nobody's.

`schema1.sql` is one of schema 1. It has five devices: one bound, one sealed, one on which a second uid was identified,
and two whose past turned out to be somebody else's (an older identify, an older end).
"""

from __future__ import annotations

import functools
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from passerby.base.ids import DeviceId, OrgId
from passerby.ingest.recording import record
from passerby.lifecycle.invariants import violations
from passerby.model.marks import Marks
from passerby.store.contract import PersonFilter
from passerby.store.sqlite import SqliteStore, migrations
from passerby.store.sqlite.files import damage
from passerby.store.sqlite.migration import MIGRATIONS
from passerby.wire.decode import decode
from tests.store.view import view

ORG = OrgId("o1")
RELEASED = Path(__file__).with_name("released")
UNCHANGED = {
    "001_first_schema.sql": "de5a5608c9eb",
    "002_facts.sql": "9c6a3f7582bc",
    "003_properties.sql": "21e4dd4b44ec",
    "004_proofs.sql": "e7715ddd3d03",
    "005_owners.sql": "7c1c436186a0",
    "006_lanes.sql": "c3e7ac247047",
    "007_held.sql": "84a049130d43",
}
MARKS = Marks(b"s" * 32)


def device(number: int) -> DeviceId:
    return DeviceId(f"d{number:07d}-0000-4000-8000-000000000000")


def old_file(folder: Path, schema: str) -> Path:
    path = folder / f"{schema}.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript((RELEASED / f"{schema}.sql").read_text())
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return old_file(tmp_path, "schema1")


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(path)
    yield opened
    opened.close()


def send(store: SqliteStore, number: int, page: int, *ops: dict[str, Any]) -> None:
    envelope = {
        "v": 1, "org": ORG, "device": device(number), "session": f"5e{number:06d}-0000-4000-8000-000000000000",
        "page": f"9a{page:06d}-0000-4000-8000-000000000000", "started": 0, "sent": 5000, "ops": ops,
    }  # fmt: skip
    bundle = decode(json.dumps(envelope).encode(), "", 12_000)
    store.submit(functools.partial(record, bundle=bundle)).result()


def event(n: int, t: int, source: str) -> dict[str, Any]:
    return {"op": "event", "n": n, "t": t, "name": "x", "source": source}


def new_file(folder: Path) -> Path:
    SqliteStore(folder / "new.db").close()
    return folder / "new.db"


def shape(path: Path) -> tuple[Any, ...]:
    """What a file is like, whatever is in it."""
    with closing(sqlite3.connect(path)) as db:
        return (
            db.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").fetchall(),
            db.execute("SELECT * FROM sqlite_stat1 ORDER BY tbl, idx").fetchall(),
            db.execute("PRAGMA user_version").fetchone(),
        )


def owners(store: SqliteStore) -> dict[str, str | None]:
    with store.read() as reader:
        found = [(op, piece.device) for piece in reader.pieces_after(ORG, 0, 1000) for op in piece.operations]
        bindings = {name: reader.device(ORG, name).binding for _, name in found}
        return {op.source: (bound.uid if (bound := bindings[name]) else None) for op, name in found if op.source}


def test_everybody_has_what_they_had(store: SqliteStore) -> None:
    assert owners(store) == {
        "simple": "ann", "sealed": "ann", "first": "ann", "second": "bob", "start": "bob", "hers": "ann", "his": "bob",
        "strangers": None, "hers too": "ann",
    }  # fmt: skip


def test_client_times_are_in_the_frame_of_their_device_and_server_times_as_they_were(store: SqliteStore) -> None:
    with store.read() as reader:
        (piece,) = reader.pieces_of_device(ORG, device(1))
        binding = reader.device(ORG, device(1)).binding
    shift_ms = MARKS.shift_ms(device(1))
    assert [(op.t - shift_ms, op.at) for op in piece.operations] == [(1000, 8000), (2000, 9000)]
    assert (piece.started, piece.offset_ms) == (shift_ms, 7000 - shift_ms)
    assert binding is not None
    assert (binding.instant.t, binding.instant.at) == (2000 + shift_ms, 9000)


def test_what_comes_now_is_judged_with_what_was_known(store: SqliteStore) -> None:
    send(store, 1, 11, event(1, 1500, "goes on"))
    send(store, 2, 2, event(4, 2500, "bleeds"))
    send(store, 3, 12, event(1, 1900, "before bob"), event(2, 2100, "after bob"))
    send(store, 3, 3, event(5, 3000, "of the page that said bob"))
    send(store, 4, 13, event(1, 1400, "before bob's"), event(2, 1600, "after bob's"))
    send(store, 5, 14, event(1, 1400, "before the end"), event(2, 1600, "after the end"))
    send(store, 5, 6, event(4, 2950, "hers still"))
    found = owners(store)
    assert {name: found[name] for name in list(found)[9:]} == {
        "goes on": "ann", "bleeds": None, "before bob": "ann", "after bob": None, "of the page that said bob": None,
        "before bob's": "ann", "after bob's": None, "before the end": None, "after the end": None, "hers still": "ann",
    }  # fmt: skip
    with store.read() as reader:
        for name in {piece.device for piece in reader.pieces_after(ORG, 0, 1000)}:
            assert list(violations(reader.device(ORG, name), reader.pieces_of_device(ORG, name))) == []


def test_no_seal_of_a_conflict_is_left_and_the_file_is_as_a_new_one(
    store: SqliteStore, path: Path, tmp_path: Path
) -> None:
    with store.read() as reader:
        assert [reader.device(ORG, device(n)).seal is not None for n in range(1, 6)] == [
            False,
            True,
            False,
            False,
            False,
        ]
    assert shape(path) == shape(new_file(tmp_path))


@pytest.mark.parametrize("schema", sorted(path.stem for path in RELEASED.iterdir()))
def test_a_file_of_any_schema_becomes_as_a_new_one(tmp_path: Path, schema: str) -> None:
    path = old_file(tmp_path, schema)
    store = SqliteStore(path)
    shown = view(store, ORG)
    store.rebuild()
    assert view(store, ORG) == shown
    store.close()
    assert shape(path) == shape(new_file(tmp_path))


def test_it_is_told_what_is_done_and_how_much_of_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passerby.store.sqlite.projecting._TOLD_EVERY", 2)
    told: dict[str, list[tuple[int, int]]] = {}
    SqliteStore(path, progress=lambda what, done, of: told.setdefault(what, []).append((done, of))).close()
    with closing(sqlite3.connect(path)) as new:
        pieces = new.execute("SELECT count(*) FROM pieces").fetchone()[0]
    names = [one.name for one in MIGRATIONS[1:]]
    facts, anew = f"{names[0]}, stored operations", "Making sessions, properties and people anew"
    assert list(told) == ["Copying", "Looking through the copy", names[0], facts, *names[1:], anew]
    assert told[facts] == [(0, pieces), (pieces, pieces)]
    assert told[anew] == [(done, pieces) for done in (*range(0, pieces, 2), pieces)]
    for shares in told.values():
        assert shares == sorted(shares)
        assert all(done <= of for done, of in shares)


def test_of_a_file_that_is_new_or_up_to_date_nothing_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    for _ in range(2):
        SqliteStore(tmp_path / "new.db", progress=lambda what, _done, _of: told.append(what)).close()
    assert told == []


def test_of_schema_3_everything_is_as_it_was(tmp_path: Path) -> None:
    path = old_file(tmp_path, "schema3")
    with closing(sqlite3.connect(path)) as old:
        tables = [row[0] for row in old.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        assert [name for name in tables if not old.execute(f"SELECT 1 FROM {name}").fetchone()] == []
    store = SqliteStore(path)
    with store.read() as reader:
        key, admission = reader.key(b"k" * 32), reader.admission(b"a" * 32)
        (ann,) = reader.people(ORG, PersonFilter(uid="ann"), None, 10)
        webhook = reader.entry(ORG, "webhook", "w1")
        assert reader.member(ORG, "admin") is not None
    assert owners(store) == {
        "simple": "ann", "sealed": "ann", "after the end": None, "first": "ann", "second": "bob", "nobody's": None,
        "kept with a key": None,
    }  # fmt: skip
    assert (key and key.scope, admission and admission.role, ann.display_name) == ("admin", "admin", "Ann")
    assert webhook is not None
    store.close()


def test_of_schema_6_everything_is_as_it_was(tmp_path: Path) -> None:
    path = old_file(tmp_path, "schema6")
    with closing(sqlite3.connect(path)) as old:
        tables = [row[0] for row in old.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        before = {name: old.execute(f"SELECT * FROM {name}").fetchall() for name in tables if name != "sqlite_stat1"}
    assert [name for name, rows in before.items() if not rows] == []
    store = SqliteStore(path)
    with store.read() as reader:
        (dee,) = reader.people(ORG, PersonFilter(uid="dee"), None, 10)
        sessions = {found.device for found in reader.sessions_of_user(ORG, dee.id, None, 10)}
        properties = {kept.property.name: kept.property.value for kept in reader.properties_of_user(ORG, dee.id)}
        assert (len(reader.secrets(ORG)), reader.unsigned(ORG, 0), reader.count_held(9)) == (1, 5, 0)
    assert (sessions, properties) == ({device(20), device(21)}, {"plan": "pro", "team": "a"})
    assert owners(store)["a part's"] == "dee"
    store.close()
    with closing(sqlite3.connect(path)) as new:
        after = {name: new.execute(f"SELECT * FROM {name}").fetchall() for name in before}
    for name in ("parts", "sessions", "properties"):  # a part is given to its person when there is nothing else to do
        del before[name], after[name]
    assert after == before


def test_nothing_of_any_schema_is_taken_for_damaged(tmp_path: Path) -> None:
    for schema in sorted(path.stem for path in RELEASED.iterdir()):
        path = old_file(tmp_path, schema)
        with closing(sqlite3.connect(path)) as old:
            assert list(damage(old)) == list(damage(old, thorough=True)) == []
        SqliteStore(path, for_service=True).close()


def test_a_value_that_is_missing_is_damage(tmp_path: Path) -> None:
    path = old_file(tmp_path, "schema6")
    SqliteStore(path).close()
    loose, strict = "received_at_ms INTEGER", "received_at_ms INTEGER NOT NULL"
    with closing(sqlite3.connect(path)) as db, db:
        declared = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'pieces'").fetchone()[0]
        assert declared.count(strict) == 1
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'pieces'", (declared.replace(strict, loose),))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE pieces SET received_at_ms = NULL WHERE piece = 1")
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'pieces'", (declared,))
    with closing(sqlite3.connect(path)) as db:
        assert list(damage(db)) == ["NULL value in pieces.received_at_ms"]


def test_of_today_no_table_is_taken_for_damaged_by_sqlite_itself(tmp_path: Path) -> None:
    path = old_file(tmp_path, "schema6")
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO parts (org, device, owner) VALUES (1, X'00', X'01')")
        db.execute("INSERT INTO held (org, device, mark) VALUES (1, X'00', X'01')")
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_of_schema_3_deliveries_that_wait_are_in_the_lane_of_their_webhook(tmp_path: Path) -> None:
    path = old_file(tmp_path, "schema3")
    bodies = {"w1/1-a": b'{"state":"waiting"}', "w1/2-b": b'{"state":"delivered"}', "w2/1-c": b'{"state":"waiting"}'}
    with closing(sqlite3.connect(path)) as old, old:
        for name, body in {**bodies, "w1/3-d": b"no json"}.items():
            old.execute("INSERT INTO entries VALUES (1, 'delivery', ?, ?, NULL, 5)", (name, body))
    store = SqliteStore(path)
    with store.read() as reader:
        lanes = reader.lanes(["delivery"])
        found = {lane.name: [entry.id for entry in reader.due_in(lane, 9, 9)] for lane in lanes}
    store.close()
    assert found == {"": ["w1/2-b", "w1/3-d"], "w1": ["w1/1-a"], "w2": ["w2/1-c"]}


def test_the_step_of_a_migration_uses_nothing_that_could_change() -> None:
    for step in Path(migrations.__file__).parent.glob("*.py"):
        assert "passerby." not in "".join(
            line for line in step.read_text().splitlines() if line.startswith(("import ", "from "))
        )


def test_what_is_released_is_not_changed() -> None:
    """A file that was opened once has run them; nobody runs them again."""
    folder = Path(migrations.__file__).parent
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in folder.glob("*.sql")}
    assert {name: found[name] for name in UNCHANGED} == UNCHANGED


def test_it_is_done_once_and_a_rebuild_changes_nothing(store: SqliteStore, path: Path) -> None:
    before = view(store, ORG)
    store.rebuild()
    assert view(store, ORG) == before
    store.close()
    again = SqliteStore(path)
    assert view(again, ORG) == before
    again.close()


def test_of_schema_2_the_value_stands_that_was_set_later_and_all_else_is_as_it_was(tmp_path: Path) -> None:
    path = old_file(tmp_path, "schema2")
    with closing(sqlite3.connect(path)) as old:
        tables = [row[0] for row in old.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        others = [name for name in tables if name not in ("properties", "sqlite_stat1")]
        before = {name: old.execute(f"SELECT * FROM {name}").fetchall() for name in others}
        wrong = old.execute("SELECT value FROM properties WHERE name = 'plan'").fetchall()
    assert wrong == [(b'"free"',)]
    store = SqliteStore(path)
    with store.read() as reader:
        (ann,) = reader.people(ORG, PersonFilter(uid="ann"), None, 10)
        found = {kept.property.name: kept.property.value for kept in reader.properties_of(ORG, [device(1), device(3)])}
    seen = view(store, ORG)
    store.rebuild()
    assert view(store, ORG) == seen
    store.close()
    assert found == {"plan": "pro", "displayName": "Ann", "team": "a"}
    assert ann.display_name == "Ann"
    with closing(sqlite3.connect(path)) as new:
        after = {name: new.execute(f"SELECT * FROM {name}").fetchall() for name in others}
    for name in ("people", "sessions"):  # made anew: with names, and with whose each is
        del before[name], after[name]
    width = len(before["pieces"][0])  # what came later stands behind
    after["pieces"] = [row[:width] for row in after["pieces"]]
    assert after == before
    assert shape(path) == shape(new_file(tmp_path))
