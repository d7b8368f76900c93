"""Projecting: what serves reading is kept in step with the truth, piece by piece."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

from passerby.base.ids import DeviceId, OrgId, SessionId, Uid, UserId
from passerby.base.progress import Progress, silent
from passerby.model.bundle import Piece
from passerby.model.effect import Drop
from passerby.model.session import Session
from passerby.store import projection
from passerby.store.sqlite import rows
from passerby.store.sqlite.reader import SqliteReader
from passerby.store.sqlite.rows import blob
from passerby.store.sqlite.statements import SQL

_NAMING: Final = frozenset({"displayName", "email"})
_ANEW: Final = "Making sessions, properties and people anew"
_TOLD_EVERY: Final = 500
"""After so many pieces it is told how far that is."""
_SET_AGAIN_MAX: Final = 4000
"""So many operations, the latest, are looked through for older values of user properties at once."""


class Projecting(SqliteReader):
    """The part of a transaction that keeps sessions, user properties and people."""

    def project(self, org: OrgId, piece: Piece) -> None:
        """Take a kept piece into what serves reading."""
        number = self._number(org)
        shown = projection.session_of(piece)
        bound = self._db.execute(SQL.binding, (number, blob(piece.device))).fetchone()
        uid = Uid(bound[0]) if bound else None
        user = blob(self._user(org, uid) if uid else piece.device)
        self._db.execute(SQL.add_to_session, rows.session_row(number, shown, user))
        set_here = projection.user_properties(piece)
        if set_here:
            values = [rows.property_row(number, kept, user) for kept in set_here]
            self._db.executemany(SQL.set_property, values)
        if self._db.execute(SQL.is_held, (number, blob(piece.device))).fetchone()[0]:
            return
        touched = (number, user, uid, shown.began_at_ms, shown.active_at_ms)
        self._db.execute(SQL.touch_person, touched)
        if any(kept.property.name in _NAMING for kept in set_here) or (uid and projection.identifies(piece)):
            self._name(number, user)

    def project_all(self, progress: Progress = silent) -> None:
        """Make anew all that serves reading."""
        for statement in (SQL.forget_sessions, SQL.forget_properties, SQL.forget_people, SQL.forget_parts):
            self._db.execute(statement)
        whole = self._db.execute(SQL.count_pieces).fetchone()[0]
        for done, (name, *row) in enumerate(self._db.execute(SQL.all_pieces)):
            if done % _TOLD_EVERY == 0:
                progress(_ANEW, done, whole)
            self.project(OrgId(name), rows.piece(tuple(row)))
        progress(_ANEW, whole, whole)

    def set_again(self, org: OrgId, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            self._set(org, piece)

    def _set(self, org: OrgId, piece: Piece, names: Container[str] | None = None) -> None:
        number = self._number(org)
        bound = self._db.execute(SQL.binding, (number, blob(piece.device))).fetchone()
        user = blob(self._user(org, Uid(bound[0])) if bound else piece.device)
        wanted = [kept for kept in projection.user_properties(piece) if names is None or kept.property.name in names]
        self._db.executemany(SQL.set_property, [rows.property_row(number, kept, user) for kept in wanted])

    def _take_out(self, org: OrgId, device: DeviceId, drops: Sequence[Drop]) -> None:
        """Take pieces that went out of what serves reading, and read no more of the device than it takes."""
        number, pieces = self._number(org), [drop.piece for drop in drops]
        parts: dict[SessionId, list[Session]] = {}
        for piece in pieces:
            parts.setdefault(piece.session, []).append(projection.session_of(piece))
        for session, shown in parts.items():
            name = (number, blob(session))
            counts = (sum(getattr(one, field) for one in shown) for field in ("operations", "events", "pages"))
            self._db.execute(SQL.empty_session, name)
            self._db.execute(SQL.take_out_of_session, (*name, *counts))
            if any(one.end_why for one in shown):
                ended = [projection.session_of(rows.piece(row)) for row in self._db.execute(SQL.ending_pieces, name)]
                ends = [(one.ended_at_ms, one.end_why) for one in ended if one.end_why]
                self._db.execute(SQL.end_session, (*name, *min(ends, default=(None, None))))
        self._unset(org, device, drops)
        self._project_owner(org, number, device)

    def _unset(self, org: OrgId, device: DeviceId, drops: Sequence[Drop]) -> None:
        """Forget what dropped pieces set, and find what was set before, if that is not done later.

        Where that lies behind `_SET_AGAIN_MAX` operations that set something, it is missing until `passerby rebuild`.
        """
        number, forgotten = self._number(org), set[str]()
        for drop in drops:
            numbers = [operation.n for operation in drop.piece.operations]
            where = (number, blob(device), blob(drop.piece.page), min(numbers), max(numbers))
            names = {row[0] for row in self._db.execute(SQL.forget_set_here, where).fetchall()}
            forgotten |= set() if drop.is_set_later else names
        if not forgotten:
            return
        found: list[Piece] = []
        looked_through = 0
        for row in self._db.execute(SQL.pieces_with_properties, (number, blob(device))):
            found.append(rows.piece(row))
            looked_through += len(found[-1].operations)
            if looked_through >= _SET_AGAIN_MAX:
                break
        for piece in sorted(found, key=lambda piece: piece.row):
            self._set(org, piece, forgotten)

    def _project_owner(self, org: OrgId, number: int, device: DeviceId) -> None:
        """Make anew the person that a device is or belongs to."""
        bound = self._db.execute(SQL.binding, (number, blob(device))).fetchone()
        if bound:
            self._db.execute(SQL.forget_person, (number, blob(device)))
        self._project_person(org, number, Uid(bound[0]) if bound else None, blob(device))

    def _project_person(self, org: OrgId, number: int, uid: Uid | None, device: bytes = b"") -> None:
        """Make anew the person of a uid, or the anonymous one of a device, from what they have now."""
        user = blob(self._user(org, uid)) if uid is not None else device
        self._db.execute(SQL.forget_person, (number, user))
        spans = [self._db.execute(SQL.span_of_owner, (number, one)).fetchone() for one in self._owners(number, user)]
        lived = [(first_at_ms, last_at_ms) for first_at_ms, last_at_ms in spans if first_at_ms is not None]
        if lived:
            span = (min(first for first, _ in lived), max(last for _, last in lived))
            self._db.execute(SQL.touch_person, (number, user, uid, *span))
            self._name(number, user)

    def _user(self, org: OrgId, uid: Uid) -> UserId:
        known = self.org(org)
        return projection.user_id(known.secret if known else b"", uid)

    def _name(self, number: int, user: bytes) -> None:
        """Bring a person's name and e-mail up to date with their properties."""
        kept = [self._named(number, user, name) for name in ("displayName", "email")]
        found = [one.property.value if one and isinstance(one.property.value, str) else None for one in kept]
        self._db.execute(SQL.name_person, (*found, number, user))
