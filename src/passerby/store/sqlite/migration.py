"""Migration: a file of an older schema becomes one of today's, inside the transaction that opens it.

Schema 2 did not say of a user property how its bundle had travelled, and so which of two values stands (PR-2): they are
worked out again. Schema 1 kept client times as they came, parts of a device's time as *gaps*, and sealed a device on a
conflict. Here all client times go into their device's frame (PV-1.1), and gaps and conflicts become facts (AT-4). What
schema 1 had moved to a substitute stays there as a device of its own: where it came from was not kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, Uid
from passerby.model.bundle import Piece
from passerby.model.device import EVERYBODY, FACTS_MAX, Claim, Ending, Instant, Summary, by_server_time
from passerby.model.marks import Marks
from passerby.model.operation import SEALING, End, Identify
from passerby.store.sqlite import rows
from passerby.store.sqlite.rows import blob, encoded, text
from passerby.store.sqlite.statements import SQL
from passerby.store.sqlite.transaction import SqliteTransaction

_NEW: Final = re.compile(r"CREATE (?:TABLE|INDEX|TRIGGER) (?:device_keys|troubles|claims|ends|moved|origins)", re.M)
_STATISTICS: Final = re.compile(r"sqlite_stat1|^\s*ANALYZE", re.M)
_PROPERTIES: Final = re.compile(r"CREATE (?:TABLE|INDEX) properties")
_LATER_MS: Final = 2**53
"""When a claim counts as received of which schema 1 did not say: after the one that bound the device."""
_UNKNOWN: Final = "unknown"


class _Gap(msgspec.Struct, frozen=True):
    until: Instant
    uid: Uid | None
    closed: bool = False


def migrate(db: sqlite3.Connection, version: int, schema: Sequence[str]) -> None:
    """Bring the tables of that schema to today's, of which `schema` are the statements."""
    if version == 1:
        _learn_facts(db, schema)
    _make_properties_anew(db, schema)
    db.execute("DELETE FROM sqlite_stat1")
    for statement in schema:
        if _STATISTICS.search(statement):
            db.execute(statement)


def _make_properties_anew(db: sqlite3.Connection, schema: Sequence[str]) -> None:
    """With all that comes of them: people are named by theirs."""
    db.execute("DROP TABLE properties")
    for statement in schema:
        if _PROPERTIES.search(statement):
            db.execute(statement)
    SqliteTransaction(db).project_all()


def _learn_facts(db: sqlite3.Connection, schema: Sequence[str]) -> None:
    for statement in schema:
        if _NEW.search(statement):
            db.execute(statement)
    db.execute("DROP TRIGGER bindings_are_written_once")
    for org, secret in db.execute("SELECT org, secret FROM orgs").fetchall():
        _Org(db, org, secret).migrate()
    for statement in schema:
        if "bindings_are_written_once" in statement:
            db.execute(statement)
    db.execute("DROP TABLE gaps")


class _Org:
    """One org's part of it."""

    def __init__(self, db: sqlite3.Connection, number: int, secret: bytes) -> None:
        self._db = db
        self._number = number
        self._secret = secret
        self._marks = Marks(secret)
        self._shifts: dict[bytes, int] = {}

    def migrate(self) -> None:
        """Facts first, since they look at instants of several devices as they came."""
        found = (
            "SELECT device FROM gaps WHERE org = ?1 UNION SELECT device FROM seals WHERE org = ?1 AND why = 'conflict'"
        )
        troubled = [row[0] for row in self._db.execute(found, (self._number,)).fetchall()]
        facts = {
            device: (claims := list(self._claims(device)), list(self._ends(device, claims))) for device in troubled
        }
        self._db.execute("DELETE FROM seals WHERE org = ? AND why = 'conflict'", (self._number,))
        for table in ("bindings", "seals"):
            self._shift_instants(table)
        self._shift_pieces()
        for device, (claims, ends) in facts.items():
            self._learn(device, claims, ends)

    def _shift_ms(self, device: bytes) -> int:
        if device not in self._shifts:
            self._shifts[device] = self._marks.shift_ms(DeviceId(text(device)))
        return self._shifts[device]

    def _shifted(self, device: bytes, instant: Instant) -> Instant:
        by_ms = self._shift_ms(device)
        return msgspec.structs.replace(instant, t=instant.t + by_ms, offset_ms=instant.offset_ms - by_ms)

    def _shift_instants(self, table: str) -> None:
        found = self._db.execute(f"SELECT device, instant FROM {table} WHERE org = ?", (self._number,)).fetchall()
        for device, body in found:
            shifted = encoded(self._shifted(device, msgspec.json.decode(body, type=Instant)))
            self._db.execute(
                f"UPDATE {table} SET instant = ? WHERE org = ? AND device = ?", (shifted, self._number, device)
            )

    def _shift_pieces(self) -> None:
        last = 0
        while found := self._db.execute(SQL.pieces_after, (self._number, last, 1000)).fetchall():
            for row in found:
                by_ms, piece = self._shift_ms(row[1]), rows.piece(row)
                moved = msgspec.structs.replace(
                    piece, operations=tuple(msgspec.structs.replace(op, t=op.t + by_ms) for op in piece.operations)
                )
                values = (piece.started + by_ms, piece.offset_ms - by_ms, rows.piece_row(0, moved)[-1], piece.row)
                self._db.execute("UPDATE pieces SET started = ?, offset_ms = ?, body = ? WHERE piece = ?", values)
            last = found[-1][0]

    def _pieces(self, device: bytes) -> Iterator[Piece]:
        yield from map(rows.piece, self._db.execute(SQL.pieces_of_device, (self._number, device)).fetchall())

    def _gaps(self, device: bytes) -> list[_Gap]:
        found = self._db.execute(
            "SELECT body FROM gaps WHERE org = ? AND device = ? ORDER BY ordinal", (self._number, device)
        )
        return [msgspec.json.decode(row[0], type=_Gap) for row in found.fetchall()]

    def _claims(self, device: bytes) -> Iterator[Claim]:
        """Those of the device's own pieces, and one for each uid that schema 1 took elsewhere."""
        for piece in self._pieces(device):
            for op in piece.operations:
                if isinstance(op, Identify):
                    instant = self._shifted(device, piece.instant(op))
                    yield Claim(instant, self._marks.of_uid(Uid(op.uid)), piece.received_at_ms)
        for gap in self._gaps(device):
            if gap.uid is not None:
                bound = self._bound(self._substitute("earlier", text(device), f"u{gap.uid}"))
                instant = bound[1] if bound else gap.until
                yield Claim(self._shifted(device, instant), self._marks.of_uid(gap.uid), _LATER_MS)
        for body in self._seals(device):
            bound = self._bound(self._substitute("after", text(device)))
            instant = msgspec.structs.replace(msgspec.json.decode(body, type=Instant), identifies=True)
            uid = self._marks.of_uid(bound[0]) if bound else _UNKNOWN
            yield Claim(self._shifted(device, instant), uid, _LATER_MS)

    def _seals(self, device: bytes) -> list[bytes]:
        found = self._db.execute(
            "SELECT instant FROM seals WHERE org = ? AND device = ? AND why = 'conflict'", (self._number, device)
        )
        return [row[0] for row in found.fetchall()]

    def _ends(self, device: bytes, claims: list[Claim]) -> Iterator[Ending]:
        """The device's own, of which schema 1 left one there, and one for each gap that an end closed."""
        for piece in self._pieces(device):
            for op in piece.operations:
                if isinstance(op, End) and op.why in SEALING:
                    told = [one for one in claims if one.instant.page == piece.page and one.instant.n < op.n]
                    uid = max(told, key=lambda one: one.instant.n).uid if told else EVERYBODY
                    yield Ending(self._shifted(device, piece.instant(op)), op.why, uid)
        for gap in self._gaps(device):
            if gap.closed:
                yield Ending(self._shifted(device, gap.until), "anonymize")

    def _bound(self, device: bytes) -> tuple[Uid, Instant] | None:
        row = self._db.execute(
            "SELECT uid, instant FROM bindings WHERE org = ? AND device = ?", (self._number, device)
        ).fetchone()
        return (Uid(row[0]), msgspec.json.decode(row[1], type=Instant)) if row else None

    def _substitute(self, *parts: str) -> bytes:
        """The id under which schema 1 kept what went elsewhere."""
        raw = bytearray(hmac.digest(self._secret, "\0".join(parts).encode(), hashlib.sha256)[:16])
        raw[6] = raw[6] & 0x0F | 0x80
        raw[8] = raw[8] & 0x3F | 0x80
        return bytes(raw)

    def _learn(self, device: bytes, claims: list[Claim], ends: list[Ending]) -> None:
        for claim in claims:
            at = claim.instant
            self._db.execute(SQL.learn_claim, (self._number, device, blob(at.page), at.n, at.at, encoded(claim)))
        for end in ends:
            at = end.instant
            values = (self._number, device, blob(at.page), at.n, at.at, end.lets_go, encoded(end))
            self._db.execute(SQL.learn_end, values)
        self._db.execute(SQL.sum_up, (self._number, device, encoded(_summary(claims, ends))))


def _summary(claims: list[Claim], ends: list[Ending]) -> Summary:
    listed = sorted(ends, key=lambda end: by_server_time(end.instant))[:FACTS_MAX]
    early = [claim for claim in claims if all(claim.instant.is_in_time_for(end.instant) for end in listed)]
    owner = min(early, key=lambda claim: claim.rank, default=None)
    others = [claim.instant for claim in early if owner is not None and claim.uid != owner.uid]
    return Summary(owner, tuple(sorted(others, key=by_server_time)[:FACTS_MAX]), tuple(listed))
