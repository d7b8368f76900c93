"""What opening and closing promise: a copy before a change, one service a folder, damage noticed, one file left."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from passerby.base.errors import StoreError
from passerby.model.effect import Keep
from passerby.store.sqlite import SqliteStore, migration
from passerby.store.sqlite.lock import FolderLock
from tests.deliveries import ORG
from tests.store.pieces import device, event, piece

RELEASED = Path(__file__).with_name("released")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "passerby.db"


def keep(store: SqliteStore, number: int, name: str = "x") -> None:
    store.submit(lambda transaction: transaction.apply(ORG.id, [Keep(piece(number, event(1, 1000, name)))])).result()


def filled(path: Path, devices: int = 300) -> None:
    store = SqliteStore(path)
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    for number in range(1, devices):
        store.submit(lambda t, number=number: t.apply(ORG.id, [Keep(piece(number, event(1, 1000, "x" * 500)))]))
    store.close()


def old_file(path: Path, schema: int) -> bytes:
    with closing(sqlite3.connect(path)) as old:
        old.executescript((RELEASED / f"schema{schema}.sql").read_text())
        return "\n".join(old.iterdump()).encode()


def content(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as db:
        return "\n".join(db.iterdump()).encode()


@pytest.fixture
def newer_schema(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """Adds a migration with that script behind today's; its number."""

    def add(script: str) -> int:
        number = migration.SCHEMA_VERSION + 1
        added = migration.Migration(number, f"{number:03}_of_a_test.sql", script)
        monkeypatch.setattr(migration, "MIGRATIONS", (*migration.MIGRATIONS, added))
        for name in ("migration", "files", "opening"):
            monkeypatch.setattr(f"passerby.store.sqlite.{name}.SCHEMA_VERSION", number)
        return number

    return add


def test_an_older_file_is_copied_beside_before_it_is_changed(path: Path) -> None:
    before = old_file(path, 1)
    SqliteStore(path).close()
    (copy,) = path.parent.glob("passerby.db.before-schema-*")
    assert copy.name == f"passerby.db.before-schema-{migration.SCHEMA_VERSION}"
    assert content(copy) == before
    assert copy.stat().st_mode & 0o777 == 0o600
    SqliteStore(path).close()
    assert len(list(path.parent.glob("passerby.db.before-schema-*"))) == 1


def test_a_copy_that_is_there_is_never_overwritten(path: Path) -> None:
    first = path.with_name(f"passerby.db.before-schema-{migration.SCHEMA_VERSION}")
    first.write_bytes(b"of another time")
    before = old_file(path, 2)
    SqliteStore(path).close()
    assert first.read_bytes() == b"of another time"
    assert content(first.with_name(f"{first.name}.2")) == before


def test_a_migration_that_fails_changes_nothing_and_the_next_opening_tries_again(
    path: Path, newer_schema: Callable[[str], int]
) -> None:
    filled(path, 5)
    before = content(path)
    newer_schema("CREATE TABLE half (x);\nINSERT INTO nowhere VALUES (1);\n")
    with pytest.raises(StoreError, match="nowhere"):
        SqliteStore(path)
    assert content(path) == before


def test_what_a_migration_asks_to_be_made_anew_is_made_anew_once(
    path: Path, newer_schema: Callable[[str], int]
) -> None:
    filled(path, 5)
    number = newer_schema("-- then: rebuild\nDELETE FROM people;\n")
    store = SqliteStore(path)
    with store.read() as reader:
        assert len(reader.people_after(ORG.id, None, 10)) == 4
    store.close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (number,)


def test_an_erasure_takes_the_copies_along(path: Path) -> None:
    old_file(path, 1)
    store = SqliteStore(path)
    store.scrub()
    store.close()
    assert list(path.parent.glob("passerby.db.before-schema-*")) == []


def test_a_database_of_something_else_is_refused_and_left_as_it_was(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE diary (line TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="something else"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_newer_file_is_left_as_it_was(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE orgs (future TEXT)")
        other.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer Passerby"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_folder_has_one_service(path: Path) -> None:
    first = SqliteStore(path, for_service=True)
    with pytest.raises(StoreError, match=f"process {os.getpid()}"):
        SqliteStore(path, for_service=True)
    beside = SqliteStore(path)  # a command
    beside.close()
    first.close()
    SqliteStore(path, for_service=True).close()


def test_the_lock_goes_with_its_process_however_that_ends(path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from passerby.store.sqlite.lock import FolderLock;"
        "lock = FolderLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(path.parent)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(StoreError, match=f"process {holder.pid}"):
        SqliteStore(path, for_service=True)
    holder.kill()
    holder.communicate()
    SqliteStore(path, for_service=True).close()


def test_no_command_brings_a_file_up_to_date_under_a_service(path: Path) -> None:
    before = old_file(path, 2)
    lock = FolderLock(path.parent)
    with pytest.raises(StoreError, match="in use by process"):
        SqliteStore(path)
    assert content(path) == before
    lock.release()
    SqliteStore(path).close()


def test_one_file_that_nobody_else_may_read_is_left_behind(path: Path) -> None:
    path.touch(mode=0o644)
    path.chmod(0o644)
    store = SqliteStore(path, for_service=True)
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    keep(store, 1)
    with store.read() as reader:
        assert reader.has_device(ORG.id, device(1))
    rights = {entry.name: entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()}
    assert rights == dict.fromkeys(["passerby.db", "passerby.db-wal", "passerby.db-shm", "passerby.lock"], 0o600)
    store.close()
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["passerby.db", "passerby.lock"]


def test_closing_waits_for_a_reader_that_is_still_inside(path: Path) -> None:
    store = SqliteStore(path)
    with ThreadPoolExecutor(1) as pool:
        with store.read() as reader:
            leaving = pool.submit(store.close)
            with pytest.raises(TimeoutError):
                leaving.result(timeout=0.2)
            assert reader.orgs() == []
        leaving.result(timeout=10)
    with pytest.raises(StoreError, match="closed"), store.read():
        pass
    assert not path.with_name("passerby.db-wal").exists()


def test_the_log_is_empty_after_a_close_though_somebody_else_has_the_file_open(path: Path) -> None:
    store = SqliteStore(path)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM pieces").fetchone() == (0,)
        store.submit(lambda transaction: transaction.add_org(ORG)).result()
        keep(store, 1)
        store.close()
        assert path.with_name("passerby.db-wal").stat().st_size == 0


def ruin(path: Path) -> None:
    """Zeroes over the root page of the table of pieces, so that whoever reads it meets damage."""
    with closing(sqlite3.connect(path)) as db:
        page = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'pieces'").fetchone()[0]
        size = db.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x5a" * size)


def test_a_service_does_not_start_on_a_damaged_file(path: Path) -> None:
    filled(path)
    ruin(path)
    with pytest.raises(StoreError, match=r"damaged.*restore a backup"):
        SqliteStore(path, for_service=True)


def test_damage_that_shows_while_serving_is_told(path: Path) -> None:
    filled(path)
    ruin(path)
    store = SqliteStore(path)  # it is not looked through
    assert store.trouble() is None
    with pytest.raises(StoreError, match="malformed"), store.read() as reader:
        list(reader.pieces_of_device(ORG.id, device(1)))
    assert store.trouble() == "the database is damaged"
    store.close()


def test_a_start_looks_for_damage_no_longer_than_it_may(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path)
    ruin(path)
    monkeypatch.setattr("passerby.store.sqlite.opening._LOOKED_THROUGH_S", -1.0)
    monkeypatch.setattr("passerby.store.sqlite.files._STEPS_PER_GLANCE", 1)
    SqliteStore(path, for_service=True).close()
