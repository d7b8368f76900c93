"""Sessions: whose, from when to when, and what happened in them."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappush, heappushpop

import msgspec

from passerby.base.ids import DeviceId, OrgId, SessionId, Uid
from passerby.model.bundle import Piece
from passerby.model.device import SAME_CLOCK_MS
from passerby.model.session import Session
from passerby.query import cursor
from passerby.query.happened import Happening, in_order
from passerby.store.contract import PersonFilter, Reader


class SessionPage(msgspec.Struct, frozen=True):
    """Some sessions of a list, and the cursor of the next page if there is one."""

    sessions: list[Session]
    next_page_token: str | None


def list_sessions(
    reader: Reader, org: OrgId, uid: str | None, email: str | None, page_token: str | None, limit: int
) -> SessionPage:
    """The sessions of these users together, the latest begun first (the union when both are given)."""
    after = None
    if page_token:
        at_ms, name = cursor.read(page_token)
        after = (at_ms, SessionId(name))
    uids: set[str] = {uid} if uid else set()
    if email:
        same = PersonFilter(email=email, identified=True)
        uids |= {person.uid for person in reader.people(org, same, None, 1000) if person.uid}
    devices = [device for name in sorted(uids) for device in reader.devices_of(org, Uid(name))]
    found = reader.sessions_of(org, devices, after, limit + 1)
    shown = found[:limit]
    token = cursor.written(shown[-1].began_at_ms, shown[-1].id) if len(found) > limit else None
    return SessionPage(shown, token)


def happenings(reader: Reader, org: OrgId, session: SessionId) -> list[Happening]:
    """What happened in a session, in the order in which it was made."""
    return in_order(reader, org, list(reader.pieces_of_session(org, session)))


def latest_happenings(reader: Reader, org: OrgId, devices: Sequence[DeviceId], limit: int) -> list[Happening]:
    """The last things that happened on these devices, the latest first.

    Reads no more pieces than it needs, but the sessions that these are of to the end, since they tell the time (AT-8).
    """
    pieces: list[Piece] = []
    latest: list[int] = []
    for piece in reader.latest_pieces(org, devices):
        if len(latest) == limit and max(op.at for op in piece.operations) < latest[0] - SAME_CLOCK_MS:
            break
        pieces.append(piece)
        for operation in piece.operations:
            if len(latest) < limit:
                heappush(latest, operation.at)
            else:
                heappushpop(latest, operation.at)
    outside = [piece for piece in pieces if str(piece.session) == piece.device]
    sessions = {piece.session for piece in pieces if str(piece.session) != piece.device}
    within = [piece for session in sessions for piece in reader.pieces_of_session(org, session)]
    return in_order(reader, org, within + outside)[: -limit - 1 : -1]
