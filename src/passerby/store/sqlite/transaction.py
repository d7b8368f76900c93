"""Writing: one piece of work on the writer's connection. Keeps what serves reading in step with the truth."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import groupby, islice
from typing import Final

import msgspec

from passerby.base.errors import BindingViolation
from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid
from passerby.base.units import DAY_MS, HOUR_MS, MINUTE_MS
from passerby.model.bundle import Origin, Piece, Receipt
from passerby.model.device import SLACK_MS, Claim, Device, Ending, Instant, Seal, by_server_time
from passerby.model.effect import Answer, Bind, Close, Drop, Effect, Hold, Keep, Learn, Meet, Release, Sum
from passerby.model.member import Admission, Member
from passerby.model.org import Org
from passerby.model.outcome import Complaint, Outcome
from passerby.model.secret import Secret
from passerby.store.contract import COMPLAINTS_MAX, Entry, Key, Removed, Stored
from passerby.store.sqlite import rows
from passerby.store.sqlite.owning import own
from passerby.store.sqlite.projecting import Projecting
from passerby.store.sqlite.rows import blob, encoded
from passerby.store.sqlite.statements import SQL

_RECEIPT_SPAN: Final = 1024
"""No receipt's row spans more numbers, so that the rows that may hold a number are found from the number alone."""
_CLAIM: Final = msgspec.json.Decoder(Claim)
_ENDING: Final = msgspec.json.Decoder(Ending)


class SqliteTransaction(Projecting):
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

    def pages_since(self, org: OrgId, device: DeviceId, since_ms: int, limit: int) -> list[PageId]:
        values = (self._number(org), blob(device), since_ms, limit)
        return [PageId(rows.text(row[0])) for row in self._db.execute(SQL.pages_since, values)]

    def origins_since(self, org: OrgId, mark: bytes, since_ms: int, limit: int) -> list[tuple[Piece, Origin]]:
        values = (self._number(org), mark, since_ms, limit)
        return [rows.piece_from(row) for row in self._db.execute(SQL.origins_since, values)]

    def held_by(self, org: OrgId, mark: bytes, limit: int) -> list[DeviceId]:
        found = self._db.execute(SQL.held_by, (self._number(org), mark, limit))
        return [DeviceId(rows.text(row[0])) for row in found]

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

    def thin_out(self, org: OrgId, device: DeviceId, limit: int) -> Removed:
        where = (self._number(org), blob(device), limit)
        if not self._db.execute(SQL.has_more_pieces, where).fetchone()[0]:
            return Removed()
        gone = [row[0] for row in self._db.execute(SQL.thin_out, where)]
        return Removed(len(gone), sum(gone))

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
        dropped: dict[DeviceId, list[Drop]] = {}
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
                case Release(device=device):
                    self._db.execute(SQL.release, (number, blob(device)))
                    self._project_owner(org, number, device)
                case Drop(piece=piece):
                    self._db.execute(SQL.drop_piece, (piece.row,))
                    dropped.setdefault(piece.device, []).append(effect)
        for device, drops in dropped.items():
            self._take_out(org, device, drops)

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
