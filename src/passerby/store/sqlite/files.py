"""Our files as SQLite sees them: a connection, which schema one has, what is damaged."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from passerby.base.errors import StoreError
from passerby.store.sqlite.migration import SCHEMA_VERSION

BUSY_TIMEOUT_MS: Final = 10_000
_STATEMENTS_CACHED: Final = 256
_STEPS_PER_GLANCE: Final = 20_000
_NULL: Final = re.compile(r"NULL value in (\w+)\.(\w+)\Z")
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def connect(path: Path) -> sqlite3.Connection:
    """A connection with our settings. StoreError if there can be none."""
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS_CACHED)
        db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA cache_size = -65536")
    except sqlite3.Error as error:
        raise StoreError(f"cannot open {path.name}: {error}") from error
    return db


def schema_of(db: sqlite3.Connection, name: str) -> int:
    """The schema of a file, 0 for an empty one. StoreError if it is not ours, or of a newer Passerby."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{name} was written by a newer Passerby (schema {version}; this one knows up to {SCHEMA_VERSION}): "
            "install that one, or restore a backup from before the update"
        )
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if tables and (version == 0 or "orgs" not in tables):
        raise StoreError(f"{name} is a database of something else")
    return version


def damage(db: sqlite3.Connection, *, thorough: bool = False, within_s: float | None = None) -> Iterator[str]:
    """What SQLite finds wrong with its pages, as far as it comes in `within_s` seconds.

    A thorough look holds indexes against their tables, too, and takes several times as long.
    """
    if within_s is not None:
        until = time.monotonic() + within_s
        db.set_progress_handler(lambda: time.monotonic() > until, _STEPS_PER_GLANCE)
    try:
        for row in db.execute("PRAGMA integrity_check" if thorough else "PRAGMA quick_check"):
            if row[0] != "ok" and not _is_false_alarm(db, str(row[0])):
                yield str(row[0])
    except sqlite3.Error as error:
        if is_damage(error):
            yield str(error)
        elif within_s is None or error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
    finally:
        db.set_progress_handler(None, 0)


def _is_false_alarm(db: sqlite3.Connection, found: str) -> bool:
    """Whether nothing is wrong: SQLite 3.40 sees a NULL in tables without row ids whose keys do not stand first."""
    named = _NULL.match(found)
    if named is None:
        return False
    # Of a column that is declared so, `IS NULL` is taken to be false without a look.
    nulls = db.execute(f"SELECT 1 FROM {named[1]} WHERE typeof({named[2]}) = 'null' LIMIT 1")
    return nulls.fetchone() is None


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file is damaged."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def advice(error: BaseException) -> str:
    """What to do about a damaged file; nothing for other errors."""
    return "; see `passerby check`, and restore a backup" if is_damage(error) else ""
