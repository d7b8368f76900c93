"""Giving what is kept of a device to the person it was bound to: at once if it is little, else as a part of them.

A device may have had a million sessions before its identify, which must cost no more for that (ID-2).
"""

from __future__ import annotations

import sqlite3
from typing import Final

from passerby.store.sqlite.statements import SQL

AT_ONCE_MAX: Final = 64
"""A device with so many sessions and properties becomes a part."""
STEP: Final = 256
"""How many sessions, and properties, of a part are given away in one transaction."""


def own(db: sqlite3.Connection, org: int, device: bytes, user: bytes) -> None:
    """Give a device, which was just bound, to its person."""
    if db.execute(SQL.is_large, (org, device, AT_ONCE_MAX)).fetchone()[0]:
        db.execute(SQL.add_part, (org, user, device))
    else:
        _give(db, org, user, device, AT_ONCE_MAX)


def work_off(db: sqlite3.Connection) -> bool:
    """Give some more of a part to its person; whether there was one."""
    found = db.execute(SQL.first_part).fetchone()
    if found is not None and not _give(db, found[0], found[1], found[2], STEP):
        db.execute(SQL.remove_part, (found[0], found[2]))
    return found is not None


def _give(db: sqlite3.Connection, org: int, user: bytes, device: bytes, limit: int) -> int:
    values = (user, org, device, limit)
    return sum(db.execute(statement, values).rowcount for statement in (SQL.own_sessions, SQL.own_properties))
