"""The first version of the server API, as far as clients still call it (AP-14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

import msgspec

from passerby.base.errors import Refusal
from passerby.faces.api import shapes
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.faces.api.users import EVENTS_MAX, erase_uid, told
from passerby.ingest.reports import report_event, report_user
from passerby.model.operation import Page
from passerby.query.happened import Happening
from passerby.query.sessions import latest_happenings
from passerby.query.users import User, find_user
from passerby.store.contract import Reader, Transaction
from passerby.store.people import find_session, known_by_uid, missing, owner_of
from passerby.wire.instants import iso_text
from passerby.wire.reports import EventRequest, Object, SessionReference, UserReference, UserRequest, read_uid
from passerby.wire.suffixes import bared

_SESSIONS_COUNTED: Final = 10_000
_EVENTS_AT_ONCE_MAX: Final = 50


class EventBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event of the first version; `session_url` is any name of a session (AP-17)."""

    also: ClassVar[Mapping[str, str]] = {"device_session": "session_url"}

    event_name: str
    event_data: Object | None = None
    timestamp: str | None = None
    use_recent_session: bool | None = None
    session_url: str | None = None


class CustomEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event of the first version, or several, at most 50."""

    event: EventBody | list[EventBody]


class IndividualShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """A user as the first version shows one."""

    uid: str
    numSessions: int
    firstSeen: str
    lastSeen: str
    displayName: str | None = None
    email: str | None = None


class PagesShape(msgspec.Struct, frozen=True):
    """Pages, under the name that they have and under that of events."""

    pages: list[shapes.HappeningShape]
    events: list[shapes.HappeningShape]


def custom_vars(call: Call) -> Answer:
    """Set properties of the user of a uid; names carry type suffixes."""
    properties, schema = bared(call.body)
    request = UserRequest(uid=call.path["uid"], properties=properties, schema=dict(schema))

    def report(transaction: Transaction) -> Answer:
        done = report_user(transaction, call.org, request, None, call.now_ms, call.desk.ids)
        return told(call, done, shapes.Empty())

    return call.write(report)


def custom_event(call: Call) -> Answer:
    """Record one or several events of the user of a uid, all or none; names of properties carry type suffixes."""
    asked: EventBody | list[EventBody] = call.body.event
    several = asked if isinstance(asked, list) else [asked]
    if not 1 <= len(several) <= _EVENTS_AT_ONCE_MAX:
        raise Refusal("invalid_argument", f"event is one event, or 1 to {_EVENTS_AT_ONCE_MAX} of them")

    def report(transaction: Transaction) -> Answer:
        answers = [_reported(call, transaction, each) for each in several]
        return msgspec.structs.replace(answers[0], wakes=any(answer.wakes for answer in answers))

    return call.write(report)


def _reported(call: Call, transaction: Transaction, asked: EventBody) -> Answer:
    properties, schema = bared(asked.event_data or {})
    session = _named_session(call, transaction, asked.session_url) if asked.session_url else None
    request = EventRequest(
        name=asked.event_name,
        timestamp=asked.timestamp,
        properties=properties,
        schema=dict(schema),
        user=None if session else UserReference(uid=call.path["uid"]),
        session=session or SessionReference(use_most_recent=asked.use_recent_session),
    )
    done = report_event(transaction, call.org, request, None, call.now_ms, call.desk.ids)
    return told(call, done, shapes.Empty())


def _named_session(call: Call, reader: Reader, url: str) -> SessionReference:
    session = find_session(reader, call.org.id, url)
    owner = owner_of(reader, call.org.id, session.device) if session else None
    if session is None or owner is None or owner.uid != call.path["uid"]:
        raise Refusal("resource_not_found", "session_url names no session of this user")
    return SessionReference(id=f"{session.device}:{session.id}")


def individual(call: Call) -> Answer:
    """The user of a uid."""
    with call.desk.store.read() as reader:
        user = _user(call, reader)
        sessions = reader.count_sessions_of_user(call.org.id, user.person.id, _SESSIONS_COUNTED)
    person = user.person
    seen = iso_text(person.first_at_ms), iso_text(person.last_at_ms)
    return Answer(IndividualShape(person.uid or "", sessions, *seen, person.display_name, person.email))


def delete_individual(call: Call) -> Answer:
    """Erase the user of a uid, for good (PV-2)."""
    return erase_uid(call, call.path["uid"])


def individual_events(call: Call) -> Answer:
    """The last 1000 events of the user of a uid, the latest first."""
    return Answer(shapes.HappeningListShape(events=_happened(call, lambda _found: True)))


def individual_pages(call: Call) -> Answer:
    """The pages among the last 1000 events of the user of a uid, the latest first."""
    pages = _happened(call, lambda found: isinstance(found.operation, Page))
    return Answer(PagesShape(pages=pages, events=pages))


def _happened(call: Call, is_wanted: Callable[[Happening], bool]) -> list[shapes.HappeningShape]:
    with call.desk.store.read() as reader:
        user = _user(call, reader)
        found = latest_happenings(reader, call.org.id, user.person.id, EVENTS_MAX)
    return [shapes.happening_shape(happening, user.person) for happening in found if is_wanted(happening)]


def _user(call: Call, reader: Reader) -> User:
    uid = read_uid(call.path["uid"]) or ""
    person = known_by_uid(reader, call.org.id, uid)
    user = find_user(reader, call.org.id, person.id) if person else None
    if user is None:
        raise missing(reader, call.org.id, uid)
    return user


_PATH: Final = "/users/v1/individual/{uid:path}"
_WRONG_UID: Final = ("invalid_uid", "placeholder_uid")
_READ: Final = (*_WRONG_UID, "resource_not_found")
_WRITE: Final = (*_WRONG_UID, "erased", "unknown_org", "resource_not_found")

ENDPOINTS = (
    Endpoint("POST", f"{_PATH}/customvars", "capture", custom_vars, shapes.Empty, body=Object, errors=_WRITE),
    Endpoint("POST", f"{_PATH}/customevent", "capture", custom_event, shapes.Empty, body=CustomEvent, errors=_WRITE),
    Endpoint("GET", f"{_PATH}/events", "read", individual_events, shapes.HappeningListShape, errors=_READ),
    Endpoint("GET", f"{_PATH}/pages", "read", individual_pages, PagesShape, errors=_READ),
    Endpoint("GET", _PATH, "read", individual, IndividualShape, errors=_READ),
    Endpoint("DELETE", _PATH, "admin", delete_individual, shapes.Empty, errors=("resource_not_found",)),
)
