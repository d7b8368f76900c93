"""The runner of migrations: a file of an older schema becomes one of today's, inside one transaction."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from typing import Final

import msgspec

from passerby.base.progress import Progress, Share, share_of, silent
from passerby.store.sqlite.migrations.facts import learn_facts
from passerby.store.sqlite.transaction import SqliteTransaction

_STEPS: Final[Mapping[int, Callable[[sqlite3.Connection, Share], None]]] = {2: learn_facts}
"""Steps in Python, run behind the statements of the migration of that number."""
_REBUILD: Final = re.compile(r"^-- then: rebuild$", re.M)
_NAME: Final = re.compile(r"(\d{3})_\w+\.sql\Z")


class Migration(msgspec.Struct, frozen=True):
    """What makes schema `number` of the one before it."""

    number: int
    name: str
    script: str


def _found() -> tuple[Migration, ...]:
    """In the order of their numbers. AssertionError if two have one number."""
    folder = files("passerby.store.sqlite").joinpath("migrations")
    named = [(match, entry) for entry in folder.iterdir() if (match := _NAME.match(entry.name))]
    found = sorted((int(match[1]), entry.name, entry.read_text(encoding="utf-8")) for match, entry in named)
    assert len({number for number, _, _ in found}) == len(found), "two migrations have one number"
    return tuple(Migration(*one) for one in found)


MIGRATIONS: Final = _found()
SCHEMA_VERSION: Final = MIGRATIONS[-1].number


def migrate(db: sqlite3.Connection, version: int, progress: Progress = silent) -> None:
    """Run what is newer than `version` (0: a new file, of which nothing is told), inside the caller's transaction."""
    if not version:
        progress = silent
    due = [migration for migration in MIGRATIONS if migration.number > version]
    for migration in due:
        _run(db, migration, progress)
    if version and any(_REBUILD.search(migration.script) for migration in due):
        SqliteTransaction(db).project_all(progress)


def _run(db: sqlite3.Connection, migration: Migration, progress: Progress) -> None:
    statements = list(_split(migration.script))
    for done, statement in enumerate(statements):
        progress(migration.name, done, len(statements))
        db.execute(statement)
    if migration.number in _STEPS:
        _STEPS[migration.number](db, share_of(progress, f"{migration.name}, stored operations"))
    db.execute(f"PRAGMA user_version = {migration.number}")


def _split(script: str) -> Iterator[str]:
    """The statements of a script, so that they run inside one transaction."""
    gathered = ""
    for line in script.splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            yield gathered
            gathered = ""
