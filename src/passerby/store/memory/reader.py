"""Reading: works out what serves reading whenever it is asked."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import chain, islice

import msgspec

from passerby.base.ids import DeviceId, OrgId, SessionId, Uid, UserId
from passerby.base.units import DAY_MS
from passerby.model.bundle import Piece
from passerby.model.device import Device, Instant
from passerby.model.member import Admission, Member
from passerby.model.org import Org
from passerby.model.outcome import Complaint, Tally
from passerby.model.properties import Scalar
from passerby.model.secret import Secret
from passerby.model.session import Session
from passerby.store import projection
from passerby.store.contract import (
    Entry,
    KeptProperty,
    Key,
    Lane,
    Person,
    PersonFilter,
    PieceMark,
    Place,
    Removed,
)
from passerby.store.memory.truth import Truth


class MemoryReader:
    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def orgs(self) -> list[OrgId]:
        return sorted(self._truth.orgs)

    def org(self, org: OrgId) -> Org | None:
        return self._truth.orgs.get(org)

    def secrets(self, org: OrgId) -> list[Secret]:
        found = [secret for (owner, _), secret in self._truth.secrets.items() if owner == org]
        return sorted(found, key=lambda secret: (-secret.made_at_ms, secret.id))

    def unsigned(self, org: OrgId, since_ms: int) -> int:
        since_ms -= since_ms % DAY_MS
        return sum(n for (owner, day), n in self._truth.unsigned.items() if owner == org and day >= since_ms)

    def key(self, digest: bytes) -> Key | None:
        return self._truth.keys.get(digest)

    def keys(self, org: OrgId) -> list[Key]:
        found = [key for key in self._truth.keys.values() if key.org == org]
        return sorted(found, key=lambda key: (key.made_at_ms, key.digest))

    def device(self, org: OrgId, device: DeviceId) -> Device:
        found = self._truth.devices.get((org, device)) or Device(device)
        is_held = self._is_held(org, device)
        return msgspec.structs.replace(found, binding=None if is_held else found.binding, is_held=is_held)

    def count_held(self, limit: int) -> int:
        return min(limit, len(self._truth.held))

    def count_held_of(self, org: OrgId, uid: Uid, limit: int) -> int:
        return min(limit, sum(self._is_held(org, device) for device in self._bound_to(org, uid)))

    def held_mark(self, org: OrgId, device: DeviceId) -> bytes | None:
        return self._truth.held.get((org, device))

    def device_of_user(self, org: OrgId, user: UserId) -> DeviceId | None:
        secret = self._truth.orgs[org].secret if org in self._truth.orgs else b""
        for device in {piece.device for (owner, _), piece in self._truth.pieces.items() if owner == org}:
            found = self._truth.devices.get((org, device))
            binding = found.binding if found else None
            if user == (projection.user_id(secret, binding.uid) if binding else device):
                return device
        return None

    def _is_held(self, org: OrgId, device: DeviceId) -> bool:
        return (org, device) in self._truth.held

    def has_device(self, org: OrgId, device: DeviceId) -> bool:
        return any(True for _ in self.pieces_of_device(org, device))

    def devices_of(
        self, org: OrgId, uid: Uid, after: DeviceId | None = None, limit: int | None = None
    ) -> list[DeviceId]:
        found = [device for device in self._bound_to(org, uid) if not self._is_held(org, device)]
        return [device for device in found if after is None or device > after][:limit]

    def _bound_to(self, org: OrgId, uid: Uid) -> list[DeviceId]:
        bound = self._truth.devices.items()
        return sorted(key for (owner, key), d in bound if owner == org and d.binding and d.binding.uid == uid)

    def count_devices(self, org: OrgId, uid: Uid) -> int:
        return len(self.devices_of(org, uid))

    def _devices_of_user(self, org: OrgId, user: UserId) -> list[DeviceId]:
        secret = self._truth.orgs[org].secret if org in self._truth.orgs else b""
        known = self._truth.devices.items()
        uids = {d.binding.uid for (owner, _), d in known if owner == org and d.binding}
        theirs = [uid for uid in uids if projection.user_id(secret, uid) == user]
        itself = self._truth.devices.get((org, DeviceId(user)))
        anonymous = [DeviceId(user)] if itself is None or itself.binding is None else []
        found = [device for uid in theirs for device in self._bound_to(org, uid)] or anonymous
        return [device for device in found if not self._is_held(org, device)]

    def people(self, org: OrgId, wanted: PersonFilter, after: tuple[int, UserId] | None, limit: int) -> list[Person]:
        found = sorted((p for p in self._people(org) if self._is_wanted(org, p, wanted)), key=_recency)
        if after is not None:
            found = [p for p in found if _recency(p) > (-after[0], after[1])]
        return found[:limit]

    def people_after(self, org: OrgId, user: UserId | None, limit: int) -> list[Person]:
        found = sorted(self._people(org), key=lambda person: person.id)
        return [person for person in found if user is None or person.id > user][:limit]

    def count_people(self, org: OrgId, wanted: PersonFilter) -> int:
        return sum(self._is_wanted(org, person, wanted) for person in self._people(org))

    def person(self, org: OrgId, user: UserId) -> Person | None:
        return next((person for person in self._people(org) if person.id == user), None)

    def _is_wanted(self, org: OrgId, person: Person, wanted: PersonFilter) -> bool:
        return (
            wanted.uid in (None, person.uid)
            and wanted.email in (None, person.email)
            and wanted.display_name in (None, person.display_name)
            and wanted.identified in (None, person.uid is not None)
            and (wanted.prefix is None or _begins(person, wanted.prefix))
            and (wanted.having is None or self._has(org, person, *wanted.having))
        )

    def _has(self, org: OrgId, person: Person, name: str, fitting: Sequence[Scalar]) -> bool:
        devices = self._devices_of_user(org, person.id)
        wanted = {msgspec.json.encode(value) for value in fitting}
        found = (kept.property for kept in self.properties_of(org, devices))
        return any(kept.name == name and msgspec.json.encode(kept.value) in wanted for kept in found)

    def _people(self, org: OrgId) -> Iterator[Person]:
        secret = self._truth.orgs[org].secret if org in self._truth.orgs else b""
        groups: dict[tuple[UserId, Uid | None], list[DeviceId]] = {}
        for device in {p.device for (owner, _), p in self._truth.pieces.items() if owner == org}:
            if self._is_held(org, device):
                continue
            binding = self.device(org, device).binding
            uid = binding.uid if binding else None
            key = (projection.user_id(secret, uid) if uid else UserId(device), uid)
            groups.setdefault(key, []).append(device)
        for (user, uid), devices in groups.items():
            sessions = [shown for shown in self._parts(org) if shown.device in devices]
            named = {kept.property.name: kept.property.value for kept in self.properties_of(org, devices)}
            name, email = named.get("displayName"), named.get("email")
            yield Person(
                user,
                uid,
                name if isinstance(name, str) else None,
                email if isinstance(email, str) else None,
                min(session.began_at_ms for session in sessions),
                max(session.active_at_ms for session in sessions),
            )

    def _sessions(self, org: OrgId) -> list[Session]:
        return [shown for shown in self._parts(org) if shown.id != str(shown.device)]

    def _parts(self, org: OrgId) -> list[Session]:
        """The sessions, and of each device what it did outside of any (AP-7)."""
        shown: dict[SessionId, Session] = {}
        for (owner, _), piece in self._truth.pieces.items():
            if owner == org:
                part = projection.session_of(piece)
                known = shown.get(piece.session)
                shown[piece.session] = projection.joined(known, part) if known else part
        return list(shown.values())

    def sessions_of(
        self, org: OrgId, devices: Sequence[DeviceId], after: tuple[int, SessionId] | None, limit: int
    ) -> list[Session]:
        found = sorted((s for s in self._sessions(org) if s.device in set(devices)), key=_beginning)
        if after is not None:
            found = [s for s in found if _beginning(s) > (-after[0], after[1])]
        return found[:limit]

    def sessions_of_user(
        self, org: OrgId, user: UserId, after: tuple[int, SessionId] | None, limit: int
    ) -> list[Session]:
        return self.sessions_of(org, self._devices_of_user(org, user), after, limit)

    def active_sessions_of_user(self, org: OrgId, user: UserId) -> Iterator[Session]:
        devices = set(self._devices_of_user(org, user))
        yield from sorted((s for s in self._parts(org) if s.device in devices), key=_activity)

    def count_sessions_of_user(self, org: OrgId, user: UserId, limit: int) -> int:
        return len(self.sessions_of_user(org, user, None, limit))

    def recent_sessions(self, org: OrgId, limit: int) -> list[Session]:
        return sorted(self._sessions(org), key=_activity)[:limit]

    def session(self, org: OrgId, session: SessionId) -> Session | None:
        found = self.pieces_of_session(org, session)
        parts = [projection.session_of(piece) for piece in found if piece.device != str(session)]
        return reduce(projection.joined, parts) if parts else None

    def pieces_of_session(self, org: OrgId, session: SessionId) -> Iterator[Piece]:
        mine = (self._truth.pieces[org, row] for row in self._truth.sessions.get((org, session), ()))
        yield from sorted(mine, key=lambda piece: (min(op.at for op in piece.operations), piece.row))

    def marks_of_session(
        self, org: OrgId, session: SessionId, limit: int, behind: Place | None = None
    ) -> list[PieceMark]:
        marks = map(_mark, self.pieces_of_session(org, session))
        return list(islice((mark for mark in marks if behind is None or _place(mark) > behind), limit))

    def last_marks_of_session(self, org: OrgId, session: SessionId, limit: int) -> list[PieceMark]:
        return list(islice(reversed(list(map(_mark, self.pieces_of_session(org, session)))), limit))

    def weight_of_session(
        self, org: OrgId, session: SessionId, limit: int, behind: Place | None = None
    ) -> tuple[int, Place] | None:
        marks = self.marks_of_session(org, session, limit, behind)
        return (sum(mark.operations for mark in marks), _place(marks[-1])) if marks else None

    def pieces_of_rows(self, org: OrgId, numbers: Sequence[int]) -> list[Piece]:
        return [self._truth.pieces[org, row] for row in numbers if (org, row) in self._truth.pieces]

    def pieces_of_device(self, org: OrgId, device: DeviceId) -> Iterator[Piece]:
        mine = (p for (owner, _), p in self._truth.pieces.items() if owner == org and p.device == device)
        yield from sorted(mine, key=lambda piece: piece.row)

    def sizes_of_rows(self, org: OrgId, numbers: Sequence[int]) -> list[int]:
        found = (self._truth.pieces.get((org, row)) for row in numbers)
        return [len(msgspec.json.encode(piece.operations)) if piece else 0 for piece in found]

    def rows_of_device(self, org: OrgId, device: DeviceId, after: int, limit: int) -> list[int]:
        return [piece.row for piece in self.pieces_of_device(org, device) if piece.row > after][:limit]

    def kept_of(self, org: OrgId, device: DeviceId) -> Removed:
        pieces = list(self.pieces_of_device(org, device))
        operations = sum(len(piece.operations) for piece in pieces)
        sessions = {piece.session for piece in pieces if piece.session != str(device)}
        return Removed(len(pieces), operations, len(sessions), len(self.properties_of(org, [device])))

    def properties_of(self, org: OrgId, devices: Sequence[DeviceId]) -> list[KeptProperty]:
        found: list[KeptProperty] = []
        for device in devices:
            set_here = chain.from_iterable(map(projection.user_properties, self.pieces_of_device(org, device)))
            found += projection.standing(set_here).values()
        last = projection.standing(found)
        return [last[name] for name in sorted(last)]

    def properties_of_user(
        self, org: OrgId, user: UserId, after: str = "", limit: int | None = None
    ) -> list[KeptProperty]:
        found = self.properties_of(org, self._devices_of_user(org, user))
        return [kept for kept in found if kept.property.name > after][:limit]

    def next_session(self, org: OrgId, devices: Sequence[DeviceId], before: tuple[int, SessionId]) -> Session | None:
        later = [s for s in self._sessions(org) if s.device in set(devices)]
        return max((s for s in later if _beginning(s) < (-before[0], before[1])), key=_beginning, default=None)

    def next_session_of_user(self, org: OrgId, user: UserId, before: tuple[int, SessionId]) -> Session | None:
        return self.next_session(org, self._devices_of_user(org, user), before)

    def count_sessions(self, org: OrgId) -> int:
        return len(self._sessions(org))

    def piece_of(self, org: OrgId, device: DeviceId, instant: Instant) -> Piece | None:
        mine = (piece for piece in self.pieces_of_device(org, device) if piece.page == instant.page)
        return next((piece for piece in mine if any(op.n == instant.n for op in piece.operations)), None)

    def pieces_after(self, org: OrgId, row: int, limit: int) -> list[Piece]:
        found = [piece for (owner, number), piece in self._truth.pieces.items() if owner == org and number > row]
        return sorted(found, key=lambda piece: piece.row)[:limit]

    def last_row(self, org: OrgId) -> int:
        return max((number for owner, number in self._truth.pieces if owner == org), default=0)

    def tallies(self, org: OrgId, since_ms: int) -> list[Tally]:
        found = [Tally(at, outcome, n) for (owner, at, outcome), n in self._truth.tallies.items() if owner == org]
        found.sort(key=lambda tally: (tally.minute_at_ms, tally.outcome.value))
        return [tally for tally in found if tally.minute_at_ms >= since_ms]

    def complaints(self, org: OrgId, since_ms: int) -> list[Complaint]:
        found = [told for (owner, _, _), told in self._truth.complaints.items() if owner == org]
        found.sort(key=lambda told: (-told.last_at_ms, kind_of(told)))
        return [told for told in found if told.last_at_ms >= since_ms]

    def members(self, org: OrgId) -> list[Member]:
        return [self._truth.members[key] for key in sorted(self._truth.members) if key[0] == org]

    def member(self, org: OrgId, name: str) -> Member | None:
        return self._truth.members.get((org, name))

    def admission(self, digest: bytes) -> Admission | None:
        return self._truth.admissions.get(digest)

    def admissions(self, org: OrgId) -> list[Admission]:
        found = [admission for admission in self._truth.admissions.values() if admission.org == org]
        return sorted(found, key=lambda admission: (-admission.made_at_ms, admission.digest))

    def latest_pieces(self, org: OrgId, device: DeviceId) -> Iterator[Piece]:
        yield from sorted(
            self.pieces_of_device(org, device), key=lambda piece: (-max(op.at for op in piece.operations), -piece.row)
        )

    def sessions_active(
        self, org: OrgId, after: tuple[int, SessionId | None], until_ms: int, limit: int
    ) -> list[Session]:
        after_ms, last = after
        behind = (after_ms + 1, "") if last is None else (after_ms, last)
        found = [shown for shown in self._sessions(org) if shown.active_at_ms <= until_ms]
        found = [shown for shown in found if (shown.active_at_ms, shown.id) > behind]
        return sorted(found, key=lambda shown: (shown.active_at_ms, shown.id))[:limit]

    def entry(self, org: OrgId, kind: str, name: str) -> Entry | None:
        return self._truth.entries.get((org, kind, name))

    def entries(self, org: OrgId, kind: str, prefix: str, after: str, limit: int) -> list[Entry]:
        found = [entry for (owner, _, _), entry in self._truth.entries.items() if owner == org and entry.kind == kind]
        found = [entry for entry in found if entry.id.startswith(prefix) and entry.id > after]
        return sorted(found, key=lambda entry: entry.id)[:limit]

    def due_entries(self, kinds: Sequence[str], until_ms: int, limit: int) -> list[tuple[OrgId, Entry]]:
        found = [(org, entry) for (org, kind, _), entry in self._truth.entries.items() if kind in kinds]
        due = [(org, entry) for org, entry in found if entry.due_at_ms is not None and entry.due_at_ms <= until_ms]
        return sorted(due, key=lambda pair: (pair[1].due_at_ms or 0, pair[1].id))[:limit]

    def lanes(self, kinds: Sequence[str]) -> list[Lane]:
        first: dict[tuple[str, OrgId, str], int] = {}
        for (org, kind, _), entry in self._truth.entries.items():
            if kind in kinds and entry.due_at_ms is not None:
                key = (kind, org, entry.lane)
                first[key] = min(entry.due_at_ms, first.get(key, entry.due_at_ms))
        return [Lane(org, kind, name, first[kind, org, name]) for kind, org, name in sorted(first)]

    def due_in(self, lane: Lane, until_ms: int, limit: int) -> list[Entry]:
        found = [
            (entry.due_at_ms, entry.id, entry)
            for (org, kind, _), entry in self._truth.entries.items()
            if entry.due_at_ms is not None and entry.due_at_ms <= until_ms
            if (org, kind, entry.lane) == (lane.org, lane.kind, lane.name)
        ]
        return [entry for _, _, entry in heapq.nsmallest(limit, found, key=lambda one: one[:2])]


def _mark(piece: Piece) -> PieceMark:
    instants = [op.at for op in piece.operations]
    first_n, last_n = piece.operations[0].n, piece.operations[-1].n
    shown = (min(instants), max(instants), len(instants))
    return PieceMark(piece.row, piece.page, first_n, last_n, piece.offset_ms, *shown)


def _place(mark: PieceMark) -> Place:
    return (mark.earliest_ms, mark.row)


def _begins(person: Person, prefix: str) -> bool:
    searched = (text.encode().lower() for text in (person.uid, person.email, person.display_name) if text)
    return any(text.startswith(prefix.encode().lower()) for text in searched)


def kind_of(told: Complaint) -> tuple[str, ...]:
    """What makes two complaints of an hour the same."""
    return (told.code, told.call, told.page, told.sdk, told.name)


def _recency(person: Person) -> tuple[int, str]:
    return (-person.last_at_ms, person.id)


def _activity(session: Session) -> tuple[int, str]:
    return (-session.active_at_ms, session.id)


def _beginning(session: Session) -> tuple[int, str]:
    return (-session.began_at_ms, session.id)
