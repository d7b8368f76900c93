"""Batches: users and events by the thousand, each with an answer of its own (AP-8).

Entries: `job`, due while it runs and again when it is to be forgotten; `item` for what is still to be done, which
becomes `import` or `failure` in the transaction that did it. Items are named `<job>/<ordinal>`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from passerby.base.clock import Clock
from passerby.base.errors import Refusal
from passerby.base.ids import DeviceId, Ids, OrgId, Uid
from passerby.base.units import DAY_MS
from passerby.ingest.reports import Reported, report_event, report_user
from passerby.jobs.worker import Due
from passerby.model.job import COMPLETED, FAILED, PROCESSING, Item, Job
from passerby.model.marks import Marks
from passerby.model.org import Org
from passerby.store.contract import Entry, Reader, Store, Transaction
from passerby.store.people import find_person, find_session, owner_of
from passerby.wire.reports import Context, EventRequest, UserItem, read_uid
from passerby.wire.requests import read

JOB: Final = "job"
ITEM: Final = "item"
IMPORT: Final = "import"
FAILURE: Final = "failure"
REQUESTS_MAX: Final = 50_000
KEPT_MS: Final = 7 * DAY_MS
_CHUNK: Final = 100


def create(
    transaction: Transaction,
    org: Org,
    kind: Literal["users", "events"],
    requests: Sequence[msgspec.Raw],
    shared: Context | None,
    now_ms: int,
    ids: Ids,
) -> Job:
    """Take a batch on. Refusal: `required_field`, `too_many_requests_in_batch`."""
    if not requests:
        raise Refusal("required_field", "requests has at least one member")
    if len(requests) > REQUESTS_MAX:
        raise Refusal("too_many_requests_in_batch", f"a batch has at most {REQUESTS_MAX} requests")
    job = Job(ids.mint(), kind, PROCESSING, now_ms, shared=msgspec.Raw(msgspec.json.encode(shared)))
    _put(transaction, org.id, job, now_ms)
    for ordinal, request in enumerate(requests):
        body = msgspec.json.encode(Item(request))
        about = _about(transaction, org, kind, bytes(request))
        transaction.put_entry(org.id, Entry(ITEM, f"{job.id}/{ordinal:05d}", body, about))
    return job


def find(reader: Reader, org: OrgId, kind: str, name: str) -> Job:
    """The job of that id and kind. Refusal: `resource_not_found`."""
    entry = reader.entry(org, JOB, name)
    job = msgspec.json.decode(entry.body, type=Job) if entry else None
    if job is None or job.kind != kind:
        raise Refusal("resource_not_found", "no such job; jobs are kept for 7 days")
    return job


def results(reader: Reader, org: OrgId, job: Job, kind: str, after: str, limit: int) -> tuple[list[Item], str | None]:
    """Items of a finished job that became `kind`, and the cursor of the next page if there is one."""
    found = reader.entries(org, kind, f"{job.id}/", f"{job.id}/{after}", limit + 1)
    items = [msgspec.json.decode(entry.body, type=Item) for entry in found[:limit]]
    return items, found[limit - 1].id.partition("/")[2] if len(found) > limit else None


def work_off(store: Store, clock: Clock, ids: Ids, due: Sequence[Due]) -> None:
    """Do a running job to its end; forget one that is over."""
    for org, entry in due:
        job = msgspec.json.decode(entry.body, type=Job)
        running = job.status == PROCESSING
        while store.submit(
            functools.partial(_do_some, name=org, job_id=job.id, now_ms=clock.now_ms(), ids=ids)
            if running
            else functools.partial(_forget_some, name=org, job_id=job.id)
        ).result():
            pass


def _put(transaction: Transaction, org: OrgId, job: Job, due_at_ms: int) -> None:
    transaction.put_entry(org, Entry(JOB, job.id, msgspec.json.encode(job), due_at_ms=due_at_ms))


def _do_some(transaction: Transaction, name: OrgId, job_id: str, now_ms: int, ids: Ids) -> bool:
    """Do the next items; whether there may be more."""
    org, entry = transaction.org(name), transaction.entry(name, JOB, job_id)
    if org is None or entry is None:
        return False
    job = msgspec.json.decode(entry.body, type=Job)
    waiting = transaction.entries(name, ITEM, f"{job_id}/", "", _CHUNK)
    for item in waiting:
        job = _do(transaction, org, job, item, now_ms, ids)
    if len(waiting) == _CHUNK:
        _put(transaction, name, job, now_ms)
        return True
    status = FAILED if job.errors else COMPLETED
    _put(transaction, name, msgspec.structs.replace(job, status=status, finished_at_ms=now_ms), now_ms + KEPT_MS)
    return False


def _do(transaction: Transaction, org: Org, job: Job, entry: Entry, now_ms: int, ids: Ids) -> Job:
    item = msgspec.json.decode(entry.body, type=Item)
    try:
        done = _report(transaction, org, job, bytes(item.request), now_ms, ids)
    except Refusal as refused:
        item = msgspec.structs.replace(item, code=refused.code, message=refused.message)
        kind, about = FAILURE, entry.about
        job = msgspec.structs.replace(job, errors=job.errors + 1)
    else:
        item = msgspec.structs.replace(item, user=done.user, session=done.session or "", outcome=done.outcome.value)
        marks = Marks(org.secret)
        kind, about = IMPORT, marks.of_uid(done.uid) if done.uid else marks.of_device(DeviceId(done.user))
        job = msgspec.structs.replace(job, imports=job.imports + 1)
    transaction.remove_entry(org.id, ITEM, entry.id)
    transaction.put_entry(org.id, Entry(kind, entry.id, msgspec.json.encode(item), about))
    return job


def _report(transaction: Transaction, org: Org, job: Job, request: bytes, now_ms: int, ids: Ids) -> Reported:
    if job.kind == "users":
        user = read(request, UserItem)
        return report_user(transaction, org, user, user.id, now_ms, ids)
    shared = msgspec.json.decode(job.shared, type=Context | None)
    return report_event(transaction, org, read(request, EventRequest), shared, now_ms, ids)


def _about(reader: Reader, org: Org, kind: str, request: bytes) -> str | None:
    """The mark of whom a request is about, so that an erasure finds it before it is done."""
    marks, session = Marks(org.secret), None
    try:
        if kind == "users":
            user = read(request, UserItem)
            uid, name = read_uid(user.uid), user.id
        else:
            event = read(request, EventRequest)
            uid, name = (read_uid(event.user.uid), event.user.id) if event.user else (None, None)
            session = event.session.id if event.session else None
    except Refusal:
        return None
    if uid is not None:
        return marks.of_uid(Uid(uid))
    found = find_session(reader, org.id, session) if session else None
    person = owner_of(reader, org.id, found.device) if found else find_person(reader, org.id, name or "")
    if person is None:
        return None
    return marks.of_uid(person.uid) if person.uid else marks.of_device(DeviceId(person.id))


def _forget_some(transaction: Transaction, name: OrgId, job_id: str) -> bool:
    """Forget the next items; whether there may be more."""
    found = [entry for kind in (IMPORT, FAILURE) for entry in transaction.entries(name, kind, f"{job_id}/", "", _CHUNK)]
    for entry in found:
        transaction.remove_entry(name, entry.kind, entry.id)
    if not found:
        transaction.remove_entry(name, JOB, job_id)
    return bool(found)
