"""The engine: one file, one writer, many readers.

Group commit without a timer: the writer takes all work that waits, runs each in a savepoint of its own, and commits
once. While it commits, new work gathers. So a lone request waits for one sync, and a crowd shares one.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from passerby.base.errors import StoreClosed, StoreError
from passerby.store.contract import T, Transaction
from passerby.store.sqlite.migration import SCHEMA_VERSION, migrate
from passerby.store.sqlite.owning import work_off
from passerby.store.sqlite.reader import SqliteReader
from passerby.store.sqlite.transaction import SqliteTransaction

_WORK_PER_COMMIT_MAX: Final = 512
_CLOSE: Final = object()
_TRUNCATIONS_MAX: Final = 10
_BUSY_TIMEOUT_MS: Final = 10_000
_STATEMENTS_CACHED: Final = 256

_Item = tuple[Callable[[Transaction], Any], Future[Any]]


def _connect(path: Path) -> sqlite3.Connection:
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS_CACHED)
        db.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA cache_size = -65536")
    except sqlite3.Error as error:
        raise StoreError(f"cannot open {path.name}: {error}") from error
    return db


class SqliteStore:
    """A store in one SQLite file, which is made if it is not there.

    StoreError if the file is no database of ours, or of a newer Passerby.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = _connect(path)
        self._make_schema()
        self._readers: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._work: queue.SimpleQueue[_Item | object] = queue.SimpleQueue()
        self._has_parts = True
        self._closing = threading.Lock()
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._writer.start()

    def _make_schema(self) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            migrate(self._db, version)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._db.close()
            raise StoreError(f"cannot make the tables in {self._path.name}: {error}") from error
        if version > SCHEMA_VERSION:
            self._db.close()
            raise StoreError(f"{self._path.name} was written by a newer Passerby (schema {version})")

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """See the contract."""
        future: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise StoreClosed("the store is closed")
            self._work.put((work, future))
        return future

    def _write(self) -> None:
        while True:
            waiting = [self._next()]
            with suppress(queue.Empty):
                while len(waiting) < _WORK_PER_COMMIT_MAX:
                    waiting.append(self._work.get_nowait())
            items = [item for item in waiting if isinstance(item, tuple)]
            wanted = [item for item in items if item[1].set_running_or_notify_cancel()]
            if wanted:
                self._commit(wanted)
            for item in waiting:
                if isinstance(item, Future):
                    self._scrub(item)
            if _CLOSE in waiting:
                return

    def _next(self) -> _Item | object:
        """What waits; until something does, parts are given to their persons."""
        while self._has_parts:
            with suppress(queue.Empty):
                return self._work.get_nowait()
            self._commit([])
        return self._work.get()

    def _scrub(self, future: Future[Any]) -> None:
        """Rewrite the file. `secure_delete` blanks what is freed, but not the slack that a page split leaves behind."""
        try:
            self._db.execute("VACUUM")
            for _ in range(_TRUNCATIONS_MAX):
                if self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                    future.set_result(None)
                    return
            raise StoreError("a reader holds the write-ahead log: it could not be emptied")
        except (sqlite3.Error, StoreError) as error:
            failure = StoreError(f"the store could not scrub its files: {error}")
            failure.__cause__ = error
            future.set_exception(failure)

    def _commit(self, items: list[_Item]) -> None:
        done: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            self._db.execute("BEGIN IMMEDIATE")
            transaction = SqliteTransaction(self._db)
            for work, future in items:
                done.append((future, *self._run(work, transaction)))
            has_parts = work_off(self._db)
            self._db.execute("COMMIT")
            self._has_parts = has_parts
        except BaseException as error:
            self._has_parts = False
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            done = [(future, None, _failure(error)) for _, future in items]
        for future, result, problem in done:
            if problem is None:
                future.set_result(result)
            else:
                future.set_exception(problem)

    def _run(
        self, work: Callable[[Transaction], Any], transaction: SqliteTransaction
    ) -> tuple[Any, BaseException | None]:
        """Result, or what went wrong: whatever it was, it is this work's alone, unless the transaction is gone too."""
        self._db.execute("SAVEPOINT work")
        try:
            result = work(transaction)
        except Exception as error:
            if not self._db.in_transaction:
                raise
            self._db.execute("ROLLBACK TO work")
            self._db.execute("RELEASE work")
            return None, _failure(error) if isinstance(error, sqlite3.Error) else error
        self._db.execute("RELEASE work")
        return result, None

    @contextmanager
    def read(self) -> Iterator[SqliteReader]:
        """See the contract."""
        if self._closed:
            raise StoreClosed("the store is closed")
        try:
            db = self._readers.get_nowait()
        except queue.Empty:
            db = _connect(self._path)
            db.execute("PRAGMA query_only = ON")
        db.execute("BEGIN")
        try:
            yield SqliteReader(db)
        finally:
            db.execute("ROLLBACK")
            self._readers.put(db)

    def rebuild(self) -> None:
        """See the contract."""
        self.submit(_rebuild).result()

    def scrub(self) -> None:
        """See the contract."""
        future: Future[Any] = Future()
        with self._closing:
            if self._closed:
                raise StoreClosed("the store is closed")
            self._work.put(future)
        future.result()

    def close(self) -> None:
        """See the contract."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._work.put(_CLOSE)
        self._writer.join()
        with suppress(queue.Empty):
            while True:
                self._readers.get_nowait().close()
        self._db.close()


def _failure(error: BaseException) -> StoreError:
    # SQLite's own texts hold no values, others may (PV-3).
    failure = StoreError(f"the store failed: {error if isinstance(error, sqlite3.Error) else type(error).__name__}")
    failure.__cause__ = error
    return failure


def _rebuild(transaction: Transaction) -> None:
    assert isinstance(transaction, SqliteTransaction)
    transaction.project_all()
