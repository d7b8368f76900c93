"""What only the SQLite engine has to promise: constraints in the file, the disk's failures, one writer for many."""

from __future__ import annotations

import resource
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from passerby.base.errors import StoreError
from passerby.model.effect import Keep
from passerby.store.contract import Transaction
from passerby.store.sqlite import SqliteStore
from tests.deliveries import ORG
from tests.store.pieces import bind, device, event, piece


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "passerby.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(path)
    opened.submit(lambda transaction: transaction.add_org(ORG)).result()
    yield opened
    opened.close()


def keep(store: SqliteStore, number: int, name: str = "x") -> None:
    store.submit(lambda transaction: transaction.apply(ORG.id, [Keep(piece(number, event(1, 1000, name)))])).result()


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """No file of this process grows beyond `size` bytes: a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bindings SET uid = 'bob'",
        "INSERT INTO bindings SELECT org, device, 'bob', instant FROM bindings",
        "UPDATE bindings SET device = zeroblob(16)",
    ],
)
def test_the_file_itself_refuses_a_second_binding(store: SqliteStore, path: Path, statement: str) -> None:
    store.submit(lambda transaction: transaction.apply(ORG.id, [bind(1, "ann")])).result()
    with closing(sqlite3.connect(path)) as other, pytest.raises(sqlite3.IntegrityError):
        other.execute(statement)


def test_a_commit_is_in_the_file_before_its_future_is_done(store: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        for number in range(1, 20):
            keep(store, number)
            assert other.execute("SELECT count(*) FROM pieces").fetchone() == (number,)


def test_a_full_disk_fails_the_work_and_the_store_goes_on_when_there_is_room_again(
    store: SqliteStore, path: Path
) -> None:
    keep(store, 1)
    wal = path.with_name("passerby.db-wal")
    with no_room_beyond(wal.stat().st_size), pytest.raises(StoreError):
        keep(store, 2, name="x" * 200_000)
    keep(store, 3)
    with store.read() as reader:
        assert [reader.has_device(ORG.id, device(number)) for number in (1, 2, 3)] == [True, False, True]


def test_work_that_its_caller_gave_up_does_not_stop_the_writer(store: SqliteStore) -> None:
    began, may_end = threading.Event(), threading.Event()

    def wait(_transaction: Transaction) -> None:
        began.set()
        may_end.wait()

    running = store.submit(wait)
    began.wait()
    given_up = store.submit(lambda transaction: transaction.apply(ORG.id, [Keep(piece(1, event(1, 1000)))]))
    assert given_up.cancel()
    assert not running.cancel()
    may_end.set()
    running.result()
    keep(store, 2)
    with store.read() as reader:
        assert [reader.has_device(ORG.id, device(number)) for number in (1, 2)] == [False, True]


def test_a_crowd_is_served_in_its_order(store: SqliteStore) -> None:
    order: list[int] = []
    futures = [store.submit(lambda _transaction, number=number: order.append(number)) for number in range(2000)]
    for future in futures:
        future.result()
    assert order == list(range(2000))


def test_a_reader_sees_one_moment(store: SqliteStore) -> None:
    keep(store, 1)
    with store.read() as reader:
        assert reader.count_sessions(ORG.id) == 1
        keep(store, 2)
        assert reader.count_sessions(ORG.id) == 1
    with store.read() as reader:
        assert reader.count_sessions(ORG.id) == 2


def test_a_store_is_found_as_it_was_left(store: SqliteStore, path: Path) -> None:
    keep(store, 1)
    store.close()
    again = SqliteStore(path)
    with again.read() as reader:
        assert reader.has_device(ORG.id, device(1))
    again.close()


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"this is a diary, not a database, and nobody may write in it" * 100)
    with pytest.raises(StoreError, match="not a database"):
        SqliteStore(path)


def test_a_file_of_a_newer_passerby_is_refused(store: SqliteStore, path: Path) -> None:
    store.close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer"):
        SqliteStore(path)


def test_writing_goes_on_while_a_reader_keeps_the_log_of_a_scrub(store: SqliteStore, path: Path) -> None:
    keep(store, 1)
    with ThreadPoolExecutor(1) as pool, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM pieces").fetchone()
        scrub = pool.submit(store.scrub)
        for number in range(2, 10):
            began = time.monotonic()
            keep(store, number)
            assert time.monotonic() - began < 5
            time.sleep(0.1)
        assert not scrub.done()
        other.execute("ROLLBACK")
        scrub.result(timeout=30)
    assert path.with_name("passerby.db-wal").stat().st_size == 0


def test_a_scrub_that_a_reader_outlasts_fails_and_one_that_waits_ends_with_the_store(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("passerby.store.sqlite.engine._TRUNCATED_AGAIN_S", 0.05)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM pieces").fetchone()
        with monkeypatch.context() as fewer:
            fewer.setattr("passerby.store.sqlite.engine._TRUNCATIONS_MAX", 3)
            with pytest.raises(StoreError, match="holds the write-ahead log"):
                store.scrub()
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(store.scrub)
            time.sleep(0.3)
            store.close()
            with pytest.raises(StoreError):
                waiting.result(timeout=10)
