"""Sessions: of whom, and what happened in them."""

from __future__ import annotations

import msgspec

from passerby.base.errors import Refusal
from passerby.faces.api import shapes
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.query import cursor
from passerby.query.sessions import list_sessions, some_happenings
from passerby.query.why import EXPLAINED_MAX, why_session
from passerby.store.people import find_session, owner_of
from passerby.wire.instants import iso_text

LIMIT_DEFAULT = 20
LIMIT_MAX = 1000
EVENTS_DEFAULT = 500


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


class EventsQuery(msgspec.Struct, frozen=True):
    """Which part of a session: at most 1000 events, from where the token says."""

    limit: int = EVENTS_DEFAULT
    page_token: str | None = None


def session_events(call: Call) -> Answer:
    """What happened in a session, in order. The session is `device:session`."""
    org, limit = call.org.id, call.query.limit
    if not 1 <= limit <= LIMIT_MAX:
        raise Refusal("invalid_argument", f"limit is a number from 1 to {LIMIT_MAX}")
    start = max(0, cursor.read(call.query.page_token)[0]) if call.query.page_token else 0
    with call.desk.store.read() as reader:
        session = find_session(reader, org, call.path["session"])
        if session is None:
            raise Refusal("resource_not_found", "no such session")
        owner = owner_of(reader, org, session.device)
        found = some_happenings(reader, org, session.id, start, limit)
    end = start + len(found)
    token = cursor.written(end, session.id) if found and end < session.operations else None
    events = [shapes.happening_shape(happening, owner) for happening in found]
    return Answer(shapes.HappeningListShape(events=events, next_page_token=token))


class CitedShape(msgspec.Struct, frozen=True):
    """The operation that is a reason, and the SDK that reported it."""

    call: str
    view_id: str
    n: int
    time: str
    sdk: str


class ReasonShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is so, and the rule by which it is."""

    about: str
    statement: str
    rule: str
    operation: CitedShape | None = None


class WhyShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose a session is, and why."""

    device_id: str
    session_id: str
    reasons: list[ReasonShape]
    uid: str | None = None


def session_why(call: Call) -> Answer:
    """Why a session is whose it is, and why it begins and ends where it does (AT-5)."""
    org = call.org
    with call.desk.store.read() as reader:
        session = find_session(reader, org.id, call.path["session"])
        if session is None:
            raise Refusal("resource_not_found", "no such session")
        found = some_happenings(reader, org.id, session.id, 0, EXPLAINED_MAX)
        why = why_session(reader, org, session, found, call.now_ms)
    reasons = [
        ReasonShape(
            reason.about,
            reason.statement,
            reason.rule,
            CitedShape(cited.call, cited.page, cited.n, iso_text(cited.at_ms), cited.sdk)
            if (cited := reason.cited)
            else None,
        )
        for reason in why.reasons
    ]
    return Answer(WhyShape(why.device, why.session, reasons, why.uid))


ENDPOINTS = (
    Endpoint(
        "GET", "/sessions/v2", "read", all_sessions, shapes.SessionListShape, SessionsQuery, errors=("required_field",)
    ),
    Endpoint(
        "GET", "/v2/sessions/{session}/events", "read", session_events, shapes.HappeningListShape, EventsQuery,
        errors=("resource_not_found",),
    ),
    Endpoint("GET", "/v2/sessions/{session}/why", "read", session_why, WhyShape, errors=("resource_not_found",)),
)  # fmt: skip
