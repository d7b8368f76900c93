"""Reading: one connection, one moment."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, OrgId, SessionId, Uid, UserId
from passerby.base.units import DAY_MS
from passerby.model.bundle import Piece
from passerby.model.device import Binding, Device, Instant, Seal, Summary
from passerby.model.member import Admission, Member
from passerby.model.org import Org, OrgSettings
from passerby.model.outcome import Complaint, Outcome, Tally
from passerby.model.secret import Secret
from passerby.model.session import Session
from passerby.store import projection
from passerby.store.contract import MATCHES_MAX, Entry, KeptProperty, Key, Lane, Person, PersonFilter
from passerby.store.sqlite import rows
from passerby.store.sqlite.parts import PartsReader
from passerby.store.sqlite.rows import blob
from passerby.store.sqlite.statements import SQL

_SEARCHED: Final = ("uid", "email", "display_name")
_LAST_CHARACTER: Final = "\U0010ffff"
_BEGINNING: Final = (
    "SELECT * FROM (SELECT id FROM people WHERE org = ? AND {0} >= ? COLLATE NOCASE AND {0} < ? COLLATE NOCASE LIMIT ?)"
)
_HOLDING: Final = """
WITH RECURSIVE holding(value, owner) AS (
  SELECT w.column1, (SELECT min(owner) FROM properties
    WHERE org = ?1 AND name = ?2 AND length(value) <= 64 AND value = w.column1) FROM (VALUES {0}) w
  UNION ALL SELECT h.value, (SELECT min(owner) FROM properties
    WHERE org = ?1 AND name = ?2 AND length(value) <= 64 AND value = h.value AND owner > h.owner)
  FROM holding h WHERE h.owner IS NOT NULL LIMIT ?3)
SELECT DISTINCT q.id FROM (
  SELECT coalesce((SELECT owner FROM parts WHERE org = ?1 AND device = h.owner), h.owner) AS id
  FROM holding h WHERE h.owner IS NOT NULL) q
WHERE (SELECT value FROM (
  SELECT * FROM (SELECT value, at_ms, n, device, session FROM properties
    WHERE org = ?1 AND owner = q.id AND name = ?2
      AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = ?1 AND h.device = properties.device)
    ORDER BY at_ms DESC, n DESC, device DESC, session DESC LIMIT 1)
  UNION ALL SELECT o.value, o.at_ms, o.n, o.device, o.session
    FROM parts c JOIN properties o ON o.org = c.org AND o.device = c.device
    WHERE c.org = ?1 AND c.owner = q.id AND o.name = ?2
      AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org = ?1 AND h.device = c.device))
  ORDER BY at_ms DESC, n DESC, device DESC, session DESC LIMIT 1) IN ({1})"""
"""Whoever has the value now, each looked at once: what a later write of the user replaced does not count (PR-2)."""
_PERSON = "id, uid, display_name, email, first_at_ms, last_at_ms"


class SqliteReader(PartsReader):
    """The `Reader` of the contract on one connection, whose transaction the caller holds."""

    def orgs(self) -> list[OrgId]:
        return [OrgId(row[0]) for row in self._db.execute(SQL.org_names)]

    def org(self, org: OrgId) -> Org | None:
        row = self._db.execute(SQL.org, (org,)).fetchone()
        if row is None:
            return None
        return Org(org, row[1], msgspec.json.decode(row[2], type=OrgSettings))

    def secrets(self, org: OrgId) -> list[Secret]:
        return [Secret(*row) for row in self._db.execute(SQL.secrets, (self._number(org),))]

    def unsigned(self, org: OrgId, since_ms: int) -> int:
        return int(self._db.execute(SQL.unsigned, (self._number(org), since_ms - since_ms % DAY_MS)).fetchone()[0])

    def key(self, digest: bytes) -> Key | None:
        row = self._db.execute(SQL.key, (digest,)).fetchone()
        return Key(row[0], OrgId(row[1]), *row[2:]) if row else None

    def keys(self, org: OrgId) -> list[Key]:
        return [Key(row[0], OrgId(row[1]), *row[2:]) for row in self._db.execute(SQL.keys, (org,))]

    def device(self, org: OrgId, device: DeviceId) -> Device:
        found = self._device(org, device)
        return msgspec.structs.replace(found, binding=None) if found.is_held else found

    def _device(self, org: OrgId, device: DeviceId) -> Device:
        row = self._db.execute(SQL.device, (self._number(org), blob(device))).fetchone()
        uid, bound_at, sealed_at, why, summary, key, is_held = row
        return Device(
            device,
            Binding(Uid(uid), _instant(bound_at)) if bound_at else None,
            Seal(_instant(sealed_at), why) if sealed_at else None,
            msgspec.json.decode(summary, type=Summary) if summary else None,
            key,
            bool(is_held),
        )

    def has_device(self, org: OrgId, device: DeviceId) -> bool:
        return bool(self._db.execute(SQL.has_device, (self._number(org), blob(device))).fetchone()[0])

    def people(self, org: OrgId, wanted: PersonFilter, after: tuple[int, UserId] | None, limit: int) -> list[Person]:
        where, values = self._wanted(wanted, self._number(org))
        if after is not None:
            where += " AND last_at_ms <= ? AND (last_at_ms < ? OR id > ?)"
            values += [after[0], after[0], blob(after[1])]
        sql = f"SELECT {_PERSON} FROM people WHERE org = ?{where} ORDER BY last_at_ms DESC, id LIMIT ?"
        return [rows.person(row) for row in self._db.execute(sql, (self._number(org), *values, limit))]

    def _wanted(self, wanted: PersonFilter, org: int) -> tuple[str, list[object]]:
        if wanted.having is None:
            return _conditions(wanted, org)
        name, fitting = wanted.having
        values = list(map(rows.encoded, fitting))
        numbered = [f"?{number}" for number in range(4, 4 + len(values))]
        sql = _HOLDING.format(", ".join(f"({value})" for value in numbered), ", ".join(numbered))
        found = self._db.execute(sql, (org, name, MATCHES_MAX, *values))
        return _conditions(wanted, org, [row[0] for row in found])

    def people_after(self, org: OrgId, user: UserId | None, limit: int) -> list[Person]:
        values = (self._number(org), blob(user) if user else b"", limit)
        return [rows.person(row) for row in self._db.execute(SQL.people_after, values)]

    def count_people(self, org: OrgId, wanted: PersonFilter) -> int:
        where, values = self._wanted(wanted, self._number(org))
        sql = f"SELECT count(*) FROM people WHERE org = ?{where}"
        return int(self._db.execute(sql, (self._number(org), *values)).fetchone()[0])

    def count_held(self, limit: int) -> int:
        found: int = self._db.execute(SQL.count_held, (limit,)).fetchone()[0]
        return found

    def count_held_of(self, org: OrgId, uid: Uid, limit: int) -> int:
        return int(self._db.execute(SQL.count_held_of, (self._number(org), uid, limit)).fetchone()[0])

    def held_mark(self, org: OrgId, device: DeviceId) -> bytes | None:
        row = self._db.execute(SQL.held_mark, (self._number(org), blob(device))).fetchone()
        return row[0] if row else None

    def device_of_user(self, org: OrgId, user: UserId) -> DeviceId | None:
        row = self._db.execute(SQL.device_of_user, (self._number(org), blob(user))).fetchone()
        return DeviceId(rows.text(row[0])) if row else None

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

    def next_session(self, org: OrgId, devices: Sequence[DeviceId], before: tuple[int, SessionId]) -> Session | None:
        number, (began_at_ms, session) = self._number(org), before
        found = [
            rows.session(row)
            for device in devices
            for row in self._db.execute(SQL.next_session_of_device, (number, blob(device), began_at_ms, blob(session)))
        ]
        return max(found, key=lambda one: (-one.began_at_ms, one.id), default=None)

    def count_sessions(self, org: OrgId) -> int:
        return int(self._db.execute(SQL.count_sessions, (self._number(org),)).fetchone()[0])

    def piece_of(self, org: OrgId, device: DeviceId, instant: Instant) -> Piece | None:
        where = (self._number(org), blob(device), instant.at, blob(instant.page), instant.n)
        row = self._db.execute(SQL.piece_of, where).fetchone()
        found = rows.piece(row) if row else None
        return found if found and any(op.n == instant.n for op in found.operations) else None

    def pieces_after(self, org: OrgId, row: int, limit: int) -> list[Piece]:
        return [rows.piece(found) for found in self._db.execute(SQL.pieces_after, (self._number(org), row, limit))]

    def last_row(self, org: OrgId) -> int:
        return int(self._db.execute(SQL.last_row, (self._number(org),)).fetchone()[0])

    def tallies(self, org: OrgId, since_ms: int) -> list[Tally]:
        found = self._db.execute(SQL.tallies, (self._number(org), since_ms))
        return [Tally(minute_at_ms, Outcome(outcome), count) for minute_at_ms, outcome, count in found]

    def complaints(self, org: OrgId, since_ms: int) -> list[Complaint]:
        return [Complaint(*row) for row in self._db.execute(SQL.complaints, (self._number(org), since_ms))]

    def members(self, org: OrgId) -> list[Member]:
        return [Member(*row) for row in self._db.execute(SQL.members, (self._number(org),))]

    def member(self, org: OrgId, name: str) -> Member | None:
        row = self._db.execute(SQL.member, (self._number(org), name)).fetchone()
        return Member(*row) if row else None

    def admission(self, digest: bytes) -> Admission | None:
        row = self._db.execute(SQL.admission, (digest,)).fetchone()
        return rows.admission(row) if row else None

    def admissions(self, org: OrgId) -> list[Admission]:
        return [rows.admission(row) for row in self._db.execute(SQL.admissions, (self._number(org),))]

    def pieces_of_session(self, org: OrgId, session: SessionId) -> Iterator[Piece]:
        found = self._db.execute(SQL.pieces_of_session, (self._number(org), blob(session)))
        yield from map(rows.piece, found)

    def pieces_of_rows(self, org: OrgId, numbers: Sequence[int]) -> list[Piece]:
        found = (self._db.execute(SQL.piece_of_row, (row, self._number(org))).fetchone() for row in numbers)
        return [rows.piece(row) for row in found if row]

    def pieces_of_device(self, org: OrgId, device: DeviceId) -> Iterator[Piece]:
        found = self._db.execute(SQL.pieces_of_device, (self._number(org), blob(device)))
        yield from map(rows.piece, found)

    def properties_of(self, org: OrgId, devices: Sequence[DeviceId]) -> list[KeptProperty]:
        number = self._number(org)
        found = (
            row for device in devices for row in self._db.execute(SQL.properties_of_device, (number, blob(device)))
        )
        last = projection.standing(map(rows.kept_property, found))
        return [last[name] for name in sorted(last)]

    def latest_pieces(self, org: OrgId, device: DeviceId) -> Iterator[Piece]:
        for row in self._db.execute(SQL.latest_pieces, (self._number(org), blob(device))):
            yield rows.piece(row[:-1])

    def sessions_active(
        self, org: OrgId, after: tuple[int, SessionId | None], until_ms: int, limit: int
    ) -> list[Session]:
        after_ms, last = after
        behind = (after_ms + 1, b"") if last is None else (after_ms, blob(last))
        found = self._db.execute(SQL.sessions_active, (self._number(org), *behind, until_ms, limit))
        return [rows.session(row) for row in found]

    def entry(self, org: OrgId, kind: str, name: str) -> Entry | None:
        row = self._db.execute(SQL.entry, (self._number(org), kind, name)).fetchone()
        return Entry(*row) if row else None

    def entries(self, org: OrgId, kind: str, prefix: str, after: str, limit: int) -> list[Entry]:
        values = (self._number(org), kind, prefix, prefix + _LAST_CHARACTER, after, limit)
        return [Entry(*row) for row in self._db.execute(SQL.entries, values)]

    def due_entries(self, kinds: Sequence[str], until_ms: int, limit: int) -> list[tuple[OrgId, Entry]]:
        due = [lane for lane in self.lanes(kinds) if lane.due_at_ms <= until_ms]
        found = [(lane.org, entry) for lane in due for entry in self.due_in(lane, until_ms, limit)]
        return sorted(found, key=lambda pair: (pair[1].due_at_ms or 0, pair[1].id))[:limit]

    def lanes(self, kinds: Sequence[str]) -> list[Lane]:
        found = list[Lane]()
        for kind in kinds:
            row = self._db.execute(SQL.next_lane, (kind, -1, "")).fetchone()
            while row:
                number, org, name, due_at_ms = row
                found.append(Lane(OrgId(org), kind, name, due_at_ms))
                row = self._db.execute(SQL.next_lane, (kind, number, name)).fetchone()
        return found

    def due_in(self, lane: Lane, until_ms: int, limit: int) -> list[Entry]:
        values = (lane.kind, self._number(lane.org), lane.name, until_ms, limit)
        return [Entry(*row) for row in self._db.execute(SQL.due_in, values)]


def _conditions(wanted: PersonFilter, org: int, having: Sequence[bytes] = ()) -> tuple[str, list[object]]:
    where, values = "", list[object]()
    for column in ("uid", "email", "display_name"):
        value = getattr(wanted, column)
        if value is not None:
            where += f" AND {column} = ?"
            values.append(value)
    if wanted.identified is not None:
        where += f" AND uid IS {'NOT ' if wanted.identified else ''}NULL"
    if wanted.prefix is not None:
        where += f" AND id IN ({' UNION ALL '.join(_BEGINNING.format(column) for column in _SEARCHED)})"
        values += [org, wanted.prefix, wanted.prefix + _LAST_CHARACTER, MATCHES_MAX] * len(_SEARCHED)
    if wanted.having is not None:
        where += f" AND id IN ({', '.join('?' * len(having))})"
        values += having
    return where, values


def _instant(body: bytes) -> Instant:
    return msgspec.json.decode(body, type=Instant)
