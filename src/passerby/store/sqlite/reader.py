"""Reading: one connection, one moment."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator, Sequence

import msgspec

from passerby.base.ids import DeviceId, OrgId, SessionId, Uid, UserId
from passerby.model.bundle import Piece
from passerby.model.device import Binding, Device, Gap, Instant, Seal
from passerby.model.org import Org, OrgSettings
from passerby.model.session import Session
from passerby.store import projection
from passerby.store.contract import KeptProperty, Key, Person, PersonFilter
from passerby.store.sqlite import rows
from passerby.store.sqlite.rows import blob, text
from passerby.store.sqlite.statements import SQL

_PERSON = "id, uid, display_name, email, first_at_ms, last_at_ms"


class SqliteReader:
    """The `Reader` of the contract on one connection, whose transaction the caller holds."""

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

    def orgs(self) -> list[OrgId]:
        return [OrgId(row[0]) for row in self._db.execute(SQL.org_names)]

    def org(self, org: OrgId) -> Org | None:
        row = self._db.execute(SQL.org, (org,)).fetchone()
        if row is None:
            return None
        return Org(org, row[1], msgspec.json.decode(row[2], type=OrgSettings))

    def key(self, digest: bytes) -> Key | None:
        row = self._db.execute(SQL.key, (digest,)).fetchone()
        return Key(row[0], OrgId(row[1]), *row[2:]) if row else None

    def device(self, org: OrgId, device: DeviceId) -> Device:
        where = (self._number(org), blob(device))
        bound = self._db.execute(SQL.binding, where).fetchone()
        sealed = self._db.execute(SQL.seal, where).fetchone()
        gaps = self._db.execute(SQL.gaps, where).fetchall()
        return Device(
            device,
            Binding(Uid(bound[0]), _instant(bound[1])) if bound else None,
            Seal(_instant(sealed[0]), sealed[1]) if sealed else None,
            tuple(msgspec.json.decode(row[0], type=Gap) for row in gaps),
        )

    def has_device(self, org: OrgId, device: DeviceId) -> bool:
        return bool(self._db.execute(SQL.has_device, (self._number(org), blob(device))).fetchone()[0])

    def devices_of(self, org: OrgId, uid: Uid) -> list[DeviceId]:
        found = self._db.execute(SQL.devices_of, (self._number(org), uid))
        return [DeviceId(text(row[0])) for row in found]

    def people(self, org: OrgId, wanted: PersonFilter, after: tuple[int, UserId] | None, limit: int) -> list[Person]:
        where, values = _conditions(wanted)
        if after is not None:
            where += " AND last_at_ms <= ? AND (last_at_ms < ? OR id > ?)"
            values += [after[0], after[0], blob(after[1])]
        sql = f"SELECT {_PERSON} FROM people WHERE org = ?{where} ORDER BY last_at_ms DESC, id LIMIT ?"
        return [rows.person(row) for row in self._db.execute(sql, (self._number(org), *values, limit))]

    def count_people(self, org: OrgId, wanted: PersonFilter) -> int:
        where, values = _conditions(wanted)
        sql = f"SELECT count(*) FROM people WHERE org = ?{where}"
        return int(self._db.execute(sql, (self._number(org), *values)).fetchone()[0])

    def person(self, org: OrgId, user: UserId) -> Person | None:
        row = self._db.execute(SQL.person, (self._number(org), blob(user))).fetchone()
        return rows.person(row) if row else None

    def sessions_of(
        self, org: OrgId, devices: Sequence[DeviceId], after: tuple[int, SessionId] | None, limit: int
    ) -> list[Session]:
        lists = [self._sessions(self._number(org), device, after, limit) for device in devices]
        merged = heapq.merge(*lists, key=lambda session: (-session.began_at_ms, session.id))
        return [session for _, session in zip(range(limit), merged, strict=False)]

    def _sessions(self, org: int, device: DeviceId, after: tuple[int, SessionId] | None, limit: int) -> list[Session]:
        if after is None:
            found = self._db.execute(SQL.sessions_of_device, (org, blob(device), limit))
        else:
            began_at_ms, session = after
            values = (org, blob(device), began_at_ms, blob(session), limit)
            found = self._db.execute(SQL.sessions_of_device_after, values)
        return [rows.session(row) for row in found]

    def recent_sessions(self, org: OrgId, limit: int) -> list[Session]:
        found = self._db.execute(SQL.recent_sessions, (self._number(org), limit))
        return [rows.session(row) for row in found]

    def session(self, org: OrgId, session: SessionId) -> Session | None:
        row = self._db.execute(SQL.session, (self._number(org), blob(session))).fetchone()
        return rows.session(row) if row else None

    def pieces_of_session(self, org: OrgId, session: SessionId) -> Iterator[Piece]:
        found = self._db.execute(SQL.pieces_of_session, (self._number(org), blob(session)))
        yield from map(rows.piece, found)

    def pieces_of_device(self, org: OrgId, device: DeviceId) -> Iterator[Piece]:
        found = self._db.execute(SQL.pieces_of_device, (self._number(org), blob(device)))
        yield from map(rows.piece, found)

    def properties_of(self, org: OrgId, devices: Sequence[DeviceId]) -> list[KeptProperty]:
        last: dict[str, KeptProperty] = {}
        for device in devices:
            for row in self._db.execute(SQL.properties_of_device, (self._number(org), blob(device))):
                kept = rows.kept_property(row)
                known = last.get(kept.property.name)
                if known is None or projection.rank(kept) >= projection.rank(known):
                    last[kept.property.name] = kept
        return [last[name] for name in sorted(last)]


def _conditions(wanted: PersonFilter) -> tuple[str, list[object]]:
    where, values = "", list[object]()
    for column in ("uid", "email", "display_name"):
        value = getattr(wanted, column)
        if value is not None:
            where += f" AND {column} = ?"
            values.append(value)
    if wanted.identified is not None:
        where += f" AND uid IS {'NOT ' if wanted.identified else ''}NULL"
    return where, values


def _instant(body: bytes) -> Instant:
    return msgspec.json.decode(body, type=Instant)
