"""What the API answers with: the field names of the public contract, and how ours become theirs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from passerby.base.ids import OrgId, UserId
from passerby.model.operation import Event, Identify, Operation, Page, SetProperties
from passerby.model.session import Session
from passerby.query.happened import Happening
from passerby.query.seen import Seen, nested, seen, values
from passerby.query.users import User
from passerby.store.contract import Person
from passerby.wire.instants import iso_text
from passerby.wire.reports import Note


class _Shape(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class Empty(_Shape, frozen=True, kw_only=True):
    """`{}`."""


class Typed(_Shape, frozen=True, kw_only=True):
    """Properties by name: their types, or several where they conflict."""

    properties: dict[str, Any]


class UserShape(_Shape, frozen=True, kw_only=True):
    """A user; the last six only where they are asked for. `has_more_properties` where not all are shown (AP-5)."""

    id: str
    uid: str | None = None
    display_name: str | None = None
    email: str | None = None
    is_being_deleted: bool
    properties: dict[str, Any] | None = None
    schema: Typed | None = None
    type_conflicts: Typed | None = None
    has_more_properties: bool = False
    app_url: str | None = None


class UserListShape(_Shape, frozen=True, kw_only=True):
    """A page of users. The token has two names, for clients that page through all lists alike (AP-9)."""

    results: list[UserShape]
    total_records: str
    next_page_token: str | None = None
    nextPaginationToken: str | None = None


class Created(_Shape, frozen=True, kw_only=True):
    """The id of what was made or changed, and what was left out of it (AP-5)."""

    id: str
    notes: list[Note] = []


class EventCreated(_Shape, frozen=True, kw_only=True):
    """`{}`, unless there is something to say of what became of the event (AP-6)."""

    outcome: str | None = None
    notes: list[Note] = []


class SessionShape(_Shape, frozen=True, kw_only=True):
    """A session of a list; times in whole seconds since 1970. `endedTime` and `endReason` are ours."""

    userId: str
    sessionId: str
    createdTime: str
    fsUrl: str
    endedTime: str | None = None
    endReason: str | None = None


class SessionListShape(_Shape, frozen=True, kw_only=True):
    """A page of sessions."""

    sessions: list[SessionShape]
    pagination_token: str | None = None


class HappeningShape(_Shape, frozen=True, kw_only=True):
    """An operation as an event, in the columns of the warehouse's table of events (AP-10)."""

    event_id: str
    device_id: str
    session_id: str | None
    view_id: str
    event_time: str
    processed_time: str
    updated_time: str
    event_type: str
    source_type: str
    source_properties: dict[str, Any]
    event_properties: dict[str, Any]
    outcome: str


class HappeningListShape(_Shape, frozen=True, kw_only=True):
    """Events, in order; a token where a session has more."""

    events: list[HappeningShape]
    next_page_token: str | None = None


def session_url(base: str, org: OrgId, session: Session) -> str:
    """Where the dashboard shows a session."""
    return f"{base}/ui/{org}/session/{session.device}:{session.id}"


def user_url(base: str, org: OrgId, user: UserId) -> str:
    """Where the dashboard shows a user."""
    return f"{base}/ui/{org}/user/{user}"


def person_shape(person: Person, is_being_deleted: bool, base: str, org: OrgId) -> UserShape:
    """A user without properties."""
    return UserShape(
        id=person.id,
        uid=person.uid,
        display_name=person.display_name,
        email=person.email,
        is_being_deleted=is_being_deleted,
        app_url=user_url(base, org, person.id),
    )


def user_shape(
    user: User, types: dict[str, list[str]] | None, is_being_deleted: bool, base: str, org: OrgId
) -> UserShape:
    """A user with properties, and with `types`, all types ever given to each, their schema and conflicts."""
    kept = [found.property for found in user.properties if found.property.name not in ("displayName", "email")]
    shape = person_shape(user.person, is_being_deleted, base, org)
    shape = msgspec.structs.replace(shape, properties=nested(kept), has_more_properties=user.has_more)
    if types is None:
        return shape
    conflicts: dict[str, Any] = {name: several for name, several in types.items() if len(several) > 1}
    return msgspec.structs.replace(
        shape,
        schema=Typed(properties={found.name: found.type for found in kept}),
        type_conflicts=Typed(properties=conflicts) if conflicts else None,
    )


def session_shape(session: Session, ending: tuple[int, str] | None, base: str, org: OrgId) -> SessionShape:
    """A session of a list; `userId:sessionId` names it (AP-17)."""
    return SessionShape(
        userId=session.device,
        sessionId=session.id,
        createdTime=str(session.began_at_ms // 1000),
        fsUrl=session_url(base, org, session),
        endedTime=str(ending[0] // 1000) if ending else None,
        endReason=ending[1] if ending else None,
    )


def happening_shape(found: Happening, owner: Person | None, event: Seen | None = None) -> HappeningShape:
    """An operation, and whose it is, as an event of the contract; `session_id` is null outside of any (AP-7).

    `event` is the operation as it is seen, for who knows it already.
    """
    piece, op = found.piece, found.operation
    event, stored = event or seen(op), iso_text(piece.received_at_ms)
    return HappeningShape(
        event_id=f"{piece.page}:{op.n}",
        device_id=piece.device,
        session_id=None if str(piece.session) == piece.device else piece.session,
        view_id=piece.page,
        event_time=iso_text(found.at_ms),
        processed_time=stored,
        updated_time=stored,
        event_type=event.type,
        source_type=source_type(piece.sdk),
        source_properties=_source(op),
        event_properties=_properties(op, event, owner),
        outcome=found.outcome.value,
    )


def source_type(sdk: str) -> str:
    """Where a bundle came from, in the contract's words."""
    maker = sdk.partition("/")[0]
    if maker in ("server", "python"):
        return "server"
    return "mobile_app" if maker in ("kotlin", "swift", "dart", "react-native") else "web"


def _source(op: Operation) -> dict[str, Any]:
    source: dict[str, Any] = {"integration": op.source} if op.source else {}
    if isinstance(op, Page):
        source["url"] = _url(op.url)
        if op.referrer:
            source["initial_referrer"] = _url(op.referrer)
    elif isinstance(op, Event):
        _add_context(source, values(op.context))
    return source


def _add_context(source: dict[str, Any], context: dict[str, Any]) -> None:
    for name, value in context.items():
        match name.split("."):
            case ["browser", "url"]:
                source["url"] = _url(value)
            case ["browser", "initial_referrer"]:
                source["initial_referrer"] = _url(value)
            case ["browser", "user_agent"]:
                source["user_agent"] = {"raw_user_agent": value}
            case [part, member]:
                source.setdefault(part, {})[member] = value


def _url(text: str) -> dict[str, Any]:
    try:
        parts = urlsplit(text)
    except ValueError:
        return {"full_url": text}
    told = {"full_url": text, "host": parts.netloc, "path": parts.path, "query": parts.query}
    hash_path, _, hash_query = parts.fragment.partition("?")
    return told | {"hash_path": hash_path, "hash_query": hash_query} if parts.fragment else told


def _properties(op: Operation, event: Seen, owner: Person | None) -> dict[str, Any]:
    match op:
        case Event(name=name):
            return {"event_name": name, **event.properties}
        case Identify(uid=named):
            return _identified(named, owner if owner and owner.uid == named else None, event)
        case SetProperties(type="user"):
            return _identified(owner.uid if owner else None, owner, event)
        case _:
            return event.properties


def _identified(uid: str | None, known: Person | None, event: Seen) -> dict[str, Any]:
    """Who somebody is said to be: with name and e-mail of the call, or else those of `known`, if it is the same."""
    given = event.properties
    names = {
        "user_display_name": given.get("displayName", known.display_name if known else None),
        "user_email": given.get("email", known.email if known else None),
    }
    told = {name: value for name, value in names.items() if value is not None}
    return {"user_id": uid, **told, "user_properties": given}
