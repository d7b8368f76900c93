"""Writing: one piece of work on the truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from passerby.base.errors import BindingViolation
from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid
from passerby.base.units import DAY_MS, HOUR_MS, MINUTE_MS
from passerby.model.bundle import Origin, Piece, Receipt
from passerby.model.device import Claim, Device, Ending, Instant, by_server_time
from passerby.model.effect import Answer, Bind, Close, Drop, Effect, Hold, Keep, Learn, Meet, Release, Sum
from passerby.model.member import Admission, Member
from passerby.model.org import Org
from passerby.model.outcome import Complaint, Outcome
from passerby.model.secret import Secret
from passerby.store.contract import COMPLAINTS_MAX, PIECE_WEIGHT, Entry, Key, Removed, Stored
from passerby.store.memory.reader import MemoryReader, kind_of


def _is_since(piece: Piece, since_ms: int) -> bool:
    return max(op.at for op in piece.operations) >= since_ms


class MemoryTransaction(MemoryReader):
    def device(self, org: OrgId, device: DeviceId) -> Device:
        found = self._truth.devices.get((org, device)) or Device(device)
        return msgspec.structs.replace(found, is_held=self._is_held(org, device))

    def devices_of(
        self, org: OrgId, uid: Uid, after: DeviceId | None = None, limit: int | None = None
    ) -> list[DeviceId]:
        return [device for device in self._bound_to(org, uid) if after is None or device > after][:limit]

    def add_org(self, org: Org) -> None:
        known = self._truth.orgs.get(org.id)
        self._truth.put(self._truth.orgs, org.id, msgspec.structs.replace(org, secret=known.secret) if known else org)

    def add_key(self, key: Key) -> None:
        self._truth.put(self._truth.keys, key.digest, key)

    def remove_key(self, digest: bytes) -> None:
        if digest in self._truth.keys:
            self._truth.remove(self._truth.keys, digest)

    def put_entry(self, org: OrgId, entry: Entry) -> None:
        self._truth.put(self._truth.entries, (org, entry.kind, entry.id), entry)

    def remove_entry(self, org: OrgId, kind: str, name: str) -> None:
        if (org, kind, name) in self._truth.entries:
            self._truth.remove(self._truth.entries, (org, kind, name))

    def remove_entries_about(self, org: OrgId, about: str) -> int:
        found = [key for key, entry in self._truth.entries.items() if key[0] == org and entry.about == about]
        for key in found:
            self._truth.remove(self._truth.entries, key)
        return len(found)

    def thin_out(self, _org: OrgId, _device: DeviceId, _limit: int) -> Removed:
        return Removed()

    def remove_device(self, org: OrgId, device: DeviceId) -> Removed:
        truth, pieces = self._truth, self.pieces(org, device)
        sessions = {shown.id for shown in self._sessions(org) if shown.device == device}
        properties = len(self.properties_of(org, [device]))
        self.apply(org, [Drop(piece) for piece in pieces])
        receipts = [key for key, (owner, _) in truth.receipts.items() if key[0] == org and owner == device]
        for place in receipts:
            truth.remove(truth.receipts, place)
        for kept in (truth.devices, truth.claims, truth.ends, truth.held):
            if (org, device) in kept:
                truth.remove(kept, (org, device))
        for digest in [one.digest for one in self.admissions(org) if one.session in sessions]:
            self.dismiss(digest)
        operations = sum(len(piece.operations) for piece in pieces)
        return Removed(len(pieces), operations, len(sessions), properties, len(receipts))

    def put_secret(self, org: OrgId, secret: Secret) -> None:
        self._truth.put(self._truth.secrets, (org, secret.id), secret)

    def count_unsigned(self, org: OrgId, at_ms: int, count: int, keep_since_ms: int) -> None:
        kept, key = self._truth.unsigned, (org, at_ms - at_ms % DAY_MS)
        self._truth.put(kept, key, kept.get(key, 0) + count)
        for day in [day for day in kept if day[0] == org and day[1] < keep_since_ms - keep_since_ms % DAY_MS]:
            self._truth.remove(kept, day)

    def tally(self, org: OrgId, at_ms: int, counts: Mapping[Outcome, int], keep_since_ms: int) -> None:
        kept = self._truth.tallies
        for outcome, count in counts.items():
            key = (org, at_ms - at_ms % MINUTE_MS, outcome)
            self._truth.put(kept, key, kept.get(key, 0) + count)
        for key in [key for key in kept if key[0] == org and key[1] < keep_since_ms]:
            self._truth.remove(kept, key)

    def complain(self, org: OrgId, complaints: Sequence[Complaint], keep_since_ms: int) -> None:
        kept = self._truth.complaints
        for told in complaints:
            hour_at_ms = told.last_at_ms - told.last_at_ms % HOUR_MS
            if sum(key[:2] == (org, hour_at_ms) for key in kept) >= COMPLAINTS_MAX:
                told = msgspec.structs.replace(told, page="", name="")
            key = (org, hour_at_ms, kind_of(told))
            if key in kept:
                last_at_ms = max(told.last_at_ms, kept[key].last_at_ms)
                told = msgspec.structs.replace(told, last_at_ms=last_at_ms, count=kept[key].count + told.count)
            self._truth.put(kept, key, told)
        for key in [key for key in kept if key[0] == org and key[1] < keep_since_ms - keep_since_ms % HOUR_MS]:
            self._truth.remove(kept, key)

    def put_member(self, org: OrgId, member: Member) -> None:
        self._truth.put(self._truth.members, (org, member.name), member)

    def remove_member(self, org: OrgId, name: str) -> None:
        if (org, name) in self._truth.members:
            self._truth.remove(self._truth.members, (org, name))
        for digest in [a.digest for a in self.admissions(org) if a.member == name]:
            self.dismiss(digest)

    def admit(self, admission: Admission) -> None:
        for known in list(self._truth.admissions.values()):
            if known.expires_at_ms <= admission.made_at_ms:
                self.dismiss(known.digest)
        self._truth.put(self._truth.admissions, admission.digest, admission)

    def dismiss(self, digest: bytes) -> None:
        if digest in self._truth.admissions:
            self._truth.remove(self._truth.admissions, digest)

    def receipt(self, org: OrgId, page: PageId, first: int, last: int) -> Receipt | None:
        known = self._truth.receipts.get((org, page))
        if known is None:
            return None
        device, outcomes = known
        return Receipt(page, device, tuple((n, outcomes[n]) for n in sorted(outcomes) if first <= n <= last))

    def device_of_session(self, org: OrgId, session: SessionId) -> DeviceId | None:
        return next((piece.device for piece in self.pieces_of_session(org, session)), None)

    def pieces(self, org: OrgId, device: DeviceId, page: PageId | None = None) -> list[Piece]:
        return [piece for piece in self.pieces_of_device(org, device) if page in (None, piece.page)]

    def pieces_from(self, org: OrgId, mark: bytes, *, is_page: bool, since_ms: int = 0) -> list[tuple[Piece, Origin]]:
        origins = sorted((row, origin) for (owner, row), origin in self._truth.origins.items() if owner == org)
        return [
            (self._truth.pieces[org, row], origin)
            for row, origin in origins
            if mark == (origin.page if is_page else origin.device) and _is_since(self._truth.pieces[org, row], since_ms)
        ]

    def stored_after(self, org: OrgId, device: DeviceId, mark: bytes, row: int, limit: int) -> Iterator[Stored]:
        home: list[Stored] = [(piece, None) for piece in self.pieces_of_device(org, device)]
        stored = [*home, *self.pieces_from(org, mark, is_page=False)]
        yield from sorted((one for one in stored if one[0].row > row), key=lambda one: one[0].row)[:limit]

    def weight_of(
        self, org: OrgId, device: DeviceId, mark: bytes, limit: int, page: PageId | None = None, since_ms: int = 0
    ) -> int:
        home = self.pieces(org, device, page)
        away = [piece for piece, _ in self.pieces_from(org, mark, is_page=page is not None)]
        counted = [piece for piece in (*home, *away) if _is_since(piece, since_ms)]
        return min(limit, sum(len(piece.operations) + PIECE_WEIGHT for piece in counted))

    def pages_since(self, org: OrgId, device: DeviceId, since_ms: int, limit: int) -> list[PageId]:
        mine = self.pieces_of_device(org, device)
        return list(dict.fromkeys(piece.page for piece in mine if _is_since(piece, since_ms)))[:limit]

    def origins_since(self, org: OrgId, mark: bytes, since_ms: int, limit: int) -> list[tuple[Piece, Origin]]:
        found = self.pieces_from(org, mark, is_page=False, since_ms=since_ms)
        return list({origin.page: (piece, origin) for piece, origin in reversed(found)}.values())[:limit]

    def held_by(self, org: OrgId, mark: bytes, limit: int) -> list[DeviceId]:
        return sorted(device for (owner, device), by in self._truth.held.items() if (owner, by) == (org, mark))[:limit]

    def set_again(self, org: OrgId, pieces: Sequence[Piece]) -> None:
        """Nothing: what pieces set is worked out when it is asked for."""

    def bound_from(self, org: OrgId, mark: bytes) -> list[DeviceId]:
        devices = {piece.device for piece, _ in self.pieces_from(org, mark, is_page=False)}
        return sorted(device for device in devices if self.device(org, device).binding)

    def claims_around(
        self, org: OrgId, device: DeviceId, page: PageId, first: int, last: int, limit: int
    ) -> list[Claim]:
        found = _of_page(self._truth.claims.get((org, device), {}), page)
        behind = [n for n in found if n > last][:1]
        return [found[n] for n in [*_latest_and_on(found, first, last, is_first_before=False), *behind]][:limit]

    def ends_around(
        self, org: OrgId, device: DeviceId, page: PageId, first: int, last: int, limit: int
    ) -> list[Ending]:
        found = _of_page(self._truth.ends.get((org, device), {}), page)
        return [found[n] for n in _latest_and_on(found, first, last, is_first_before=True)][:limit]

    def ends_by_time(
        self, org: OrgId, device: DeviceId, lets_go: Sequence[str] | None, since_ms: int, limit: int
    ) -> list[Ending]:
        found = [
            end
            for end in self._truth.ends.get((org, device), {}).values()
            if end.instant.at >= since_ms and (lets_go is None or end.lets_go in lets_go)
        ]
        return sorted(found, key=lambda end: by_server_time(end.instant))[:limit]

    def claims_of(self, org: OrgId, device: DeviceId) -> Iterator[Claim]:
        yield from self._truth.claims.get((org, device), {}).values()

    def pieces_past(self, org: OrgId, device: DeviceId, instant: Instant) -> Iterator[Piece]:
        for piece in self.pieces_of_device(org, device):
            if any(not piece.instant(op).before(instant) for op in piece.operations):
                yield piece

    def apply(self, org: OrgId, effects: Sequence[Effect]) -> None:
        for effect in effects:
            self._apply(org, effect)

    def _apply(self, org: OrgId, effect: Effect) -> None:
        truth = self._truth
        match effect:
            case Bind(device=device, binding=binding):
                standing = self.device(org, device)
                if standing.binding is not None:
                    raise BindingViolation("ID-1: the device is bound already")
                truth.put(truth.devices, (org, device), msgspec.structs.replace(standing, binding=binding))
            case Close(device=device, seal=seal):
                sealed = msgspec.structs.replace(self.device(org, device), seal=seal)
                truth.put(truth.devices, (org, device), sealed)
            case Learn(device=device, claims=claims, ends=ends):
                told = {(claim.instant.page, claim.instant.n): claim for claim in claims}
                truth.put(truth.claims, (org, device), {**truth.claims.get((org, device), {}), **told})
                ended = {(end.instant.page, end.instant.n): end for end in ends}
                truth.put(truth.ends, (org, device), {**truth.ends.get((org, device), {}), **ended})
            case Sum(device=device, summary=summary):
                troubled = msgspec.structs.replace(self.device(org, device), summary=summary)
                truth.put(truth.devices, (org, device), troubled)
            case Meet(device=device, key=key):
                met = msgspec.structs.replace(self.device(org, device), key=key)
                truth.put(truth.devices, (org, device), met)
            case Hold(device=device, mark=mark):
                truth.put(truth.held, (org, device), mark)
            case Release(device=device):
                if (org, device) in truth.held:
                    truth.remove(truth.held, (org, device))
            case Keep(piece=piece, origin=origin):
                row = truth.next_row
                truth.next_row += 1
                truth.put(truth.pieces, (org, row), msgspec.structs.replace(piece, row=row))
                if origin is not None:
                    truth.put(truth.origins, (org, row), origin)
                rows = truth.sessions.get((org, piece.session), frozenset())
                truth.put(truth.sessions, (org, piece.session), rows | {row})
            case Drop(piece=piece):
                truth.remove(truth.pieces, (org, piece.row))
                if (org, piece.row) in truth.origins:
                    truth.remove(truth.origins, (org, piece.row))
                rows = truth.sessions[org, piece.session]
                truth.put(truth.sessions, (org, piece.session), rows - {piece.row})
            case Answer(receipt=receipt):
                _, outcomes = truth.receipts.get((org, receipt.page), (receipt.device, {}))
                merged = {**outcomes, **dict(receipt.outcomes)}
                truth.put(truth.receipts, (org, receipt.page), (receipt.device, merged))


_Fact = TypeVar("_Fact", Claim, Ending)


def _of_page(facts: Mapping[tuple[PageId, int], _Fact], page: PageId) -> dict[int, _Fact]:
    """The facts of a page by n, ascending."""
    return {n: facts[page, n] for n in sorted(n for found, n in facts if found == page)}


def _latest_and_on(numbers: Iterable[int], first: int, last: int, *, is_first_before: bool) -> list[int]:
    """The latest number before `first` (or not behind it), and all from there up to `last`."""
    found = list(numbers)
    latest = [n for n in found if (n < first if is_first_before else n <= first)][-1:]
    return [*latest, *(n for n in found if first <= n <= last and n not in latest)]
