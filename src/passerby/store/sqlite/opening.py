"""Opening the file: whole, ours, private, and of today's schema; a copy is made before an older one is changed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from passerby.base.errors import StoreError
from passerby.base.progress import Progress
from passerby.store.sqlite.copying import copy_into
from passerby.store.sqlite.files import advice, connect, damage, schema_of
from passerby.store.sqlite.lock import FolderLock
from passerby.store.sqlite.migration import SCHEMA_VERSION, migrate

_LOOKED_THROUGH_S: Final = 3.0
"""So long a start looks for damage; `passerby check` looks at everything."""
_BACKUP: Final = ".before-schema-"


def open_database(path: Path, *, for_service: bool, progress: Progress) -> sqlite3.Connection:
    """The writer's connection; the file is made if it is not there, and brought to today's schema.

    A file of an older schema is copied beside itself first (`…before-schema-4`), and `progress` is told how far that
    and the rest is. For a service damage is looked for too, for a bounded time. StoreError, which says what to do, if
    the file cannot be used.
    """
    _make_private(path)
    db = connect(path)
    try:
        version = schema_of(db, path.name)
        if for_service:
            _look_through(db, path.name)
        db.execute("PRAGMA journal_mode = WAL")
        if version < SCHEMA_VERSION:
            _bring_up_to_date(db, path, progress, is_locked=for_service)
    except sqlite3.Error as error:
        db.close()
        raise StoreError(f"cannot open {path.name}: {error}{advice(error)}") from error
    except BaseException:
        db.close()
        raise
    return db


def backups_beside(path: Path) -> list[Path]:
    """The copies that were made here before a migration."""
    return sorted(path.parent.glob(f"{path.name}{_BACKUP}*"))


def _make_private(path: Path) -> None:
    """Nobody else may read the file; SQLite gives its companions the same rights."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise StoreError(f"cannot open {path} ({error.strerror})") from error


def _look_through(db: sqlite3.Connection, name: str) -> None:
    found = next(damage(db, within_s=_LOOKED_THROUGH_S), None)
    if found is not None:
        first = found.splitlines()[0]
        raise StoreError(f"{name} is damaged ({first}); see `passerby check`, and restore a backup")


def _bring_up_to_date(db: sqlite3.Connection, path: Path, progress: Progress, *, is_locked: bool) -> None:
    lock = None if is_locked else FolderLock(path.parent)
    try:
        version = schema_of(db, path.name)  # somebody may have done it meanwhile
        if version:
            _keep_copy(db, path, progress)
        db.execute("BEGIN IMMEDIATE")
        try:
            migrate(db, version, progress)
        except BaseException:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
    finally:
        if lock:
            lock.release()


def _keep_copy(db: sqlite3.Connection, path: Path, progress: Progress) -> None:
    target, tried = path.with_name(f"{path.name}{_BACKUP}{SCHEMA_VERSION}"), 1
    while target.exists():
        tried += 1
        target = path.with_name(f"{path.name}{_BACKUP}{SCHEMA_VERSION}.{tried}")
    copy_into(db, target, progress)
