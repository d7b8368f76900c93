"""The engine: one file, one writer, many readers.

Group commit without a timer: the writer takes all work that waits, runs each in a savepoint of its own, and commits
once. While it commits, new work gathers. So a lone request waits for one sync, and a crowd shares one.
"""

from __future__ import annotations

import queue
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from passerby.base.errors import StoreClosed, StoreError
from passerby.base.progress import Progress, silent
from passerby.store.contract import T, Transaction
from passerby.store.sqlite.files import BUSY_TIMEOUT_MS, is_damage
from passerby.store.sqlite.lock import FolderLock
from passerby.store.sqlite.opening import backups_beside, open_database
from passerby.store.sqlite.owning import work_off
from passerby.store.sqlite.reader import SqliteReader
from passerby.store.sqlite.readers import Readers
from passerby.store.sqlite.transaction import SqliteTransaction

_WORK_PER_COMMIT_MAX: Final = 512
_CLOSE: Final = object()
_TRUNCATIONS_MAX: Final = 30
_TRUNCATED_AGAIN_S: Final = 0.5
_GLANCE_MS: Final = 100
_LEAVING_S: Final = 5.0
"""So long closing waits for readers."""
_LAST_WAIT_MS: Final = 1_000
_FREE_BYTES_MIN: Final = 32 << 20

_Item = tuple[Callable[[Transaction], Any], Future[Any]]


class _Scrub(Future[None]):
    """Asks for a rewritten file and an empty log, and remembers how far that came."""

    def __init__(self) -> None:
        super().__init__()
        self.is_rewritten = False
        self.tried = 0


def _unwatched(_seconds: float) -> None:
    """Nobody asked how long commits take."""


class SqliteStore:
    """A store in one SQLite file, which is made if it is not there.

    With `for_service` it has the folder for itself, and damage is looked for. `progress` is told how far a file of an
    older schema is with becoming one of today's. StoreError if the file is no database of
    ours, of a newer Passerby or damaged, or if another service has the folder.
    """

    def __init__(self, path: Path, *, for_service: bool = False, progress: Progress = silent) -> None:
        self._path = path
        self._lock = FolderLock(path.parent) if for_service else None
        try:
            self._db = open_database(path, for_service=for_service, progress=progress)
        except BaseException:
            self._unlock()
            raise
        self._readers = Readers(path)
        self._work: queue.SimpleQueue[_Item | object] = queue.SimpleQueue()
        self._has_parts = True
        self._closing = threading.Lock()
        self._closed = False
        self._damage: str | None = None
        self._observe: Callable[[float], object] = _unwatched
        self._writer = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._writer.start()

    def _unlock(self) -> None:
        if self._lock:
            self._lock.release()

    def watch_commits(self, observe: Callable[[float], object]) -> None:
        """See the contract."""
        self._observe = observe

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
                began = time.perf_counter()
                self._commit(wanted)
                self._observe(time.perf_counter() - began)
            for item in waiting:
                if isinstance(item, _Scrub):
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

    def _scrub(self, scrub: _Scrub) -> None:
        """Rewrite the file, and remove the copies made before migrations.

        `secure_delete` blanks what is freed, but not the slack that a page split leaves behind. Where a reader holds
        the log, it is emptied later, and other work goes on meanwhile.
        """
        try:
            if not scrub.is_rewritten:
                for copy in backups_beside(self._path):
                    copy.unlink(missing_ok=True)
                self._db.execute("VACUUM")
                scrub.is_rewritten = True
            if self._empty_log(_GLANCE_MS):
                scrub.set_result(None)
                return
            scrub.tried += 1
            if scrub.tried == _TRUNCATIONS_MAX:
                raise StoreError("a reader holds the write-ahead log: it could not be emptied")
        except (sqlite3.Error, OSError, StoreError) as error:
            failure = StoreError(f"the store could not scrub its files: {error}")
            failure.__cause__ = error
            scrub.set_exception(failure)
            return
        again = threading.Timer(_TRUNCATED_AGAIN_S, self._hand_in, [scrub])
        again.daemon = True
        again.start()

    def _empty_log(self, wait_ms: int) -> bool:
        """Whether it is empty now. Waits so long for readers."""
        self._db.execute(f"PRAGMA busy_timeout = {wait_ms}")
        is_held: int = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        self._db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        return not is_held

    def _hand_in(self, scrub: _Scrub) -> None:
        with self._closing:
            if not self._closed:
                self._work.put(scrub)
                return
        scrub.set_exception(StoreClosed("the store is closed"))

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
            done = [(future, None, self._failure(error)) for _, future in items]
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
            return None, self._failure(error) if isinstance(error, sqlite3.Error) else error
        self._db.execute("RELEASE work")
        return result, None

    @contextmanager
    def read(self) -> Iterator[SqliteReader]:
        """See the contract."""
        if self._closed:
            raise StoreClosed("the store is closed")
        with self._readers.one() as db:
            try:
                db.execute("BEGIN")
                yield SqliteReader(db)
            except sqlite3.Error as error:
                raise self._failure(error) from error
            finally:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")

    def trouble(self) -> str | None:
        """See the contract."""
        if self._closed:
            return "the store is closed"
        if self._damage:
            return "the database is damaged"
        if shutil.disk_usage(self._path.parent).free < _FREE_BYTES_MIN:
            return "the disk is full"
        return None if self._writer.is_alive() else "the store's writer has stopped"

    def sizes(self) -> Mapping[str, int]:
        """See the contract."""
        log = self._path.with_name(f"{self._path.name}-wal")
        found = {"database": self._path, "log": log}
        sizes = {name: path.stat().st_size if path.exists() else 0 for name, path in found.items()}
        return {**sizes, "disk_free": shutil.disk_usage(self._path.parent).free}

    def rebuild(self) -> None:
        """See the contract."""
        self.submit(_rebuild).result()

    def scrub(self) -> None:
        """See the contract."""
        scrub = _Scrub()
        self._hand_in(scrub)
        scrub.result()

    def close(self) -> None:
        """See the contract."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._work.put(_CLOSE)
        self._writer.join()
        self._readers.close(_LEAVING_S)
        with suppress(sqlite3.Error):
            self._empty_log(_LAST_WAIT_MS)  # the file alone is all there is
        self._db.close()
        self._unlock()

    def _failure(self, error: BaseException) -> StoreError:
        if is_damage(error):
            self._damage = str(error)
        # SQLite's own texts hold no values, others may (PV-3).
        failure = StoreError(f"the store failed: {error if isinstance(error, sqlite3.Error) else type(error).__name__}")
        failure.__cause__ = error
        return failure


def _rebuild(transaction: Transaction) -> None:
    assert isinstance(transaction, SqliteTransaction)
    transaction.project_all()
