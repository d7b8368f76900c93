"""What is done to data besides serving them: brought up to date, copied, put back, looked through."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from passerby.base.errors import SettingsError, StoreError
from passerby.boot import DATABASE, MEMORY, open_store
from passerby.query.contradictions import contradictions
from passerby.store.sqlite import checking, copying, files
from passerby.store.sqlite.checking import Finding as Finding

Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""


def database(data: str) -> Path:
    """The file of these data. SettingsError if they are in none."""
    if data == MEMORY:
        raise SettingsError("data in memory are in no file: name a directory with --data")
    return Path(data) / DATABASE


def schema(data: str) -> int:
    """The schema of the file of these data. StoreError if there is none, or it is not ours."""
    path = database(data)
    if not path.exists():
        raise StoreError(f"there is no database at {path}")
    with closing(files.connect(path)) as db:
        try:
            return files.schema_of(db, path.name)
        except sqlite3.Error as error:
            raise StoreError(f"cannot open {path.name}: {error}") from error


def migrate(data: str) -> tuple[int, int]:
    """Bring these data to today's schema, under a lock; the schemas before and after."""
    before = schema(data)
    open_store(data, for_service=True).close()
    return before, schema(data)


def back_up(data: str, target: str, progress: Progress) -> Path:
    """Copy these data, whether they are served or not, into a new file: `target`, or one in it named by the time."""
    path, named = database(data), Path(target)
    if named.is_dir():
        named /= f"passerby-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
    copying.back_up(path, named, progress)
    return named


def restore(data: str, source: Path, *, replace: bool, progress: Progress) -> Path | None:
    """Put a copy of `source` in the place of these data, which must not be served; where the old ones went, if any."""
    path = database(data)
    aside = path.with_name(f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}") if replace and path.exists() else None
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"cannot use {data} as a directory for data ({error.strerror})") from error
    copying.restore(source, path, aside, progress)
    return aside


def check(data: str, progress: Callable[[int], None]) -> Iterator[Finding]:
    """What is wrong with these data, served or not; nothing if all is well."""
    well = True
    for found in checking.check(database(data)):
        well = False
        yield found
    if not well:
        return
    store = open_store(data)
    try:
        with store.read() as reader:
            broken = contradictions(reader, progress)
    finally:
        store.close()
    yield from (Finding(what, count) for what, count in sorted(broken.items()))
