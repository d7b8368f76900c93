"""What the API answers about batches (AP-8): jobs, and what became of their items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from passerby.faces.api.shapes import Typed, UserShape
from passerby.model.job import Item, Job
from passerby.wire.instants import iso_ms, iso_text
from passerby.wire.reports import EventRequest, Note, UserItem, read_uid
from passerby.wire.spelling import respelled


class JobShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job."""

    id: str
    status: Literal["PROCESSING", "COMPLETED", "FAILED"]
    created: str
    finished: str | None = None


class JobAnswer(msgspec.Struct, frozen=True):
    """A job."""

    job: JobShape


class JobStatusAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job, twice for those who look in either place, and how many of its items were taken in and refused so far."""

    id: str
    status: Literal["PROCESSING", "COMPLETED", "FAILED"]
    created: str
    imports: int
    errors: int
    job: JobShape
    finished: str | None = None


class UserImport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user that was taken in, as it was sent, and what became of it. Types only where they are asked for."""

    id: str
    uid: str | None = None
    display_name: str | None = None
    email: str | None = None
    properties: dict[str, Any] | None = None
    schema: Typed | None = None
    type_conflicts: Typed | None = None
    notes: list[Note] = []


class Named(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose an event is, or in which session. A session that the app gave a name of its own may have no id."""

    id: str | None = None
    uid: str | None = None


class EventImport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event that was taken in, as it was sent, with its user and session, and what became of it."""

    user: Named
    name: str
    outcome: str
    session: Named | None = None
    timestamp: str | None = None
    properties: dict[str, Any] | None = None
    schema: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    notes: list[Note] = []


class ImportsPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Items that were taken in."""

    results: list[Any]
    total_records: str
    next_page_token: str | None = None


class FailedItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item that was refused, as it was sent; under `user` or `event`. `shared` is what the batch shares."""

    message: str
    code: str
    user: Any = None
    event: Any = None
    shared: dict[str, Any] | None = None


class ErrorsPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Items that were refused."""

    results: list[FailedItem]
    total_records: str
    next_page_token: str | None = None


def job_shape(job: Job) -> JobShape:
    """A job."""
    finished = None if job.finished_at_ms is None else iso_text(job.finished_at_ms)
    return JobShape(job.id, job.status, iso_text(job.created_at_ms), finished)


def status_shape(job: Job) -> JobStatusAnswer:
    """How a job stands."""
    shown = job_shape(job)
    return JobStatusAnswer(shown.id, shown.status, shown.created, job.imports, job.errors, shown, shown.finished)


def user_import(item: Item, user: UserShape | None) -> UserImport:
    """A user that was taken in; with `user`, as it is now, its schema too."""
    sent = _members(item, UserItem)
    return UserImport(
        id=item.user,
        uid=_uid(sent),
        display_name=sent.get("display_name"),
        email=sent.get("email"),
        properties=sent.get("properties"),
        schema=user.schema if user else None,
        type_conflicts=user.type_conflicts if user else None,
        notes=_notes(item),
    )


def event_import(item: Item, job: Job) -> EventImport:
    """An event that was taken in by `job`."""
    sent = _members(item, EventRequest)
    shared: Any = None if bytes(job.shared) == b"null" else job.shared
    return EventImport(
        user=Named(item.user, _uid(_given(sent["user"])) if "user" in sent else None),
        name=sent["name"],
        session=_session(sent, item),
        timestamp=_timestamp(sent, item),
        properties=sent.get("properties"),
        schema=sent.get("schema"),
        context=sent.get("context", shared),
        outcome=item.outcome,
        notes=_notes(item),
    )


def failed_item(item: Item, job: Job) -> FailedItem:
    """An item that was refused by `job`."""
    sent: Any = item.request
    if job.kind == "users":
        return FailedItem(item.message, item.code, user=sent)
    shared: Any = None if bytes(job.shared) == b"null" else {"context": job.shared}
    return FailedItem(item.message, item.code, event=sent, shared=shared)


def _members(item: Item, shape: Any) -> dict[str, Any]:
    """What was sent of an item, by the names of `shape` (AP-2.1), as JSON: large properties are not taken apart."""
    return _given(respelled(bytes(item.request), shape))


def _given(sent: bytes | msgspec.Raw) -> dict[str, Any]:
    members = msgspec.json.decode(sent, type=dict[str, msgspec.Raw])
    return {name: member for name, member in members.items() if bytes(member) != b"null"}


def _session(sent: Mapping[str, Any], item: Item) -> Named | None:
    given = _given(sent["session"]) if "session" in sent else {}
    told = msgspec.json.decode(given["uid"], type=str) if "uid" in given else None
    return Named(item.session or None, told or None) if item.session or told else None


def _uid(sent: Mapping[str, Any]) -> str | None:
    return read_uid(msgspec.json.decode(sent["uid"])) if "uid" in sent else None


def _timestamp(sent: Mapping[str, Any], item: Item) -> str | None:
    """When an event was made: in the words in which it was sent, if they say so."""
    told = msgspec.json.decode(sent["timestamp"], type=str) if "timestamp" in sent else None
    if not item.at_ms or (told is not None and iso_ms(told) == item.at_ms):
        return told
    return iso_text(item.at_ms)


def _notes(item: Item) -> list[Note]:
    return [Note(code, name) for code, name in item.notes]
