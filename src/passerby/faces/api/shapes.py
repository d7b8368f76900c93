"""What the API answers with: the field names of the public contract, and how ours become theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from passerby.base.ids import OrgId, UserId
from passerby.model.operation import Consent, End, Event, Identify, Log, Operation, Page, SetProperties
from passerby.model.properties import Property
from passerby.model.session import Session
from passerby.query.sessions import Happening
from passerby.query.users import User
from passerby.store.contract import Person


def instant(at_ms: int) -> str:
    """ISO 8601 in UTC with ms."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def session_url(base: str, org: OrgId, session: Session) -> str:
    """Where the dashboard shows a session."""
    return f"{base}/ui/{org}/session/{quote(f'{session.device}:{session.id}', safe='')}"


def user_url(base: str, org: OrgId, user: UserId) -> str:
    """Where the dashboard shows a user."""
    return f"{base}/ui/{org}/user/{user}"


def person_summary(person: Person, base: str, org: OrgId) -> dict[str, Any]:
    """A user without properties."""
    optional = {"uid": person.uid, "display_name": person.display_name, "email": person.email}
    return {
        "id": person.id,
        **{name: value for name, value in optional.items() if value is not None},
        "is_being_deleted": False,
        "app_url": user_url(base, org, person.id),
    }


def user_detail(user: User, base: str, org: OrgId, include_schema: bool) -> dict[str, Any]:
    """A user with properties, and their schema if wanted."""
    kept = [found.property for found in user.properties if found.property.name not in ("displayName", "email")]
    detail = {**person_summary(user.person, base, org), "properties": values(kept)}
    if include_schema:
        detail["schema"] = {"properties": {found.name: found.type for found in kept}}
    return detail


def values(properties: tuple[Property, ...] | list[Property]) -> dict[str, Any]:
    """Properties as name to value."""
    return {found.name: found.value for found in properties}


def session_summary(session: Session, user: UserId, base: str, org: OrgId, now_ms: int) -> dict[str, Any]:
    """A session of a list; `endedTime` and `endReason` are ours."""
    summary: dict[str, Any] = {
        "userId": user,
        "sessionId": f"{session.device}:{session.id}",
        "createdTime": str(session.began_at_ms // 1000),
        "fsUrl": session_url(base, org, session),
    }
    ending = session.ending(now_ms)
    if ending is not None:
        summary["endedTime"], summary["endReason"] = str(ending[0] // 1000), ending[1]
    return summary


def happening(found: Happening, uid: str | None) -> dict[str, Any]:
    """An operation as an event of the contract's section 4.6."""
    piece, op = found.piece, found.operation
    kind, properties = _event(op, uid)
    return {
        "event_id": f"{piece.page}:{op.n}",
        "device_id": piece.device,
        "session_id": piece.session,
        "view_id": piece.page,
        "event_time": instant(op.at),
        "event_type": kind,
        "source_type": "web" if piece.sdk.startswith("browser/") else "server",
        "source_properties": _source(op),
        "event_properties": properties,
        "outcome": found.outcome.value,
    }


def _source(op: Operation) -> dict[str, Any]:
    source: dict[str, Any] = {"integration": op.source} if op.source else {}
    if isinstance(op, Page):
        parts = urlsplit(op.url) if _splits(op.url) else None
        source["url"] = {"full_url": op.url}
        if parts is not None:
            source["url"] |= {"host": parts.netloc, "path": parts.path, "query": parts.query}
        if op.referrer:
            source["initial_referrer"] = {"full_url": op.referrer}
    return source


def _splits(url: str) -> bool:
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def _event(op: Operation, uid: str | None) -> tuple[str, dict[str, Any]]:
    match op:
        case Page(title=title):
            return "navigate", {"title": title} if title else {}
        case Event(name=name, type=kind, properties=properties):
            return kind, {"event_name": name, **values(properties)}
        case Identify(uid=named, properties=properties):
            return "identify", {"user_id": named, "user_properties": values(properties)}
        case SetProperties(type="page", properties=properties):
            return "page_properties", values(properties)
        case SetProperties(properties=properties):
            return "identify", {"user_id": uid, "user_properties": values(properties)}
        case Consent(granted=granted):
            return "consent", {"granted": granted}
        case Log(level=level, message=message):
            return "console_message", {"level": level, "message": message}
        case End(why=why):
            return "session_end", {"why": why}
