"""Sessions: whose, from when to when, and what happened in them."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappush, heappushpop, merge
from itertools import islice

import msgspec

from passerby.base.ids import OrgId, SessionId, Uid, UserId
from passerby.model.bundle import Piece
from passerby.model.device import SAME_CLOCK_MS
from passerby.model.session import Session
from passerby.query import cursor
from passerby.query.happened import Happening, in_order
from passerby.store.contract import PersonFilter, Reader
from passerby.store.projection import user_id


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
    known = reader.org(org)
    users = [user_id(known.secret, Uid(name)) for name in sorted(uids)] if known else []
    lists = [reader.sessions_of_user(org, user, after, limit + 1) for user in users]
    found = list(islice(merge(*lists, key=lambda session: (-session.began_at_ms, session.id)), limit + 1))
    shown = found[:limit]
    token = cursor.written(shown[-1].began_at_ms, shown[-1].id) if len(found) > limit else None
    return SessionPage(shown, token)


def happenings(reader: Reader, org: OrgId, session: SessionId) -> list[Happening]:
    """What happened in a session, in the order in which it was made."""
    return in_order(reader, org, list(reader.pieces_of_session(org, session)))


def latest_happenings(reader: Reader, org: OrgId, user: UserId, limit: int) -> list[Happening]:
    """The last things that a person did, the latest first.

    Reads no more sessions than it needs, but these to the end, since they tell the time (AT-8).
    """
    pieces: list[Piece] = []
    latest: list[int] = []
    for session in reader.active_sessions_of_user(org, user):
        if len(latest) == limit and session.active_at_ms < latest[0] - SAME_CLOCK_MS:
            break
        for piece in _pieces_of(reader, org, session, latest, limit):
            pieces.append(piece)
            for operation in piece.operations:
                if len(latest) < limit:
                    heappush(latest, operation.at)
                else:
                    heappushpop(latest, operation.at)
    return in_order(reader, org, pieces)[: -limit - 1 : -1]


def _pieces_of(reader: Reader, org: OrgId, session: Session, latest: list[int], limit: int) -> Iterator[Piece]:
    """The pieces of a session; outside of any (AP-7) each tells its own time, and only the last are needed."""
    if str(session.id) != session.device:
        yield from reader.pieces_of_session(org, session.id)
        return
    for piece in reader.latest_pieces(org, session.device):
        if str(piece.session) != piece.device:
            continue
        if len(latest) == limit and max(op.at for op in piece.operations) < latest[0] - SAME_CLOCK_MS:
            return
        yield piece
