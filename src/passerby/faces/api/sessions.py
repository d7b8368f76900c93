"""Sessions: of whom, and what happened in them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from passerby.base.errors import Refusal, Unfinished
from passerby.faces.api import shapes
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.ingest.erasing import is_erased_device
from passerby.model.session import Session
from passerby.query import cursor
from passerby.query.happened import Happening
from passerby.query.sessions import list_sessions, some_happenings
from passerby.query.why import EXPLAINED_MAX, why_session
from passerby.store.contract import Person
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
        shown = [session for session in page.sessions if owner_of(reader, org.id, session.device) is not None]
    settings, now_ms = org.settings, call.now_ms
    listed = [
        shapes.session_shape(session, session.ending(now_ms, settings.idle_ms, settings.age_ms), call.base, org.id)
        for session in shown
    ]
    return Answer(shapes.SessionListShape(sessions=listed, pagination_token=page.next_page_token))


class EventsQuery(msgspec.Struct, frozen=True):
    """Which part of a session: all of it, or where one of these is given at most 1000 events, from the token on."""

    limit: int | None = None
    page_token: str | None = None


def session_events(call: Call) -> Answer:
    """What happened in a session, in order. It is named by `userId:sessionId`, or by its URL (AP-17)."""
    org, asked = call.org.id, call.query
    limit = EVENTS_DEFAULT if asked.limit is None else asked.limit
    if not 1 <= limit <= LIMIT_MAX:
        raise Refusal("invalid_argument", f"limit is a number from 1 to {LIMIT_MAX}")
    start = max(0, cursor.read(asked.page_token)[0]) if asked.page_token else 0
    with call.desk.store.read() as reader:
        session = find_session(reader, org, call.path["session"])
        if session is None:
            raise Refusal("resource_not_found", "no such session")
        owner = owner_of(reader, org, session.device)
        found = some_happenings(reader, org, session.id, start, limit)
    end = start + len(found)
    token = cursor.written(end, session.id) if found and end < session.operations else None
    if token is not None and asked.limit is None and not asked.page_token:
        return Answer(stream=_all_events(call, session, owner, found))
    events = [shapes.happening_shape(happening, owner) for happening in found]
    return Answer(shapes.HappeningListShape(events=events, next_page_token=token))


def _all_events(call: Call, session: Session, owner: Person | None, first: list[Happening]) -> Iterator[bytes]:
    """The events that a session had when it was asked for, written while they are read (AP-9); `first` begin it.

    Unfinished if meanwhile it is erased, or turns out to be another's.
    """
    org, device, found, told, before = call.org, session.device, first, 0, b'{"events":['
    while found:
        shown = (shapes.happening_shape(happening, owner) for happening in found)
        yield before + b",".join(msgspec.json.encode(event) for event in shown)
        told, before = told + len(found), b","
        with call.desk.store.read() as reader:
            now = owner_of(reader, org.id, device)
            if is_erased_device(reader, org, device) or (now and now.id) != (owner and owner.id):
                raise Unfinished("whose the session is has changed")
            limit = min(LIMIT_MAX, session.operations - told)
            found = some_happenings(reader, org.id, session.id, told, limit) if limit > 0 else []
    yield b"]}"


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
        "GET", "/v2/sessions/{session:path}/events", "read", session_events, shapes.HappeningListShape, EventsQuery,
        errors=("resource_not_found",),
    ),
    Endpoint("GET", "/v2/sessions/{session:path}/why", "read", session_why, WhyShape, errors=("resource_not_found",)),
)  # fmt: skip
