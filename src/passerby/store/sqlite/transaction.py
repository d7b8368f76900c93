"""Writing: one piece of work on the writer's connection. Keeps what serves reading in step with the truth."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import groupby, islice
from typing import Final

import msgspec

from passerby.base.errors import BindingViolation
from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid, UserId
from passerby.base.progress import Progress, silent
from passerby.base.units import DAY_MS, HOUR_MS, MINUTE_MS
from passerby.model.bundle import Origin, Piece, Receipt
from passerby.model.device import SLACK_MS, Claim, Device, Ending, Instant, Seal, by_server_time
from passerby.model.effect import Answer, Bind, Close, Drop, Effect, Hold, Keep, Learn, Meet, Release, Sum
from passerby.model.member import Admission, Member
from passerby.model.org import Org
from passerby.model.outcome import Complaint, Outcome
from passerby.model.secret import Secret
from passerby.model.session import Session
from passerby.store import projection
from passerby.store.contract import COMPLAINTS_MAX, Entry, Key, Removed, Stored
from passerby.store.sqlite import rows
from passerby.store.sqlite.owning import own
from passerby.store.sqlite.reader import SqliteReader
from passerby.store.sqlite.rows import blob, encoded
from passerby.store.sqlite.statements import SQL

_RECEIPT_SPAN: Final = 1024
"""No receipt's row spans more numbers, so that the rows that may hold a number are found from the number alone."""
_CLAIM: Final = msgspec.json.Decoder(Claim)
_ENDING: Final = msgspec.json.Decoder(Ending)
_NAMING: Final = frozenset({"displayName", "email"})
_ANEW: Final = "Making sessions, properties and people anew"
_TOLD_EVERY: Final = 500
"""After so many pieces it is told how far that is."""


class SqliteTransaction(SqliteReader):
    """The `Transaction` of the contract; the caller holds the savepoint."""

    def device(self, org: OrgId, device: DeviceId) -> Device:
        return self._device(org, device)

    def devices_of(
        self, org: OrgId, uid: Uid, after: DeviceId | None = None, limit: int | None = None
    ) -> list[DeviceId]:
        values = (self._number(org), uid, blob(after) if after else b"", -1 if limit is None else limit)
        return [DeviceId(rows.text(row[0])) for row in self._db.execute(SQL.all_devices_of, values)]

    def count_devices(self, org: OrgId, uid: Uid) -> int:
        return int(self._db.execute(SQL.count_all_devices, (self._number(org), uid)).fetchone()[0])

    def add_org(self, org: Org) -> None:
        self._db.execute(SQL.add_org, (org.id, org.secret, encoded(org.settings)))

    def add_key(self, key: Key) -> None:
        self._db.execute(SQL.add_key, (key.digest, key.org, key.scope, key.label, key.made_at_ms))

    def remove_key(self, digest: bytes) -> None:
        self._db.execute(SQL.remove_key, (digest,))

    def put_secret(self, org: OrgId, secret: Secret) -> None:
        values = (secret.id, secret.key, secret.made_at_ms, secret.retired_at_ms)
        self._db.execute(SQL.put_secret, (self._number(org), *values))

    def count_unsigned(self, org: OrgId, at_ms: int, count: int, keep_since_ms: int) -> None:
        number = self._number(org)
        self._db.execute(SQL.count_unsigned, (number, at_ms - at_ms % DAY_MS, count))
        self._db.execute(SQL.forget_unsigned, (number, keep_since_ms - keep_since_ms % DAY_MS))

    def receipt(self, org: OrgId, page: PageId, first: int, last: int) -> Receipt | None:
        number, name = self._number(org), blob(page)
        found = self._db.execute(SQL.receipts, (number, name, first - _RECEIPT_SPAN + 1, last, first)).fetchall()
        if not found:
            known = self._db.execute(SQL.page_device, (number, name)).fetchone()
            return Receipt(page, DeviceId(rows.text(known[0])), ()) if known else None
        answered = {n: outcome for _, body in found for n, outcome in rows.outcomes(body) if first <= n <= last}
        return Receipt(page, DeviceId(rows.text(found[0][0])), tuple(sorted(answered.items())))

    def pieces(self, org: OrgId, device: DeviceId, page: PageId | None = None) -> list[Piece]:
        if page is None:
            return list(self.pieces_of_device(org, device))
        found = self._db.execute(SQL.pieces_of_page, (self._number(org), blob(device), blob(page)))
        return [rows.piece(row) for row in found]

    def pieces_from(self, org: OrgId, mark: bytes, *, is_page: bool, since_ms: int = 0) -> list[tuple[Piece, Origin]]:
        statement = SQL.pieces_from_page if is_page else SQL.pieces_from_device
        return [rows.piece_from(row) for row in self._db.execute(statement, (self._number(org), mark, since_ms))]

    def pieces_with_facts(self, org: OrgId, device: DeviceId) -> list[Piece]:
        return [rows.piece(row) for row in self._db.execute(SQL.pieces_with_facts, (self._number(org), blob(device)))]

    def stored_after(self, org: OrgId, device: DeviceId, mark: bytes, row: int, limit: int) -> Iterator[Stored]:
        number = self._number(org)
        home = self._db.execute(SQL.home_after, (number, blob(device), row, limit))
        away = self._db.execute(SQL.away_after, (number, mark, row, limit))
        lists: list[Iterator[Stored]] = [((rows.piece(one), None) for one in home), map(rows.piece_from, away)]
        yield from islice(merge(*lists, key=lambda one: one[0].row), limit)

    def weight_of(
        self, org: OrgId, device: DeviceId, mark: bytes, limit: int, page: PageId | None = None, since_ms: int = 0
    ) -> int:
        where = (self._number(org), blob(device), mark, limit, since_ms)
        if page is None:
            return min(limit, int(self._db.execute(SQL.weight_of, where).fetchone()[0]))
        return min(limit, int(self._db.execute(SQL.weight_of_page, (*where, blob(page))).fetchone()[0]))

    def held_uids(self, org: OrgId) -> list[Uid]:
        return [Uid(row[0]) for row in self._db.execute(SQL.held_uids, (self._number(org),))]

    def bound_from(self, org: OrgId, mark: bytes) -> list[DeviceId]:
        return [DeviceId(rows.text(row[0])) for row in self._db.execute(SQL.bound_from, (self._number(org), mark))]

    def claims_around(
        self, org: OrgId, device: DeviceId, page: PageId, first: int, last: int, limit: int
    ) -> list[Claim]:
        where = (self._number(org), blob(device), blob(page), first, last, limit)
        return [_CLAIM.decode(row[0]) for row in self._db.execute(SQL.claims_around, where)]

    def ends_around(
        self, org: OrgId, device: DeviceId, page: PageId, first: int, last: int, limit: int
    ) -> list[Ending]:
        where = (self._number(org), blob(device), blob(page), first, last, limit)
        return [_ENDING.decode(row[0]) for row in self._db.execute(SQL.ends_around, where)]

    def ends_by_time(
        self, org: OrgId, device: DeviceId, lets_go: Sequence[str] | None, since_ms: int, limit: int
    ) -> list[Ending]:
        where = (self._number(org), blob(device))
        if lets_go is None:
            found = self._db.execute(SQL.ends_by_time, (*where, since_ms, limit)).fetchall()
            return [_ENDING.decode(row[0]) for row in found]
        ends = [
            _ENDING.decode(row[0])
            for uid in lets_go
            for row in self._db.execute(SQL.ends_that_let_go, (*where, uid, since_ms, limit))
        ]
        return sorted(ends, key=lambda end: by_server_time(end.instant))[:limit]

    def claims_of(self, org: OrgId, device: DeviceId) -> Iterator[Claim]:
        for row in self._db.execute(SQL.claims_of, (self._number(org), blob(device))):
            yield _CLAIM.decode(row[0])

    def pieces_past(self, org: OrgId, device: DeviceId, instant: Instant) -> Iterator[Piece]:
        since = instant.at - SLACK_MS  # by its server time an operation may be so much too early
        values = (self._number(org), blob(device), since, blob(instant.page), instant.n)
        yield from map(rows.piece, self._db.execute(SQL.pieces_past, values))

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
        for hour_at_ms, mine in groupby(complaints, lambda told: told.last_at_ms - told.last_at_ms % HOUR_MS):
            counted = self._db.execute(SQL.count_complaints, (number, hour_at_ms)).fetchone()
            room = COMPLAINTS_MAX - (counted[0] if counted else 0)
            told = [rows.complaint_row(number, hour_at_ms, one, place < room) for place, one in enumerate(mine)]
            self._db.executemany(SQL.add_complaint, told)
        since_ms = keep_since_ms - keep_since_ms % HOUR_MS
        for statement in (SQL.forget_complaints, SQL.forget_complaint_hours):
            self._db.execute(statement, (number, since_ms))

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
        values = (self._number(org), entry.kind, entry.id, entry.body, entry.about, entry.due_at_ms, entry.lane)
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
        facts = (SQL.remove_summary, SQL.remove_claims, SQL.remove_ends, SQL.remove_key_of)
        for statement in (SQL.forget_sessions_of, SQL.remove_binding, SQL.remove_seal, *facts):
            self._db.execute(statement, (number, name))
        pieces, properties, receipts = (
            self._db.execute(statement, (number, name)).rowcount
            for statement in (SQL.remove_pieces, SQL.forget_properties_of, SQL.remove_receipts)
        )
        self._db.execute(SQL.remove_part, (number, name))
        self._db.execute(SQL.release, (number, name))
        if bound:
            self._project_person(org, number, Uid(bound[0]))
        return Removed(pieces, operations, sessions, properties, receipts)

    def apply(self, org: OrgId, effects: Sequence[Effect]) -> None:
        number = self._number(org)
        dropped: dict[DeviceId, list[Piece]] = {}
        for effect in effects:
            match effect:
                case Keep(piece=piece, origin=origin):
                    self._keep(org, number, piece, origin)
                case Answer(receipt=receipt):
                    self._answer(number, receipt)
                case Bind(device=device, binding=binding):
                    self._bind(org, number, device, binding.uid, encoded(binding.instant))
                case Close(device=device, seal=Seal(instant=instant, why=why)):
                    self._db.execute(SQL.set_seal, (number, blob(device), encoded(instant), why))
                case Close(device=device):
                    self._db.execute(SQL.remove_seal, (number, blob(device)))
                case Learn():
                    self._learn(number, effect)
                case Sum(device=device, summary=summary):
                    self._db.execute(SQL.sum_up, (number, blob(device), encoded(summary)))
                case Meet(device=device, key=key):
                    self._db.execute(SQL.meet, (number, blob(device), key))
                case Hold(device=device, mark=mark):
                    self._db.execute(SQL.hold, (number, blob(device), mark))
                    self._project_owner(org, number, device)
                case Release(device=device, mark=mark):
                    held = [row[0] for row in self._db.execute(SQL.held_by, (number, mark))]
                    for name in (blob(device), *held):
                        self._db.execute(SQL.release, (number, name))
                        self._project_owner(org, number, DeviceId(rows.text(name)))
                case Drop(piece=piece):
                    self._db.execute(SQL.drop_piece, (piece.row,))
                    dropped.setdefault(piece.device, []).append(piece)
        for device, pieces in dropped.items():
            self._take_out(org, device, pieces)

    def _learn(self, number: int, learned: Learn) -> None:
        device = blob(learned.device)
        for claim in learned.claims:
            at = claim.instant
            self._db.execute(SQL.learn_claim, (number, device, blob(at.page), at.n, at.at, encoded(claim)))
        for end in learned.ends:
            at = end.instant
            self._db.execute(SQL.learn_end, (number, device, blob(at.page), at.n, at.at, end.lets_go, encoded(end)))

    def _bind(self, org: OrgId, number: int, device: DeviceId, uid: Uid, instant: bytes) -> None:
        try:
            self._db.execute(SQL.bind, (number, blob(device), uid, instant))
        except sqlite3.IntegrityError as error:
            raise BindingViolation("ID-1: the device is bound already") from error
        user = blob(self._user(org, uid))
        own(self._db, number, blob(device), user)
        anonymous = self._db.execute(SQL.person, (number, blob(device))).fetchone()
        if anonymous is not None:
            self._db.execute(SQL.forget_person, (number, blob(device)))
            *_, first_at_ms, last_at_ms = anonymous
            self._db.execute(SQL.touch_person, (number, user, uid, first_at_ms, last_at_ms))
            self._name(number, user)

    def _keep(self, org: OrgId, number: int, piece: Piece, origin: Origin | None) -> None:
        row = self._db.execute(SQL.keep_piece, rows.piece_row(number, piece)).lastrowid
        if origin is not None:
            self._db.execute(SQL.keep_origin, (row, number, origin.device, origin.page, origin.hidden))
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

    def _take_out(self, org: OrgId, device: DeviceId, pieces: Sequence[Piece]) -> None:
        """Take pieces that went out of what serves reading, and read no more of the device than it takes."""
        number = self._number(org)
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
        if any(projection.user_properties(piece) for piece in pieces):
            self._set_again(org, number, device)
        self._project_owner(org, number, device)

    def _set_again(self, org: OrgId, number: int, device: DeviceId) -> None:
        """Make anew the user properties of a device."""
        bound = self._db.execute(SQL.binding, (number, blob(device))).fetchone()
        user = blob(self._user(org, Uid(bound[0])) if bound else device)
        self._db.execute(SQL.forget_properties_of, (number, blob(device)))
        for row in self._db.execute(SQL.pieces_with_properties, (number, blob(device))).fetchall():
            set_here = projection.user_properties(rows.piece(row))
            self._db.executemany(SQL.set_property, [rows.property_row(number, kept, user) for kept in set_here])

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
