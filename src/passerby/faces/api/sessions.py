"""Sessions: of whom, and what happened in them."""

from __future__ import annotations

import msgspec

from passerby.base.errors import Refusal
from passerby.faces.api import shapes
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.query.sessions import happenings, list_sessions
from passerby.store.people import find_session, owner_of

LIMIT_DEFAULT = 20
LIMIT_MAX = 1000


class SessionsQuery(msgspec.Struct, frozen=True):
    """Whose sessions: of the uid, of all users with the e-mail, or of both together."""

    uid: str | None = None
    email: str | None = None
    limit: int = LIMIT_DEFAULT
    pagination_token: str | None = None


def all_sessions(call: Call) -> Answer:
    """List sessions, the latest begun first."""
    asked: SessionsQuery = call.query
    if not asked.uid and not asked.email:
        raise Refusal("required_field", "give uid, email or both")
    if not 1 <= asked.limit <= LIMIT_MAX:
        raise Refusal("invalid_argument", f"limit is a number from 1 to {LIMIT_MAX}")
    org = call.org
    with call.desk.store.read() as reader:
        page = list_sessions(reader, org.id, asked.uid, asked.email, asked.pagination_token, asked.limit)
        owners = {session.device: owner_of(reader, org.id, session.device) for session in page.sessions}
    settings, now_ms = org.settings, call.now_ms
    shown = [
        shapes.session_shape(
            session, owner.id, session.ending(now_ms, settings.idle_ms, settings.age_ms), call.base, org.id
        )
        for session in page.sessions
        if (owner := owners[session.device]) is not None
    ]
    return Answer(shapes.SessionListShape(sessions=shown, pagination_token=page.next_page_token))


def session_events(call: Call) -> Answer:
    """What happened in a session, in order. The session is `device:session`."""
    org = call.org.id
    with call.desk.store.read() as reader:
        session = find_session(reader, org, call.path["session"])
        if session is None:
            raise Refusal("resource_not_found", "no such session")
        owner = owner_of(reader, org, session.device)
        uid = owner.uid if owner else None
        events = [shapes.happening_shape(found, uid) for found in happenings(reader, org, session.id)]
    return Answer(shapes.HappeningListShape(events=events))


ENDPOINTS = (
    Endpoint(
        "GET", "/sessions/v2", "read", all_sessions, shapes.SessionListShape, SessionsQuery, errors=("required_field",)
    ),
    Endpoint(
        "GET", "/v2/sessions/{session}/events", "read", session_events, shapes.HappeningListShape,
        errors=("resource_not_found",),
    ),
)  # fmt: skip
