"""Exporting: what an export tells, read as it is wanted (AP-10). The face gives it names and a form.

Each chunk is a reading of its own, so that a slow download holds up nothing and memory stays flat. So does the
timekeeper's, which remembers a bounded number of sessions.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, UserId
from passerby.model.bundle import Piece
from passerby.model.export import Export
from passerby.model.operation import Page
from passerby.model.properties import Property
from passerby.model.session import Session
from passerby.query.happened import Happening, PageSpan, Timekeeper
from passerby.query.users import shown_properties
from passerby.store.contract import Person, Reader
from passerby.store.people import devices_of, owner_of
from passerby.wire.nesting import shown_bytes

Read = Callable[[], AbstractContextManager[Reader]]
Turned = Callable[[Reader, DeviceId], bool]
"""Whether a device is one that is being erased."""

PAGE_PIECES_MAX: Final = 200
PAGE_BYTES_MAX: Final = 1 << 17
"""A page of pieces ends behind the first that takes it over this, as JSON."""
_PEOPLE: Final = 200
_USERS_AT_ONCE: Final = 16
"""Of so many users the properties are held at once, each about 1 MiB at most (AP-5)."""
_SESSIONS_COUNTED: Final = 10_000
_ADDRESSES_MAX: Final = 2000
"""Of so many pages it is remembered where they were."""
_CHUNK_BYTES: Final = 1 << 16
_BEFORE_ALL: Final = (-1, SessionId("00000000-0000-0000-0000-000000000000"))


class Wanted(msgspec.Struct, frozen=True):
    """What is looked up besides: properties of the user, when a device was first seen, a user's sessions."""

    properties: bool = False
    devices: bool = False
    sessions: bool = False


NOTHING_MORE: Final = Wanted()


class Around(msgspec.Struct, frozen=True):
    """What all events of a piece have in common: whose they are, their session, what its page did in it.

    There is no session and no page outside of any (AP-7). `user` are the user's properties and `device_at_ms` is when
    the device was first seen, if they are wanted.
    """

    owner: Person
    session: Session | None
    page: PageSpan | None
    user: tuple[Property, ...] = ()
    device_at_ms: int | None = None


class EventRow(msgspec.Struct, frozen=True):
    """An event, what is around it, and where its page was then; None where that is not known."""

    happening: Happening
    around: Around
    url: str | None


class IndividualRow(msgspec.Struct, frozen=True):
    """An individual, and what of it is wanted besides. `sessions` is None where there are too many to count."""

    person: Person
    user: tuple[Property, ...] = ()
    sessions: int | None = None
    last: Session | None = None


def export_events(
    read: Read, org: OrgId, export: Export, is_going: Turned, wanted: Wanted = NOTHING_MORE
) -> Iterator[EventRow]:
    """The events of an export, in order of storing."""
    row, timekeeper, addresses = 0, Timekeeper(org), _Addresses()
    while True:
        with read() as reader:
            pieces = a_page_of(_between(reader, org, row, export.last_row))
            told = timekeeper.told_by_row(reader, pieces)
            spans = [(piece, told[piece.row][1]) for piece in pieces]
            around = list(_Surroundings(reader, org, export, is_going, wanted).of(spans))
        if not pieces:
            return
        for piece, found in zip(pieces, around, strict=False):
            row = piece.row
            if found is not None:
                yield from _of_piece(export, piece, told[row][0], found, addresses.of(piece))


def a_page_of(pieces: Iterable[Piece]) -> list[Piece]:
    """As many of them as are worked on at once: a bundle may be large, or small and one of very many."""
    found: list[Piece] = []
    size = 0
    for piece in islice(pieces, PAGE_PIECES_MAX):
        found.append(piece)
        size += shown_bytes(piece.operations)
        if size > PAGE_BYTES_MAX:
            break
    return found


def _between(reader: Reader, org: OrgId, row: int, last: int) -> Iterator[Piece]:
    while (found := reader.pieces_after(org, row, 1)) and found[0].row <= last:
        yield found[0]
        row = found[0].row


class _Surroundings:
    """Finds what is around the events of pieces, in one reading. No more is held than of `_USERS_AT_ONCE` users."""

    def __init__(self, reader: Reader, org: OrgId, export: Export, is_going: Turned, wanted: Wanted) -> None:
        self._reader, self._org, self._export = reader, org, export
        self._is_going, self._wanted = is_going, wanted
        self._users: dict[UserId, tuple[Property, ...]] = {}

    def of(self, spans: Sequence[tuple[Piece, PageSpan | None]]) -> Iterator[Around | None]:
        """What is around each piece, until it is enough; None for a piece that is not the export's."""
        for piece, page in spans:
            owner = self._owner(piece)
            if owner is None:
                yield None
            elif len(self._users) >= _USERS_AT_ONCE and owner.id not in self._users:
                return
            else:
                yield self._around(piece, owner, page)

    def _owner(self, piece: Piece) -> Person | None:
        owner = owner_of(self._reader, self._org, piece.device)
        outside = self._export.segment == "identified" and (owner is None or owner.uid is None)
        return None if outside or self._is_going(self._reader, piece.device) else owner

    def _around(self, piece: Piece, owner: Person, page: PageSpan | None) -> Around:
        reader, org = self._reader, self._org
        if self._wanted.properties and owner.id not in self._users:
            self._users[owner.id] = _properties(reader, org, owner)
        first_ms = _first_seen_ms(reader, org, piece.device, owner) if self._wanted.devices else None
        return Around(owner, reader.session(org, piece.session), page, self._users.get(owner.id, ()), first_ms)


def _first_seen_ms(reader: Reader, org: OrgId, device: DeviceId, owner: Person) -> int | None:
    if owner.uid is None:
        return owner.first_at_ms
    first = reader.next_session(org, [device], _BEFORE_ALL)
    return first.began_at_ms if first else None


class _Addresses:
    """Where pages were, of those that were read last. Pieces come in order of storing, which may not be that of n."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[DeviceId, SessionId, PageId], tuple[int, str]] = OrderedDict()

    def of(self, piece: Piece) -> list[str | None]:
        """Where the page of a piece was at each of its operations; None where that is not known."""
        name = (piece.device, piece.session, piece.page)
        known = self._last.get(name)
        before = known if known is not None and known[0] < piece.operations[0].n else None
        found: list[str | None] = []
        for operation in piece.operations:
            before = (operation.n, operation.url) if isinstance(operation, Page) else before
            found.append(before[1] if before else None)
        last = max((one for one in (known, before) if one is not None), default=None)
        if last is not None:
            self._last[name] = last
            self._last.move_to_end(name)
        while len(self._last) > _ADDRESSES_MAX:
            self._last.popitem(last=False)
        return found


def _of_piece(
    export: Export, piece: Piece, times: Sequence[int], around: Around, urls: Sequence[str | None]
) -> Iterator[EventRow]:
    for operation, outcome, at_ms, url in zip(piece.operations, piece.outcomes, times, urls, strict=True):
        if export.has(at_ms) and export.segment_meets(*_scope(export, around, at_ms)):
            yield EventRow(Happening(piece, operation, outcome, at_ms), around, url)


def _scope(export: Export, around: Around, at_ms: int) -> tuple[int, int]:
    """From when to when that went on which must be in the segment's range for an event to be told."""
    match export.scope:
        case "SCOPE_PAGES" if around.page is not None:
            return around.page.first_ms, around.page.last_ms
        case "SCOPE_SESSIONS" if around.session is not None:
            return around.session.began_at_ms, around.session.active_at_ms
        case "SCOPE_INDIVIDUAL":
            return around.owner.first_at_ms, around.owner.last_at_ms
        case _:
            return at_ms, at_ms


def export_individuals(
    read: Read, org: OrgId, export: Export, is_going: Turned, wanted: Wanted = NOTHING_MORE
) -> Iterator[IndividualRow]:
    """The individuals of an export, in order of id."""
    after: UserId | None = None
    while True:
        with read() as reader:
            people = reader.people_after(org, after, _USERS_AT_ONCE if wanted.properties else _PEOPLE)
            rows = [
                _individual(reader, org, person, wanted)
                for person in people
                if _belongs(reader, org, export, person, is_going)
            ]
        yield from rows
        if not people:
            return
        after = people[-1].id


def _belongs(reader: Reader, org: OrgId, export: Export, person: Person, is_going: Turned) -> bool:
    outside = export.segment == "identified" and person.uid is None
    span = person.first_at_ms, person.last_at_ms
    if outside or not export.meets(*span) or not export.segment_meets(*span):
        return False
    devices = devices_of(reader, org, person, None, 1)
    return bool(devices) and not is_going(reader, devices[0])


def _individual(reader: Reader, org: OrgId, person: Person, wanted: Wanted) -> IndividualRow:
    properties = _properties(reader, org, person) if wanted.properties else ()
    if not wanted.sessions:
        return IndividualRow(person, properties)
    count = reader.count_sessions_of_user(org, person.id, _SESSIONS_COUNTED + 1)
    last = reader.sessions_of_user(org, person.id, None, 1)
    return IndividualRow(person, properties, count if count <= _SESSIONS_COUNTED else None, last[0] if last else None)


def _properties(reader: Reader, org: OrgId, person: Person) -> tuple[Property, ...]:
    return tuple(kept.property for kept in shown_properties(reader, org, person.id))


def in_chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks of some size, so that none is sent by itself."""
    gathered = bytearray()
    for part in parts:
        gathered += part
        if len(gathered) >= _CHUNK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)
