"""A thorough look at a file: its pages, whether every row can be read, and whether rows agree with one another."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from passerby.base.errors import StoreError
from passerby.model.device import Claim, Ending, Instant, Summary
from passerby.store.sqlite import rows
from passerby.store.sqlite.files import connect, damage, schema_of
from passerby.store.sqlite.migration import SCHEMA_VERSION

_PIECES: Final = "SELECT piece, device, session, page, started, offset_ms, received_at_ms, sdk, body FROM pieces"
_READ: Final[Mapping[str, tuple[str, Callable[[Any], object]]]] = {
    "a piece cannot be read": (_PIECES, rows.piece),
    "a receipt cannot be read": ("SELECT outcomes FROM receipts", lambda row: rows.outcomes(row[0])),
    "a binding cannot be read": ("SELECT instant FROM bindings", lambda row: _decoded(row, Instant)),
    "a seal cannot be read": ("SELECT instant FROM seals", lambda row: _decoded(row, Instant)),
    "a claim cannot be read": ("SELECT body FROM claims", lambda row: _decoded(row, Claim)),
    "an end cannot be read": ("SELECT body FROM ends", lambda row: _decoded(row, Ending)),
    "a summary cannot be read": ("SELECT summary FROM troubles", lambda row: _decoded(row, Summary)),
}
_DISAGREE: Final = {
    "an origin has no piece": "SELECT count(*) FROM moved m WHERE NOT EXISTS "
    "(SELECT 1 FROM pieces p WHERE p.piece = m.piece)",
    "a piece has no session: see passerby rebuild": "SELECT count(*) FROM pieces p WHERE NOT EXISTS "
    "(SELECT 1 FROM sessions s WHERE s.org = p.org AND s.session = p.session)",
    "a session counts other operations than it has: see passerby rebuild": "SELECT count(*) FROM sessions s "
    "WHERE s.operations IS NOT (SELECT sum(json_array_length(CAST(body AS TEXT), '$.ops')) FROM pieces p "
    "WHERE p.org = s.org AND p.session = s.session)",
}


class Finding(msgspec.Struct, frozen=True):
    """Something that is wrong, and how often. It holds no values."""

    what: str
    count: int = 1


def check(path: Path) -> Iterator[Finding]:
    """What is wrong with the file at `path`, whether a service uses it or not; nothing if all is well.

    Rows are only looked at if no page is damaged, and compared if all can be read. StoreError if the file cannot be
    opened, is not ours, or has another schema than today's.
    """
    if not path.exists():
        raise StoreError(f"there is no database at {path}")
    with closing(connect(path)) as db:
        try:
            db.execute("PRAGMA query_only = ON")
            schema = schema_of(db, path.name)
            damaged = [Finding(line) for found in damage(db, thorough=True) for line in found.splitlines()]
            yield from damaged
            if damaged:
                return
            if schema != SCHEMA_VERSION:
                raise StoreError(
                    f"{path.name} has schema {schema}: for more than its pages, run passerby migrate first"
                )
            unreadable = list(_unreadable(db))
            yield from unreadable
            if unreadable:
                return
            for what, statement in _DISAGREE.items():
                if count := db.execute(statement).fetchone()[0]:
                    yield Finding(what, count)
        except sqlite3.Error as error:
            raise StoreError(f"cannot check {path.name}: {error}") from error


def _unreadable(db: sqlite3.Connection) -> Iterator[Finding]:
    for what, (statement, read) in _READ.items():
        count = 0
        for row in db.execute(statement):
            try:
                read(row)
            except (ValueError, TypeError):
                count += 1
        if count:
            yield Finding(what, count)


def _decoded(row: tuple[bytes], kind: type) -> object:
    return msgspec.json.decode(row[0], type=kind)
