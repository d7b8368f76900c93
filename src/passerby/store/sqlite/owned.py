"""Reading what one person has, by index and page, however many devices that is.

Sessions and properties name their owner. Of a device that was bound with much to its name some still name the device:
it is a *part* of its person then, and is read beside what names them. The writer works parts off between commits.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Final

from passerby.base.ids import DeviceId, OrgId, SessionId, Uid, UserId
from passerby.model.session import Session
from passerby.store import projection
from passerby.store.contract import KeptProperty
from passerby.store.sqlite import rows
from passerby.store.sqlite.rows import blob, text
from passerby.store.sqlite.statements import SQL

_LATEST_MS: Final = 2**62


class OwnedReader:
    """The part of the `Reader` that asks by person."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._numbers: dict[OrgId, int] = {}

    def _number(self, org: OrgId) -> int:
        """The org's number; 0, which is no org, for one never heard of."""
        known = self._numbers.get(org)
        if known is None:
            row = self._db.execute(SQL.org, (org,)).fetchone()
            if row is None:
                return 0
            known = self._numbers[org] = int(row[0])
        return known

    def _owners(self, number: int, user: bytes) -> list[bytes]:
        """What the rows of a person name as their owner."""
        return [user, *(row[0] for row in self._db.execute(SQL.parts_of, (number, user)))]

    def devices_of(
        self, org: OrgId, uid: Uid, after: DeviceId | None = None, limit: int | None = None
    ) -> list[DeviceId]:
        values = (self._number(org), uid, blob(after) if after else b"", -1 if limit is None else limit)
        return [DeviceId(text(row[0])) for row in self._db.execute(SQL.devices_of, values)]

    def count_devices(self, org: OrgId, uid: Uid) -> int:
        return int(self._db.execute(SQL.count_devices, (self._number(org), uid)).fetchone()[0])

    def sessions_of_user(
        self, org: OrgId, user: UserId, after: tuple[int, SessionId] | None, limit: int
    ) -> list[Session]:
        number = self._number(org)
        began_at_ms, session = (after[0], blob(after[1])) if after else (_LATEST_MS, b"")
        lists = [
            map(rows.session, self._db.execute(SQL.sessions_of_owner, (number, owner, began_at_ms, session, limit)))
            for owner in self._owners(number, blob(user))
        ]
        merged = heapq.merge(*lists, key=lambda found: (-found.began_at_ms, found.id))
        return list(islice(merged, limit))

    def active_sessions_of_user(self, org: OrgId, user: UserId) -> Iterator[Session]:
        number = self._number(org)
        lists = [
            map(rows.session, self._db.execute(SQL.active_sessions_of_owner, (number, owner)))
            for owner in self._owners(number, blob(user))
        ]
        yield from heapq.merge(*lists, key=lambda found: (-found.active_at_ms, found.id))

    def count_sessions_of_user(self, org: OrgId, user: UserId, limit: int) -> int:
        number = self._number(org)
        counts = [
            self._db.execute(SQL.count_sessions_of_owner, (number, owner, limit)).fetchone()[0]
            for owner in self._owners(number, blob(user))
        ]
        return min(sum(map(int, counts)), limit)

    def next_session_of_user(self, org: OrgId, user: UserId, before: tuple[int, SessionId]) -> Session | None:
        number, (began_at_ms, session) = self._number(org), before
        found = [
            rows.session(row)
            for owner in self._owners(number, blob(user))
            for row in self._db.execute(SQL.next_session_of_owner, (number, owner, began_at_ms, blob(session)))
        ]
        return max(found, key=lambda one: (-one.began_at_ms, one.id), default=None)

    def properties_of_user(
        self, org: OrgId, user: UserId, after: str = "", limit: int | None = None
    ) -> list[KeptProperty]:
        number = self._number(org)
        lists = [self._standing(number, owner, after) for owner in self._owners(number, blob(user))]
        merged = groupby(heapq.merge(*lists, key=_name), key=_name)
        return [projection.standing(found)[name] for name, found in islice(merged, limit)]

    def _standing(self, number: int, owner: bytes, after: str) -> Iterator[KeptProperty]:
        """The last value of each name behind `after`, with one step in the index a name."""
        name = after
        while row := self._db.execute(SQL.next_property, (number, owner, name)).fetchone():
            yield (kept := rows.kept_property(row))
            name = kept.property.name

    def _named(self, number: int, user: bytes, name: str) -> KeptProperty | None:
        """The last value of one property over all devices of a person."""
        found = [self._db.execute(SQL.named_property, (number, owner, name)) for owner in self._owners(number, user)]
        return projection.standing(rows.kept_property(row) for one in found for row in one).get(name)


def _name(kept: KeptProperty) -> str:
    return kept.property.name
