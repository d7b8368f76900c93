"""Batches of users and events: jobs, and what became of their items (AP-8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import msgspec

from passerby.faces.api.endpoint import BATCH_BYTES_MAX, Answer, Call, Endpoint
from passerby.faces.api.users import user_shape
from passerby.jobs import batch
from passerby.model.job import PROCESSING, Item, Job
from passerby.query.users import find_user
from passerby.store.contract import Reader, Transaction
from passerby.wire.instants import iso_text
from passerby.wire.reports import Context, EventRequest, UserItem
from passerby.wire.requests import read

_PAGE = 100

Kind = Literal["users", "events"]


class SharedContext(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all events of a batch have in common."""

    context: Context | None = None


class UserBatchRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Users, each read by itself so that one bad one costs no other."""

    also: ClassVar[Mapping[str, str]] = {"users": "requests"}

    requests: list[msgspec.Raw]


class UserBatch(msgspec.Struct, frozen=True):
    """Users, 50 000 at most."""

    requests: list[UserItem]


class EventBatchRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Events, each read by itself so that one bad one costs no other."""

    also: ClassVar[Mapping[str, str]] = {"events": "requests"}

    requests: list[msgspec.Raw]
    shared: SharedContext | None = None


class EventBatch(msgspec.Struct, frozen=True):
    """Events, 50 000 at most."""

    requests: list[EventRequest]
    shared: SharedContext | None = None


class JobShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job."""

    id: str
    status: Literal["PROCESSING", "COMPLETED", "FAILED"]
    created: str
    finished: str | None = None


class JobAnswer(msgspec.Struct, frozen=True):
    """A job."""

    job: JobShape


class JobStatusAnswer(msgspec.Struct, frozen=True):
    """A job, and how many of its items were taken in and refused so far."""

    imports: int
    errors: int
    job: JobShape


class EventImport(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event that was taken in, as it was sent, with its user and session, and what became of it."""

    user: dict[str, Any]
    name: str
    outcome: str
    session: dict[str, Any] | None = None
    timestamp: str | None = None
    properties: dict[str, Any] | None = None
    schema: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


class ImportsPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Items that were taken in."""

    results: list[Any]
    total_records: str
    next_page_token: str | None = None


class FailedItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item that was refused, as it was sent; under `user` or `event`."""

    message: str
    code: str
    user: Any = None
    event: Any = None


class ErrorsPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Items that were refused."""

    results: list[FailedItem]
    total_records: str
    next_page_token: str | None = None


class PageQuery(msgspec.Struct, frozen=True):
    """Which page."""

    page_token: str | None = None
    include_schema: bool = False


def _job_shape(job: Job) -> JobShape:
    finished = None if job.finished_at_ms is None else iso_text(job.finished_at_ms)
    return JobShape(job.id, job.status, iso_text(job.created_at_ms), finished)


def _create(call: Call, kind: Kind) -> Answer:
    shared = call.body.shared.context if kind == "events" and call.body.shared else None
    job = batch.fill(call.desk.store, call.org, kind, call.body.requests, shared, call.now_ms, call.desk.ids)

    def accept(transaction: Transaction) -> Answer:
        batch.accept(transaction, call.org, job, call.body.requests)
        return Answer(JobAnswer(_job_shape(job)), wakes=True)

    return call.write(accept)


def _status(call: Call, kind: Kind) -> Answer:
    with call.desk.store.read() as reader:
        job = batch.find(reader, call.org.id, kind, call.path["job"])
    return Answer(JobStatusAnswer(job.imports, job.errors, _job_shape(job)))


def _imports(call: Call, kind: Kind) -> Answer:
    with call.desk.store.read() as reader:
        job = batch.find(reader, call.org.id, kind, call.path["job"])
        if job.status == PROCESSING:
            return Answer(JobAnswer(_job_shape(job)), 202)
        items, more = batch.results(reader, call.org.id, job, batch.IMPORT, call.query.page_token or "", _PAGE)
        shown = [_user_import(call, reader, item) if kind == "users" else _event_import(item) for item in items]
    return Answer(ImportsPage(shown, str(job.imports), more))


def _user_import(call: Call, reader: Reader, item: Item) -> Any:
    user = find_user(reader, call.org.id, item.user)
    return user_shape(call, reader, user, call.query.include_schema) if user else {"id": item.user}


def _event_import(item: Item) -> EventImport:
    sent = read(bytes(item.request), EventRequest)
    user: dict[str, Any] = {"id": item.user}
    if sent.user is not None and sent.user.uid is not None:
        user["uid"] = str(sent.user.uid)
    return EventImport(
        user,
        sent.name,
        item.outcome,
        _session_of(item, sent),
        sent.timestamp,
        sent.properties,
        sent.schema,
        msgspec.to_builtins(sent.context) if sent.context else None,
    )


def _session_of(item: Item, sent: EventRequest) -> dict[str, Any] | None:
    uid = sent.session.uid if sent.session else None
    found = {"id": item.session or None, "uid": uid}
    return {name: value for name, value in found.items() if value is not None} or None


def _errors(call: Call, kind: Kind) -> Answer:
    with call.desk.store.read() as reader:
        job = batch.find(reader, call.org.id, kind, call.path["job"])
        if job.status == PROCESSING:
            return Answer(JobAnswer(_job_shape(job)), 202)
        items, more = batch.results(reader, call.org.id, job, batch.FAILURE, call.query.page_token or "", _PAGE)
    name = kind.removesuffix("s")
    shown = [FailedItem(item.message, item.code, **{name: item.request}) for item in items]
    return Answer(ErrorsPage(shown, str(job.errors), more))


def create_user_batch(call: Call) -> Answer:
    """Import users as a job."""
    return _create(call, "users")


def user_batch_status(call: Call) -> Answer:
    """How a job that imports users stands."""
    return _status(call, "users")


def user_batch_imports(call: Call) -> Answer:
    """The users that a job took in, as they are now; 202 while it runs."""
    return _imports(call, "users")


def user_batch_errors(call: Call) -> Answer:
    """The users that a job refused; 202 while it runs."""
    return _errors(call, "users")


def create_event_batch(call: Call) -> Answer:
    """Import events as a job."""
    return _create(call, "events")


def event_batch_status(call: Call) -> Answer:
    """How a job that imports events stands."""
    return _status(call, "events")


def event_batch_imports(call: Call) -> Answer:
    """The events that a job took in; 202 while it runs."""
    return _imports(call, "events")


def event_batch_errors(call: Call) -> Answer:
    """The events that a job refused; 202 while it runs."""
    return _errors(call, "events")


_NONE = ("resource_not_found",)
_WHILE = {202: JobAnswer}


def _endpoints(path: str, runs: tuple[Any, Any, Any, Any], body: Any, shown: Any) -> tuple[Endpoint, ...]:
    create, status, imports, errors = runs
    return (
        Endpoint(
            "POST", path, "capture", create, JobAnswer, body=body, shown=shown, creates=True,
            errors=("too_many_requests_in_batch",), body_bytes_max=BATCH_BYTES_MAX,
        ),
        Endpoint("GET", f"{path}/{{job}}", "capture", status, JobStatusAnswer, errors=_NONE),
        Endpoint("GET", f"{path}/{{job}}/imports", "read", imports, ImportsPage, PageQuery, errors=_NONE, other=_WHILE),
        Endpoint("GET", f"{path}/{{job}}/errors", "capture", errors, ErrorsPage, PageQuery, errors=_NONE, other=_WHILE),
    )  # fmt: skip


ENDPOINTS = (
    *_endpoints(
        "/v2/users/batch",
        (create_user_batch, user_batch_status, user_batch_imports, user_batch_errors),
        UserBatchRead,
        UserBatch,
    ),
    *_endpoints(
        "/v2/events/batch",
        (create_event_batch, event_batch_status, event_batch_imports, event_batch_errors),
        EventBatchRead,
        EventBatch,
    ),
)
