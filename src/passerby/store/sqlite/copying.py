"""Copies of the database: made while it serves, each whole or not there at all, and put back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from passerby.base.errors import StoreError
from passerby.base.progress import Progress, share_of, silent
from passerby.store.sqlite.files import connect, damage, schema_of
from passerby.store.sqlite.lock import FolderLock

_PAGES_A_STEP: Final = 2_000
_COMPANIONS: Final = ("-wal", "-shm", "-journal")


def copy_into(db: sqlite3.Connection, target: Path, progress: Progress = silent) -> None:
    """Copy what `db` holds at this moment into a new file that only its owner may read.

    Writers go on meanwhile. The file appears under its name once it is whole and on disk. StoreError if it cannot.
    """
    partial = target.with_name(f"{target.name}.partial")
    if target.exists():
        raise StoreError(f"{target} is there already")
    try:
        _discard(partial)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy_pages(db, partial, progress)
        progress("Looking through the copy", 0, 1)
        with closing(sqlite3.connect(partial)) as copy:
            found = next(damage(copy), None)
        if found is not None:
            raise StoreError(f"the copy would be damaged, as the original is ({found.splitlines()[0]})")
        _sync(partial)
        os.rename(partial, target)
        _sync(target.parent)
    except (sqlite3.Error, OSError) as error:
        _discard(partial)
        raise StoreError(f"cannot copy the database to {target}: {error}") from error
    except BaseException:
        _discard(partial)
        raise


def back_up(path: Path, target: Path, progress: Progress = silent) -> None:
    """Copy the database at `path`, whether a service uses it or not. StoreError if it cannot."""
    if not path.exists():
        raise StoreError(f"there is no database at {path}")
    with closing(connect(path)) as db:
        try:
            schema_of(db, path.name)
        except sqlite3.Error as error:
            raise StoreError(f"cannot read {path.name}: {error}") from error
        copy_into(db, target, progress)


def restore(source: Path, path: Path, set_aside: Path | None, progress: Progress = silent) -> None:
    """Put a copy of `source` in the place of `path`, under the folder's lock.

    What was there goes into the new folder `set_aside`; without one, nothing may be there. StoreError, and nothing
    has changed, if `source` is damaged or not ours.
    """
    fresh = path.with_name(f"{path.name}.restored")
    lock = FolderLock(path.parent)
    try:
        if path.exists() and set_aside is None:
            raise StoreError(f"{path} is there already: give --replace to put it aside")
        _discard(fresh)
        back_up(source, fresh, progress)
        if set_aside is not None:
            _set_aside(path, set_aside)
        os.rename(fresh, path)
        _sync(path.parent)
    except OSError as error:
        raise StoreError(f"cannot restore: {error}") from error
    finally:
        _discard(fresh)
        lock.release()


def entries_in(path: Path, kind: str) -> dict[str, dict[str, bytes]]:
    """The bodies of the entries of one kind, by org and id, in a file of any schema. StoreError if it is unreadable."""
    if not path.exists():
        raise StoreError(f"there is no database at {path}")
    with closing(connect(path)) as db:
        try:
            found: dict[str, dict[str, bytes]] = {}
            wanted = "SELECT o.name, e.id, e.body FROM entries e JOIN orgs o ON o.org = e.org WHERE e.kind = ?"
            for org, name, body in db.execute(wanted, (kind,)):
                found.setdefault(org, {})[name] = body
            return found
        except sqlite3.Error as error:
            raise StoreError(f"cannot read {path.name}: {error}") from error


def _set_aside(path: Path, folder: Path) -> None:
    """The log and the file together; a log without its file, after a crash in between, is dropped by SQLite."""
    folder.mkdir(mode=0o700)
    for name in (path.name, *(path.name + companion for companion in _COMPANIONS)):
        with suppress(FileNotFoundError):
            os.rename(path.with_name(name), folder / name)
    _sync(folder)


def _copy_pages(db: sqlite3.Connection, target: Path, progress: Progress) -> None:
    db.execute("BEGIN")  # one moment, however many steps it takes
    try:
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        with closing(sqlite3.connect(target)) as copy:
            copy.execute("PRAGMA synchronous = OFF")  # it is synced once, at the end
            share = share_of(progress, "Copying")
            db.backup(copy, pages=_PAGES_A_STEP, progress=lambda _, left, of: share(of - left, of), sleep=0)
            copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        db.execute("ROLLBACK")


def _discard(path: Path) -> None:
    for name in (path.name, *(path.name + companion for companion in _COMPANIONS)):
        path.with_name(name).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
