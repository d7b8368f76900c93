"""Batches of users and events: jobs, and what became of their items (AP-8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import msgspec

from passerby.faces.api import batch_shapes as shapes
from passerby.faces.api.endpoint import BATCH_BYTES_MAX, Answer, Call, Endpoint
from passerby.faces.api.users import user_shape
from passerby.jobs import batch
from passerby.model.job import PROCESSING, Item
from passerby.query.users import find_user
from passerby.store.contract import Reader, Transaction
from passerby.wire.reports import Context, EventRequest, UserItem

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


class PageQuery(msgspec.Struct, frozen=True):
    """Which page."""

    page_token: str | None = None
    include_schema: bool = False


def _create(call: Call, kind: Kind) -> Answer:
    shared = call.body.shared.context if kind == "events" and call.body.shared else None
    job = batch.fill(call.desk.store, call.org, kind, call.body.requests, shared, call.now_ms, call.desk.ids)

    def accept(transaction: Transaction) -> Answer:
        batch.accept(transaction, call.org, job, call.body.requests)
        return Answer(shapes.JobAnswer(shapes.job_shape(job)), wakes=True)

    return call.write(accept)


def _status(call: Call, kind: Kind | None) -> Answer:
    with call.desk.store.read() as reader:
        job = batch.find(reader, call.org.id, kind, call.path["job"])
    return Answer(shapes.status_shape(job))


def _imports(call: Call, kind: Kind) -> Answer:
    with call.desk.store.read() as reader:
        job = batch.find(reader, call.org.id, kind, call.path["job"])
        if job.status == PROCESSING:
            return Answer(shapes.JobAnswer(shapes.job_shape(job)), 202)
        items, more = batch.results(reader, call.org.id, job, batch.IMPORT, call.query.page_token or "", _PAGE)
        shown = [shapes.event_import(item, job) if kind == "events" else _user(call, reader, item) for item in items]
    return Answer(shapes.ImportsPage(shown, str(job.imports), more))


def _user(call: Call, reader: Reader, item: Item) -> shapes.UserImport:
    user = find_user(reader, call.org.id, item.user) if call.query.include_schema else None
    return shapes.user_import(item, user_shape(call, reader, user, include_schema=True) if user else None)


def _errors(call: Call, kind: Kind | None) -> Answer:
    with call.desk.store.read() as reader:
        job = batch.find(reader, call.org.id, kind, call.path["job"])
        if job.status == PROCESSING:
            return Answer(shapes.JobAnswer(shapes.job_shape(job)), 202)
        items, more = batch.results(reader, call.org.id, job, batch.FAILURE, call.query.page_token or "", _PAGE)
    return Answer(shapes.ErrorsPage([shapes.failed_item(item, job) for item in items], str(job.errors), more))


def create_user_batch(call: Call) -> Answer:
    """Import users as a job."""
    return _create(call, "users")


def user_batch_status(call: Call) -> Answer:
    """How a job that imports users stands."""
    return _status(call, "users")


def user_batch_imports(call: Call) -> Answer:
    """The users that a job took in, as they were sent; 202 while it runs."""
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


def batch_status(call: Call) -> Answer:
    """How a job of either kind stands."""
    return _status(call, None)


def batch_errors(call: Call) -> Answer:
    """What a job of either kind refused; 202 while it runs."""
    return _errors(call, None)


_NONE = ("resource_not_found",)
_WHILE = {202: shapes.JobAnswer}


def _endpoints(path: str, runs: tuple[Any, Any, Any, Any], body: Any, shown: Any) -> tuple[Endpoint, ...]:
    create, status, imports, errors = runs
    page, failures = shapes.ImportsPage, shapes.ErrorsPage
    return (
        Endpoint(
            "POST", path, "capture", create, shapes.JobAnswer, body=body, shown=shown, creates=True,
            errors=("too_many_requests_in_batch",), body_bytes_max=BATCH_BYTES_MAX,
        ),
        Endpoint("GET", f"{path}/{{job}}", "capture", status, shapes.JobStatusAnswer, errors=_NONE),
        Endpoint("GET", f"{path}/{{job}}/imports", "read", imports, page, PageQuery, errors=_NONE, other=_WHILE),
        Endpoint("GET", f"{path}/{{job}}/errors", "capture", errors, failures, PageQuery, errors=_NONE, other=_WHILE),
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
    Endpoint("GET", "/v2/batch/{job}", "capture", batch_status, shapes.JobStatusAnswer, errors=_NONE),
    Endpoint(
        "GET", "/v2/batch/{job}/errors", "capture", batch_errors, shapes.ErrorsPage, PageQuery, errors=_NONE,
        other=_WHILE,
    ),
)  # fmt: skip
