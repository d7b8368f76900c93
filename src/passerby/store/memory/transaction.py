"""Writing: one piece of work on the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from passerby.base.errors import BindingViolation
from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid
from passerby.base.units import HOUR_MS, MINUTE_MS
from passerby.model.bundle import Piece, Receipt
from passerby.model.device import Instant
from passerby.model.effect import Answer, Bind, Close, Divert, Drop, Effect, Keep
from passerby.model.member import Admission, Member
from passerby.model.org import Org
from passerby.model.outcome import Complaint, Outcome
from passerby.store.contract import (
    COMPLAINTS_MAX,
    Entry,
    Key,
    Removed,
)
from passerby.store.memory.reader import MemoryReader, kind_of


class MemoryTransaction(MemoryReader):
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

    def remove_device(self, org: OrgId, device: DeviceId) -> Removed:
        truth, pieces = self._truth, self.pieces(org, device)
        sessions = {shown.id for shown in self._sessions(org) if shown.device == device}
        properties = len(self.properties_of(org, [device]))
        self.apply(org, [Drop(piece) for piece in pieces])
        receipts = [key for key, (owner, _) in truth.receipts.items() if key[0] == org and owner == device]
        for place in receipts:
            truth.remove(truth.receipts, place)
        if (org, device) in truth.devices:
            truth.remove(truth.devices, (org, device))
        for digest in [one.digest for one in self.admissions(org) if one.session in sessions]:
            self.dismiss(digest)
        operations = sum(len(piece.operations) for piece in pieces)
        return Removed(len(pieces), operations, len(sessions), properties, len(receipts))

    def rename_in_gaps(self, org: OrgId, uid: Uid, name: Uid) -> list[DeviceId]:
        renamed = []
        for (owner, device), standing in list(self._truth.devices.items()):
            if owner == org and any(gap.uid == uid for gap in standing.gaps):
                gaps = tuple(msgspec.structs.replace(gap, uid=name) if gap.uid == uid else gap for gap in standing.gaps)
                self._truth.put(self._truth.devices, (org, device), msgspec.structs.replace(standing, gaps=gaps))
                renamed.append(device)
        return sorted(renamed)

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

    def pieces(self, org: OrgId, device: DeviceId) -> list[Piece]:
        return list(self.pieces_of_device(org, device))

    def pieces_past(self, org: OrgId, device: DeviceId, instant: Instant) -> list[Piece]:
        return [
            piece
            for piece in self.pieces_of_device(org, device)
            if any(not piece.instant(op).before(instant) for op in piece.operations)
        ]

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
            case Divert(device=device, gap=gap):
                standing = self.device(org, device)
                gapped = msgspec.structs.replace(standing, gaps=(*standing.gaps, gap))
                truth.put(truth.devices, (org, device), gapped)
            case Keep(piece=piece):
                row = truth.next_row
                truth.next_row += 1
                truth.put(truth.pieces, (org, row), msgspec.structs.replace(piece, row=row))
                rows = truth.sessions.get((org, piece.session), frozenset())
                truth.put(truth.sessions, (org, piece.session), rows | {row})
            case Drop(piece=piece):
                truth.remove(truth.pieces, (org, piece.row))
                rows = truth.sessions[org, piece.session]
                truth.put(truth.sessions, (org, piece.session), rows - {piece.row})
            case Answer(receipt=receipt):
                _, outcomes = truth.receipts.get((org, receipt.page), (receipt.device, {}))
                merged = {**outcomes, **dict(receipt.outcomes)}
                truth.put(truth.receipts, (org, receipt.page), (receipt.device, merged))
