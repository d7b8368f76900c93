"""Connections for reading: made when all are in use, used again, and all closed in the end."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from passerby.base.errors import StoreClosed
from passerby.store.sqlite.files import connect


class Readers:
    """The readers of one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._in_use = 0
        self._closed = False
        self._changed = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for the length of the block. StoreClosed after `close`."""
        with self._changed:
            if self._closed:
                raise StoreClosed("the store is closed")
            self._in_use += 1
            db = self._idle.pop() if self._idle else None
        try:
            if db is None:
                db = connect(self._path)
                db.execute("PRAGMA query_only = ON")
            yield db
        finally:
            self._back(db)

    def _back(self, db: sqlite3.Connection | None) -> None:
        with self._changed:
            self._in_use -= 1
            if db is not None and not self._closed:
                self._idle.append(db)
            elif db is not None:
                db.close()
            self._changed.notify_all()

    def close(self, wait_s: float) -> None:
        """Close those that are idle, and wait so long for the others."""
        with self._changed:
            self._closed = True
            for db in self._idle:
                db.close()
            self._idle.clear()
            self._changed.wait_for(lambda: self._in_use == 0, wait_s)
