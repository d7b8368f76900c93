"""Writing: one piece of work on the writer's connection. Keeps what serves reading in step with the truth."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

import msgspec

from passerby.base.errors import BindingViolation
from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid, UserId
from passerby.base.units import HOUR_MS, MINUTE_MS
from passerby.model.bundle import Piece, Receipt
from passerby.model.device import FUTURE_MS_MAX, SAME_CLOCK_MS, Gap, Instant
from passerby.model.effect import Answer, Bind, Close, Divert, Drop, Effect, Keep
from passerby.model.member import Admission, Member
from passerby.model.org import Org
from passerby.model.outcome import Complaint, Outcome
from passerby.store import projection
from passerby.store.contract import COMPLAINTS_MAX, Entry, Key, Removed
from passerby.store.sqlite import rows
from passerby.store.sqlite.reader import SqliteReader
from passerby.store.sqlite.rows import blob, encoded
from passerby.store.sqlite.statements import SQL

_RECEIPT_SPAN: Final = 1024
"""No receipt's row spans more numbers, so that the rows that may hold a number are found from the number alone."""
_NAMING: Final = frozenset({"displayName", "email"})


class SqliteTransaction(SqliteReader):
    """The `Transaction` of the contract; the caller holds the savepoint."""

    def add_org(self, org: Org) -> None:
        self._db.execute(SQL.add_org, (org.id, org.secret, encoded(org.settings)))

    def add_key(self, key: Key) -> None:
        self._db.execute(SQL.add_key, (key.digest, key.org, key.scope, key.label, key.made_at_ms))

    def remove_key(self, digest: bytes) -> None:
        self._db.execute(SQL.remove_key, (digest,))

    def receipt(self, org: OrgId, page: PageId, first: int, last: int) -> Receipt | None:
        number, name = self._number(org), blob(page)
        found = self._db.execute(SQL.receipts, (number, name, first - _RECEIPT_SPAN + 1, last, first)).fetchall()
        if not found:
            known = self._db.execute(SQL.page_device, (number, name)).fetchone()
            return Receipt(page, DeviceId(rows.text(known[0])), ()) if known else None
        answered = {n: outcome for _, body in found for n, outcome in rows.outcomes(body) if first <= n <= last}
        return Receipt(page, DeviceId(rows.text(found[0][0])), tuple(sorted(answered.items())))

    def pieces(self, org: OrgId, device: DeviceId) -> list[Piece]:
        return list(self.pieces_of_device(org, device))

    def pieces_past(self, org: OrgId, device: DeviceId, instant: Instant) -> list[Piece]:
        since = instant.at - SAME_CLOCK_MS - FUTURE_MS_MAX  # by its server time an operation may be so much too early
        values = (self._number(org), blob(device), since, blob(instant.page), instant.n)
        return [rows.piece(row) for row in self._db.execute(SQL.pieces_past, values)]

    def device_of_session(self, org: OrgId, session: SessionId) -> DeviceId | None:
        row = self._db.execute(SQL.device_of_session, (self._number(org), blob(session))).fetchone()
        return DeviceId(rows.text(row[0])) if row else None

    def tally(self, org: OrgId, at_ms: int, counts: Mapping[Outcome, int], keep_since_ms: int) -> None:
        number, minute_at_ms = self._number(org), at_ms - at_ms % MINUTE_MS
        rows_ = [(number, minute_at_ms, outcome.value, count) for outcome, count in counts.items()]
        self._db.executemany(SQL.add_tally, rows_)
        self._db.execute(SQL.forget_tallies, (number, keep_since_ms))

    def complain(self, org: OrgId, complaints: Sequence[Complaint], keep_since_ms: int) -> None:
        number = self._number(org)
        for told in complaints:
            hour_at_ms = told.last_at_ms - told.last_at_ms % HOUR_MS
            known = self._db.execute(SQL.count_complaints, (number, hour_at_ms)).fetchone()[0]
            page, name = (told.page, told.name) if known < COMPLAINTS_MAX else ("", "")
            kind = (told.code, told.call, page, told.sdk, name)
            self._db.execute(SQL.add_complaint, (number, hour_at_ms, *kind, told.message, told.last_at_ms, told.count))
        self._db.execute(SQL.forget_complaints, (number, keep_since_ms - keep_since_ms % HOUR_MS))

    def put_member(self, org: OrgId, member: Member) -> None:
        self._db.execute(SQL.put_member, (self._number(org), member.name, member.role, member.password_hash))

    def remove_member(self, org: OrgId, name: str) -> None:
        for statement in (SQL.remove_member, SQL.dismiss_member):
            self._db.execute(statement, (self._number(org), name))

    def admit(self, admission: Admission) -> None:
        self._db.execute(SQL.forget_expired, (admission.made_at_ms,))
        session = None if admission.session is None else blob(admission.session)
        who = (admission.digest, self._number(admission.org), admission.member, admission.role)
        self._db.execute(SQL.admit, (*who, session, admission.made_at_ms, admission.expires_at_ms))

    def dismiss(self, digest: bytes) -> None:
        self._db.execute(SQL.dismiss, (digest,))

    def put_entry(self, org: OrgId, entry: Entry) -> None:
        values = (self._number(org), entry.kind, entry.id, entry.body, entry.about, entry.due_at_ms)
        self._db.execute(SQL.put_entry, values)

    def remove_entry(self, org: OrgId, kind: str, name: str) -> None:
        self._db.execute(SQL.remove_entry, (self._number(org), kind, name))

    def remove_entries_about(self, org: OrgId, about: str) -> int:
        return self._db.execute(SQL.remove_entries_about, (self._number(org), about)).rowcount

    def remove_device(self, org: OrgId, device: DeviceId) -> Removed:
        number, name = self._number(org), blob(device)
        operations = sum(len(piece.operations) for piece in self.pieces_of_device(org, device))
        sessions = self._db.execute(SQL.count_of_sessions_of, (number, name)).fetchone()[0]
        bound = self._db.execute(SQL.binding, (number, name)).fetchone()
        self._db.execute(SQL.forget_person, (number, name))
        self._db.execute(SQL.dismiss_from_sessions_of, (number, name))
        for statement in (SQL.forget_sessions_of, SQL.remove_binding, SQL.remove_seal, SQL.remove_gaps):
            self._db.execute(statement, (number, name))
        pieces, properties, receipts = (
            self._db.execute(statement, (number, name)).rowcount
            for statement in (SQL.remove_pieces, SQL.forget_properties_of, SQL.remove_receipts)
        )
        if bound:
            self._project_person(org, number, device, Uid(bound[0]))
        return Removed(pieces, operations, sessions, properties, receipts)

    def rename_in_gaps(self, org: OrgId, uid: Uid, name: Uid) -> list[DeviceId]:
        number, renamed = self._number(org), set[DeviceId]()
        for device, ordinal, body in self._db.execute(SQL.all_gaps, (number,)).fetchall():
            gap = msgspec.json.decode(body, type=Gap)
            if gap.uid == uid:
                changed = encoded(msgspec.structs.replace(gap, uid=name))
                self._db.execute(SQL.set_gap, (changed, number, device, ordinal))
                renamed.add(DeviceId(rows.text(device)))
        return sorted(renamed)

    def apply(self, org: OrgId, effects: Sequence[Effect]) -> None:
        number = self._number(org)
        dropped: dict[DeviceId, None] = {}
        for effect in effects:
            match effect:
                case Keep(piece=piece):
                    self._keep(org, number, piece)
                case Answer(receipt=receipt):
                    self._answer(number, receipt)
                case Bind(device=device, binding=binding):
                    self._bind(org, number, device, binding.uid, encoded(binding.instant))
                case Close(device=device, seal=seal):
                    self._db.execute(SQL.set_seal, (number, blob(device), encoded(seal.instant), seal.why))
                case Divert(device=device, gap=gap):
                    self._db.execute(SQL.add_gap, (number, blob(device), encoded(gap)))
                case Drop(piece=piece):
                    self._db.execute(SQL.drop_piece, (piece.row,))
                    dropped[piece.device] = None
        for device in dropped:
            self.project_again(org, device)

    def _bind(self, org: OrgId, number: int, device: DeviceId, uid: Uid, instant: bytes) -> None:
        try:
            self._db.execute(SQL.bind, (number, blob(device), uid, instant))
        except sqlite3.IntegrityError as error:
            raise BindingViolation("ID-1: the device is bound already") from error
        anonymous = self._db.execute(SQL.person, (number, blob(device))).fetchone()
        if anonymous is not None:
            self._db.execute(SQL.forget_person, (number, blob(device)))
            *_, first_at_ms, last_at_ms = anonymous
            user = blob(self._user(org, uid))
            self._db.execute(SQL.touch_person, (number, user, uid, first_at_ms, last_at_ms))
            self._name(org, number, device, uid)

    def _keep(self, org: OrgId, number: int, piece: Piece) -> None:
        self._db.execute(SQL.keep_piece, rows.piece_row(number, piece))
        self.project(org, piece)

    def _answer(self, number: int, receipt: Receipt) -> None:
        for _, near in groupby(receipt.outcomes, lambda answered: answered[0] // _RECEIPT_SPAN):
            outcomes = tuple(near)
            span = (outcomes[0][0], outcomes[-1][0])
            values = (number, blob(receipt.page), *span, blob(receipt.device), encoded(outcomes))
            self._db.execute(SQL.add_receipt, values)

    def project(self, org: OrgId, piece: Piece) -> None:
        """Take a kept piece into what serves reading."""
        number = self._number(org)
        shown = projection.session_of(piece)
        self._db.execute(SQL.add_to_session, rows.session_row(number, shown))
        set_here = projection.user_properties(piece)
        if set_here:
            values = [rows.property_row(number, kept) for kept in set_here]
            self._db.executemany(SQL.set_property, values)
        bound = self._db.execute(SQL.binding, (number, blob(piece.device))).fetchone()
        uid = Uid(bound[0]) if bound else None
        user = blob(self._user(org, uid) if uid else piece.device)
        touched = (number, user, uid, shown.began_at_ms, shown.active_at_ms)
        self._db.execute(SQL.touch_person, touched)
        if any(kept.property.name in _NAMING for kept in set_here) or (uid and projection.identifies(piece)):
            self._name(org, number, piece.device, uid)

    def project_again(self, org: OrgId, device: DeviceId) -> None:
        """Make anew what serves reading of one device, after a piece of it went."""
        number, name = self._number(org), blob(device)
        self._db.execute(SQL.forget_sessions_of, (number, name))
        self._db.execute(SQL.forget_properties_of, (number, name))
        self._db.execute(SQL.forget_person, (number, name))
        bound = self._db.execute(SQL.binding, (number, name)).fetchone()
        for piece in self.pieces(org, device):
            self.project(org, piece)
        if bound:
            self._project_person(org, number, device, Uid(bound[0]))

    def _project_person(self, org: OrgId, number: int, device: DeviceId, uid: Uid) -> None:
        """Make anew the person of a uid from the devices that they have now."""
        self._db.execute(SQL.forget_person, (number, blob(self._user(org, uid))))
        first_at_ms, last_at_ms = self._db.execute(SQL.span_of_uid, (number, uid)).fetchone()
        if first_at_ms is not None:
            user = blob(self._user(org, uid))
            self._db.execute(SQL.touch_person, (number, user, uid, first_at_ms, last_at_ms))
            self._name(org, number, device, uid)

    def _user(self, org: OrgId, uid: Uid) -> UserId:
        known = self.org(org)
        return projection.user_id(known.secret if known else b"", uid)

    def _name(self, org: OrgId, number: int, device: DeviceId, uid: Uid | None) -> None:
        """Bring a person's name and e-mail up to date with their properties."""
        found: list[str | None] = []
        for name in ("displayName", "email"):
            if uid is None:
                row = self._db.execute(SQL.named_property_of_device, (number, blob(device), name)).fetchone()
            else:
                row = self._db.execute(SQL.named_property, (number, uid, name)).fetchone()
            value = msgspec.json.decode(row[1]) if row else None
            found.append(value if isinstance(value, str) else None)
        user = blob(self._user(org, uid) if uid else device)
        self._db.execute(SQL.name_person, (*found, number, user))
