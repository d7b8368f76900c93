"""Exporting: the rows of an export, read as they are wanted (AP-10).

Each chunk is a reading of its own, so that a slow download holds up nothing and memory stays flat. So does the
timekeeper's, which remembers a bounded number of sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, Final

from passerby.base.ids import DeviceId, OrgId, UserId
from passerby.model.bundle import Piece
from passerby.model.export import Export
from passerby.query.happened import Timekeeper
from passerby.query.seen import nested, seen
from passerby.query.users import shown_properties
from passerby.store.contract import Person, Reader
from passerby.store.people import devices_of, owner_of
from passerby.wire.instants import iso_text
from passerby.wire.nesting import shown_bytes

Row = dict[str, Any]
Read = Callable[[], AbstractContextManager[Reader]]
Turned = Callable[[Reader, DeviceId], bool]
"""Whether a device is one that is being erased."""

EVENT_FIELDS: Final = (
    "EventId", "IndvId", "UserId", "SessionId", "PageId", "UserAppKey", "UserDisplayName", "UserEmail", "SessionStart",
    "EventStart", "EventType", "EventCustomName", "EventProperties", "PageUrl",
)  # fmt: skip
INDIVIDUAL_FIELDS: Final = (
    "IndvId", "UserAppKey", "UserDisplayName", "UserEmail", "FirstSeen", "LastSeen", "UserProperties",
)  # fmt: skip
WILDCARDS: Final = ("user_*", "evt_*", "page_*")
PAGE_PIECES_MAX: Final = 200
PAGE_BYTES_MAX: Final = 1 << 17
"""A page of pieces ends behind the first that takes it over this, as JSON."""
_PEOPLE: Final = 200
_CHUNK_BYTES: Final = 1 << 16


def export_rows(read: Read, org: OrgId, export: Export, is_going: Turned) -> Iterator[Row]:
    """The rows, each with all its fields, in order of storing (events) or of id (individuals)."""
    rows = _event_rows if export.type == "TYPE_EVENT" else _individual_rows
    return rows(read, org, export, is_going)


def _event_rows(read: Read, org: OrgId, export: Export, is_going: Turned) -> Iterator[Row]:
    row, timekeeper = 0, Timekeeper(org)
    while True:
        with read() as reader:
            pieces = a_page_of(_between(reader, org, row, export.last_row))
            times = timekeeper.times_by_row(reader, pieces)
            rows = [found for one in pieces for found in _of_piece(reader, org, export, one, times[one.row], is_going)]
        yield from rows
        if not pieces:
            return
        row = pieces[-1].row


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


def _of_piece(
    reader: Reader, org: OrgId, export: Export, piece: Piece, times: Sequence[int], is_going: Turned
) -> Iterator[Row]:
    owner = owner_of(reader, org, piece.device)
    outside = export.segment == "identified" and (owner is None or owner.uid is None)
    if owner is None or outside or is_going(reader, piece.device):
        return
    session = reader.session(org, piece.session)
    session_start = iso_text(session.began_at_ms) if session else None
    user = _user_properties(reader, org, owner) if "user_*" in export.fields else {}
    for operation, at_ms in zip(piece.operations, times, strict=True):
        if export.since_ms <= at_ms < export.until_ms:
            event = seen(operation)
            yield {
                "EventId": f"{piece.page}:{operation.n}",
                "IndvId": owner.id,
                "UserId": piece.device,
                "SessionId": session.id if session else None,
                "PageId": piece.page,
                "UserAppKey": owner.uid,
                "UserDisplayName": owner.display_name,
                "UserEmail": owner.email,
                "SessionStart": session_start,
                "EventStart": iso_text(at_ms),
                "EventType": event.type,
                "EventCustomName": event.name,
                "EventProperties": event.properties,
                "PageUrl": event.url,
                "UserProperties": user,
            }


def _individual_rows(read: Read, org: OrgId, export: Export, is_going: Turned) -> Iterator[Row]:
    after: UserId | None = None
    while True:
        with read() as reader:
            people = reader.people_after(org, after, _PEOPLE)
            rows = [found for person in people for found in _of_person(reader, org, export, person, is_going)]
        yield from rows
        if not people:
            return
        after = people[-1].id


def _of_person(reader: Reader, org: OrgId, export: Export, person: Person, is_going: Turned) -> Iterator[Row]:
    outside = export.segment == "identified" and person.uid is None
    unseen = person.last_at_ms < export.since_ms or person.first_at_ms >= export.until_ms
    devices = [] if outside or unseen else devices_of(reader, org, person, None, 1)
    if devices and not is_going(reader, devices[0]):
        yield {
            "IndvId": person.id,
            "UserAppKey": person.uid,
            "UserDisplayName": person.display_name,
            "UserEmail": person.email,
            "FirstSeen": iso_text(person.first_at_ms),
            "LastSeen": iso_text(person.last_at_ms),
            "UserProperties": _user_properties(reader, org, person),
        }


def _user_properties(reader: Reader, org: OrgId, person: Person) -> Row:
    return nested([kept.property for kept in shown_properties(reader, org, person.id)])


def in_chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks of some size, so that none is sent by itself."""
    gathered = bytearray()
    for part in parts:
        gathered += part
        if len(gathered) >= _CHUNK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)


def shown(row: Row, fields: Sequence[str]) -> Row:
    """The columns of `row` that `fields` name: null for one it does not have, and the wildcards spread out (AP-10)."""
    found: Row = {}
    for name in fields:
        if name in WILDCARDS:
            of_page = row.get("EventType") == "page_properties"
            spread = row["UserProperties"] if name == "user_*" else row.get("EventProperties", {})
            wanted = name == "user_*" or (name == "page_*") == of_page
            found |= {f"{name[:-1]}{key}": value for key, value in spread.items()} if wanted else {}
        else:
            found[name] = row.get(name)
    return found
