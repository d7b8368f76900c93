"""All that a store shows, as one value, so that two stores, or one before and after, can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from passerby.base.ids import DeviceId, OrgId, SessionId, Uid, UserId
from passerby.model.bundle import Piece
from passerby.model.session import Session
from passerby.store.contract import KeptProperty, PersonFilter, PieceMark, Reader, Store

_FILTERS = (
    PersonFilter(),
    PersonFilter(identified=True),
    PersonFilter(identified=False),
    PersonFilter(uid="ann"),
    PersonFilter(email="a"),
    PersonFilter(display_name="b"),
    PersonFilter(prefix="A"),
    PersonFilter(having=("plan", ("a", "b"))),
)


def view(store: Store, org: OrgId) -> dict[str, Any]:
    """What its readers answer, without the names of rows."""
    with store.read() as reader:
        return dict(_shown(reader, org))


def _shown(reader: Reader, org: OrgId) -> Iterator[tuple[str, Any]]:
    pieces = reader.pieces_after(org, 0, 100_000)
    devices = sorted({piece.device for piece in pieces})
    sessions = sorted({piece.session for piece in pieces})
    yield "pieces", [_plain(piece) for piece in pieces]
    yield "devices", [reader.device(org, device) for device in devices]
    yield "owned", {uid: reader.devices_of(org, Uid(uid)) for uid in ("ann", "bob", "cy", "nobody")}
    yield "held", [reader.count_held_of(org, Uid(uid), 9) for uid in ("ann", "bob", "cy", "nobody")]
    yield "people", [_pages(reader, org, wanted) for wanted in _FILTERS]
    yield "counted", [reader.count_people(org, wanted) for wanted in _FILTERS]
    yield "persons", [reader.person(org, person.id) for person in reader.people(org, PersonFilter(), None, 1000)]
    yield "sessions", [reader.session(org, session) for session in sessions]
    yield "session count", reader.count_sessions(org)
    yield "recent", reader.recent_sessions(org, 1000)
    yield "sessions of all", _session_pages(reader, org, devices)
    yield "pieces of sessions", [list(map(_plain, reader.pieces_of_session(org, name))) for name in sessions]
    yield "pieces of devices", [list(map(_plain, reader.pieces_of_device(org, name))) for name in devices]
    yield "parts of devices", [_device_parts(reader, org, name) for name in devices]
    yield "parts of sessions", [_session_parts(reader, org, name) for name in sessions]
    yield "properties", [reader.properties_of(org, [device]) for device in devices]
    yield "all properties", reader.properties_of(org, devices)
    yield (
        "next",
        [
            reader.next_session(org, devices, (found.began_at_ms, found.id))
            for found in reader.recent_sessions(org, 1000)
        ],
    )
    yield "of people", [_of_person(reader, org, person.id) for person in reader.people(org, PersonFilter(), None, 1000)]
    yield "devices of people", {uid: _device_pages(reader, org, Uid(uid)) for uid in ("ann", "bob", "cy")}
    yield "tallies", reader.tallies(org, 0)
    yield "complaints", reader.complaints(org, 0)
    yield "secrets", reader.secrets(org)
    yield "unsigned", reader.unsigned(org, 0)


def _of_person(reader: Reader, org: OrgId, user: UserId) -> list[Any]:
    """All that is asked by person; sessions two at a time."""
    sessions: list[Session] = []
    while page := reader.sessions_of_user(
        org, user, (sessions[-1].began_at_ms, sessions[-1].id) if sessions else None, 2
    ):
        sessions += page
    later = [reader.next_session_of_user(org, user, (found.began_at_ms, found.id)) for found in sessions]
    counted = [reader.count_sessions_of_user(org, user, limit) for limit in (1, 1000)]
    active = list(reader.active_sessions_of_user(org, user))
    properties: list[KeptProperty] = []
    while some := reader.properties_of_user(org, user, properties[-1].property.name if properties else "", 2):
        properties += some
    assert properties == reader.properties_of_user(org, user)
    return [sessions, later, counted, active, properties]


def _device_parts(reader: Reader, org: OrgId, device: DeviceId) -> list[Any]:
    """How much there is of a device, and its pieces by rows, two at a time."""
    found: list[int] = []
    while some := reader.rows_of_device(org, device, found[-1] if found else 0, 2):
        found += some
    pieces = [_plain(piece) for piece in reader.pieces_of_rows(org, found)]
    assert pieces == list(map(_plain, reader.pieces_of_device(org, device)))
    kept = reader.kept_of(org, device)
    assert (kept.pieces, kept.operations) == (len(pieces), sum(len(piece.operations) for piece in pieces))
    return [kept, pieces]


def _session_parts(reader: Reader, org: OrgId, session: SessionId) -> list[Any]:
    """The marks of a session, two at a time and from the end, and what they weigh."""
    found: list[PieceMark] = []
    weights: list[int] = []
    behind: tuple[int, int] | None = None
    while weight := reader.weight_of_session(org, session, 2, behind):
        part = reader.marks_of_session(org, session, 2, behind)
        operations, behind = weight
        assert operations == sum(mark.operations for mark in part)
        assert behind == (part[-1].earliest_ms, part[-1].row)
        found += part
        weights.append(operations)
    assert found == reader.marks_of_session(org, session, 1000)
    assert found == reader.last_marks_of_session(org, session, 1000)[::-1]
    assert found[-1:] == reader.last_marks_of_session(org, session, 1)
    return [weights, [msgspec.structs.replace(mark, row=0) for mark in found]]


def _device_pages(reader: Reader, org: OrgId, uid: Uid) -> list[Any]:
    found: list[Any] = [reader.count_devices(org, uid)]
    after: DeviceId | None = None
    while page := reader.devices_of(org, uid, after, 1):
        found += page
        after = page[-1]
    return found


def _plain(piece: Piece) -> Piece:
    return msgspec.structs.replace(piece, row=0)


def _pages(reader: Reader, org: OrgId, wanted: PersonFilter) -> list[Any]:
    """The whole list, read two at a time as a client with a cursor reads it."""
    found: list[Any] = []
    while page := reader.people(org, wanted, (found[-1].last_at_ms, found[-1].id) if found else None, 2):
        found += page
    return found


def _session_pages(reader: Reader, org: OrgId, devices: list[DeviceId]) -> list[Any]:
    found: list[Any] = []
    after: tuple[int, SessionId] | None = None
    while page := reader.sessions_of(org, devices, after, 2):
        found += page
        after = (page[-1].began_at_ms, page[-1].id)
    return found
