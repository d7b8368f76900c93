"""Copies are of one moment, whole or not there, and private; what is put back is what was copied."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from passerby.base.errors import StoreError
from passerby.store.sqlite import SqliteStore
from passerby.store.sqlite.checking import Finding, check
from passerby.store.sqlite.copying import back_up, restore
from tests.store.test_opening import content, filled, keep, ruin
from tests.store.test_sqlite import no_room_beyond


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "passerby.db"


@pytest.fixture
def serving(path: Path) -> Iterator[SqliteStore]:
    filled(path)
    store = SqliteStore(path, for_service=True)
    yield store
    store.close()


def pieces(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        count: int = db.execute("SELECT count(*) FROM pieces").fetchone()[0]
        return count


def test_a_copy_made_while_others_write_is_of_the_moment_it_began(
    serving: SqliteStore, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("passerby.store.sqlite.copying._PAGES_A_STEP", 5)
    before, steps = pieces(path), 0

    def write(_what: str, _done: int, _of: int) -> None:
        nonlocal steps
        steps += 1
        keep(serving, 10_000 + steps)

    back_up(path, tmp_path / "copy.db", write)
    assert steps > 10
    assert pieces(tmp_path / "copy.db") == before
    assert pieces(path) == before + steps
    assert list(check(tmp_path / "copy.db")) == []


def test_what_is_no_backup_replaces_nothing_and_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    filled(path, 10)
    before = content(path)
    (tmp_path / "diary").write_text("dear diary" * 1000)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE diary (line TEXT)")
    for name in ("diary", "other.db"):
        with pytest.raises(StoreError, match=r"not a database|something else"):
            restore(tmp_path / name, path, path.parent / "aside")
    (path.parent / "aside").mkdir()
    back_up(path, tmp_path / "copy.db")
    with pytest.raises(StoreError, match="cannot restore"):
        restore(tmp_path / "copy.db", path, path.parent / "aside")
    assert content(path) == before
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["aside", "passerby.db", "passerby.lock"]


@pytest.mark.usefixtures("serving")
def test_a_copy_is_one_private_file(path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "copy.db")
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["copy.db"]
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    with pytest.raises(StoreError, match="there already"):
        back_up(path, tmp_path / "copy.db")


@pytest.mark.usefixtures("serving")
def test_a_copy_for_which_there_is_no_room_is_not_there(path: Path, tmp_path: Path) -> None:
    with no_room_beyond(50_000), pytest.raises(StoreError, match="cannot copy"):
        back_up(path, tmp_path / "copy.db")
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == []
    back_up(path, tmp_path / "copy.db")


def test_of_a_damaged_file_no_copy_is_called_a_backup(path: Path, tmp_path: Path) -> None:
    filled(path)
    ruin(path)
    with pytest.raises(StoreError, match="damaged"):
        back_up(path, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_what_is_put_back_is_what_was_copied_and_what_was_there_is_put_aside(path: Path, tmp_path: Path) -> None:
    filled(path, 10)
    back_up(path, tmp_path / "copy.db")
    copied = content(path)
    store = SqliteStore(path)
    keep(store, 77)
    store.close()
    later = content(path)
    path.with_name("passerby.db-wal").write_bytes(b"the log of a service that was killed")
    with pytest.raises(StoreError, match="--replace"):
        restore(tmp_path / "copy.db", path, None)
    restore(tmp_path / "copy.db", path, path.parent / "aside")
    assert content(path) == copied
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["aside", "passerby.db", "passerby.lock"]
    assert (path.parent / "aside" / "passerby.db-wal").exists()
    (path.parent / "aside" / "passerby.db-wal").unlink()
    assert content(path.parent / "aside" / "passerby.db") == later


def test_nothing_is_put_in_the_place_of_data_that_are_served(serving: SqliteStore, path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "copy.db")
    with pytest.raises(StoreError, match="in use by process"):
        restore(tmp_path / "copy.db", path, path.parent / "aside")
    keep(serving, 5)


def test_a_damaged_backup_replaces_nothing(path: Path, tmp_path: Path) -> None:
    filled(path, 10)
    before = content(path)
    filled(tmp_path / "copy.db")
    ruin(tmp_path / "copy.db")
    with pytest.raises(StoreError, match="damaged"):
        restore(tmp_path / "copy.db", path, path.parent / "aside")
    assert content(path) == before


THIRD = "(SELECT session FROM pieces WHERE piece = 3)"


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("UPDATE pieces SET body = x'7b' WHERE piece = 3", "a piece cannot be read"),
        ("INSERT INTO receipts VALUES (1, x'00', 1, 1, x'00', x'5b')", "a receipt cannot be read"),
        ("INSERT INTO bindings VALUES (1, zeroblob(16), 'ann', x'5b')", "a binding cannot be read"),
        (f"DELETE FROM sessions WHERE session IN {THIRD}", "a piece has no session: see passerby rebuild"),
        (
            f"UPDATE sessions SET operations = 9 WHERE session IN {THIRD}",
            "a session counts other operations than it has: see passerby rebuild",
        ),
        ("INSERT INTO moved VALUES (999999, 1, x'00', x'00', x'00')", "an origin has no piece"),
    ],
)
def test_a_check_names_what_is_wrong(path: Path, harm: str, found: str) -> None:
    filled(path, 10)
    assert list(check(path)) == []
    with closing(sqlite3.connect(path)) as db:
        db.execute(harm)
        db.commit()
    assert Finding(found) in list(check(path))


def test_a_check_of_damaged_pages_says_so_and_looks_no_further(path: Path) -> None:
    filled(path)
    ruin(path)
    findings = list(check(path))
    assert findings
    assert all(isinstance(finding, Finding) for finding in findings)
    assert not any("cannot be read" in finding.what for finding in findings)
