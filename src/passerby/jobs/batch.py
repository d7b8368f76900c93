"""Batches: users and events by the thousand, each with an answer of its own (AP-8).

Entries: `job`, due while it runs and again when it is to be forgotten; `item` for what is still to be done, which
becomes `import` or `failure` in the transaction that did it. Items are named `<job>/<ordinal>`. They are kept slice by
slice, so that the writer is never held long; `filling` is due when that was broken off, and then they go again.

A turn does some items of one job. Jobs have lanes by how much is left of them, so that a small one of the same org
has its turn behind the next of them, and not behind all.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

import msgspec

from passerby.base.clock import Clock
from passerby.base.errors import Refusal, StoreError
from passerby.base.ids import DeviceId, Ids, OrgId, Uid
from passerby.base.units import DAY_MS, MINUTE_MS
from passerby.ingest.reports import Reported, report_event, report_user
from passerby.jobs.worker import LOG, Due
from passerby.model.job import COMPLETED, FAILED, PROCESSING, Item, Job
from passerby.model.marks import Marks
from passerby.model.org import Org
from passerby.store.contract import Entry, Reader, Store, Transaction
from passerby.store.people import find_person, find_session, owner_of
from passerby.wire.reports import Context, EventRequest, UserItem, read_uid
from passerby.wire.requests import read
from passerby.wire.unkept import IN_CONTEXT, IN_EVENT, without_address

JOB: Final = "job"
FILLING: Final = "filling"
ITEM: Final = "item"
IMPORT: Final = "import"
FAILURE: Final = "failure"
REQUESTS_MAX: Final = 50_000
KEPT_MS: Final = 7 * DAY_MS
FILLING_MS: Final = 10 * MINUTE_MS
PAGE_BYTES_MAX: Final = 8 << 20
"""A page of results ends behind the item that takes it over this."""
_AT_ONCE: Final = 10
_CHUNK: Final = 50
_SLICE: Final = 1000
_OVER: Final = "over"


def fill(
    store: Store,
    org: Org,
    kind: Literal["users", "events"],
    requests: Sequence[msgspec.Raw],
    shared: Context | None,
    now_ms: int,
    ids: Ids,
) -> Job:
    """Keep the requests of a batch that `accept` then takes on. None, if they are few, or it will not."""
    raw = without_address(msgspec.Raw(msgspec.json.encode(shared)), IN_CONTEXT)
    job = Job(ids.mint(), kind, PROCESSING, now_ms, shared=raw, total=len(requests))
    if not _SLICE < len(requests) <= REQUESTS_MAX:
        return job
    filling = Entry(FILLING, job.id, b"null", due_at_ms=now_ms + FILLING_MS)
    store.submit(lambda transaction: transaction.put_entry(org.id, filling)).result()
    for first in range(0, len(requests), _SLICE):
        some = requests[first : first + _SLICE]
        store.submit(functools.partial(_keep, org=org, job=job, first=first, requests=some)).result()
    return job


def accept(transaction: Transaction, org: Org, job: Job, requests: Sequence[msgspec.Raw]) -> None:
    """Take on a batch that was filled. Refusal: `required_field`, `too_many_requests_in_batch`, `unavailable`."""
    if not job.total:
        raise Refusal("required_field", "requests has at least one member")
    if job.total > REQUESTS_MAX:
        raise Refusal("too_many_requests_in_batch", f"a batch has at most {REQUESTS_MAX} requests")
    if job.total <= _SLICE:
        _keep(transaction, org, job, 0, requests)
    elif transaction.entry(org.id, FILLING, job.id) is None:
        raise Refusal("unavailable", "it took too long to keep the requests; send them again")
    transaction.remove_entry(org.id, FILLING, job.id)
    _put(transaction, org.id, job, job.created_at_ms)


def _keep(transaction: Transaction, org: Org, job: Job, first: int, requests: Sequence[msgspec.Raw]) -> None:
    for ordinal, request in enumerate(requests, first):
        body = msgspec.json.encode(Item(without_address(request, IN_EVENT)))
        about = _about(transaction, org, job.kind, bytes(request))
        transaction.put_entry(org.id, Entry(ITEM, f"{job.id}/{ordinal:05d}", body, about))


def find(reader: Reader, org: OrgId, kind: str | None, name: str) -> Job:
    """The job of that id, and of that kind if one is given. Refusal: `resource_not_found`."""
    entry = reader.entry(org, JOB, name)
    job = msgspec.json.decode(entry.body, type=Job) if entry else None
    if job is None or kind not in (None, job.kind):
        raise Refusal("resource_not_found", "no such job; jobs are kept for 7 days")
    return job


def results(reader: Reader, org: OrgId, job: Job, kind: str, after: str, limit: int) -> tuple[list[Item], str | None]:
    """Items of a finished job that became `kind`, and the cursor of the next page if there is one.

    `limit` of them, or fewer where they are large, but one at least.
    """
    items: list[Item] = []
    size, last = 0, after
    for entry in _entries(reader, org, job, kind, after):
        if len(items) == limit or size > PAGE_BYTES_MAX:
            return items, last
        items.append(msgspec.json.decode(entry.body, type=Item))
        size, last = size + len(entry.body), entry.id.partition("/")[2]
    return items, None


def _entries(reader: Reader, org: OrgId, job: Job, kind: str, after: str) -> Iterator[Entry]:
    while found := reader.entries(org, kind, f"{job.id}/", f"{job.id}/{after}", _AT_ONCE):
        yield from found
        after = found[-1].id.partition("/")[2]


def work_off(store: Store, clock: Clock, ids: Ids, done: Callable[[], None], due: Sequence[Due]) -> None:
    """Do the next items of the first of these jobs, or forget the next if it is over. `done` hears of what was done."""
    name, entry = due[0]
    job = msgspec.json.decode(entry.body, type=Job)
    if job.status != PROCESSING:
        store.submit(functools.partial(_forget_some, name=name, of=entry)).result()
        return
    do = functools.partial(_do_some, name=name, job_id=job.id, now_ms=clock.now_ms(), ids=ids)
    try:
        store.submit(do).result()
    except StoreError:
        raise
    except Exception:
        _do_one_by_one(store, functools.partial(do, limit=1), functools.partial(_fail_next, name=name, job_id=job.id))
    done()


def clear(store: Store, due: Sequence[Due]) -> None:
    """Forget what was kept of a batch that nobody took on."""
    name, entry = due[0]
    store.submit(functools.partial(_forget_some, name=name, of=entry)).result()


def _do_one_by_one(store: Store, do: Callable[[Transaction], None], fail: Callable[[Transaction], None]) -> None:
    """Find the item that breaks the work, and go on behind it: a fault of ours costs one item."""
    for _ in range(_CHUNK):
        try:
            store.submit(do).result()
        except StoreError:
            raise
        except Exception as error:
            LOG.error("an item of a batch failed: %s", type(error).__name__)
            store.submit(fail).result()
            return


def _put(transaction: Transaction, org: OrgId, job: Job, due_at_ms: int) -> None:
    body = msgspec.json.encode(job)
    transaction.put_entry(org, Entry(JOB, job.id, body, due_at_ms=due_at_ms, lane=_lane(job)))


def _lane(job: Job) -> str:
    """`0` for a job that is done in one turn, then by the digits of how many turns it takes."""
    if job.status != PROCESSING:
        return _OVER
    turns = -(-(job.total - job.imports - job.errors) // _CHUNK)
    return str(len(str(turns))) if turns > 1 else "0"


def _do_some(transaction: Transaction, name: OrgId, job_id: str, now_ms: int, ids: Ids, limit: int = _CHUNK) -> None:
    """Do the next items; behind the last one the job is over."""
    org, entry = transaction.org(name), transaction.entry(name, JOB, job_id)
    if org is None or entry is None:
        return
    job = msgspec.json.decode(entry.body, type=Job)
    waiting = transaction.entries(name, ITEM, f"{job_id}/", "", limit)
    for item in waiting:
        job = _do(transaction, org, job, item, now_ms, ids)
    if len(waiting) == limit:
        _put(transaction, name, job, now_ms)
        return
    status = FAILED if job.errors else COMPLETED
    _put(transaction, name, msgspec.structs.replace(job, status=status, finished_at_ms=now_ms), now_ms + KEPT_MS)


def _do(transaction: Transaction, org: Org, job: Job, entry: Entry, now_ms: int, ids: Ids) -> Job:
    item = msgspec.json.decode(entry.body, type=Item)
    try:
        done = _report(transaction, org, job, bytes(item.request), now_ms, ids)
    except Refusal as refused:
        return _fail(transaction, org.id, job, entry, refused)
    marks = Marks(org.secret)
    about = marks.of_uid(done.uid) if done.uid else marks.of_device(DeviceId(done.user))
    item = msgspec.structs.replace(
        item, user=done.user, session=done.session or "", outcome=done.outcome.value,
        at_ms=done.at_ms, notes=tuple((note.code, note.name) for note in done.notes),
    )  # fmt: skip
    transaction.remove_entry(org.id, ITEM, entry.id)
    transaction.put_entry(org.id, Entry(IMPORT, entry.id, msgspec.json.encode(item), about))
    return msgspec.structs.replace(job, imports=job.imports + 1)


def _fail(transaction: Transaction, org: OrgId, job: Job, entry: Entry, refused: Refusal) -> Job:
    item = msgspec.json.decode(entry.body, type=Item)
    item = msgspec.structs.replace(item, code=refused.code, message=refused.message)
    transaction.remove_entry(org, ITEM, entry.id)
    transaction.put_entry(org, Entry(FAILURE, entry.id, msgspec.json.encode(item), entry.about))
    return msgspec.structs.replace(job, errors=job.errors + 1)


def _fail_next(transaction: Transaction, name: OrgId, job_id: str) -> None:
    entry = transaction.entry(name, JOB, job_id)
    waiting = transaction.entries(name, ITEM, f"{job_id}/", "", 1)
    if entry is None or entry.due_at_ms is None or not waiting:
        return
    job = msgspec.json.decode(entry.body, type=Job)
    ours = Refusal("server_error", "an unexpected failure of ours")
    _put(transaction, name, _fail(transaction, name, job, waiting[0], ours), entry.due_at_ms)


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
    if person is None:  # a device that is being placed again is nobody's, and can be erased all the same (AT-2.3)
        return marks.of_device(found.device) if found else marks.of_device(DeviceId(name)) if name else None
    return marks.of_uid(person.uid) if person.uid else marks.of_device(DeviceId(person.id))


def _forget_some(transaction: Transaction, name: OrgId, of: Entry) -> None:
    """Forget the next items of a batch, or the entry it is known by if there are none."""
    kinds = (ITEM, IMPORT, FAILURE)
    found = [entry for kind in kinds for entry in transaction.entries(name, kind, f"{of.id}/", "", _CHUNK)]
    for entry in found or [of]:
        transaction.remove_entry(name, entry.kind, entry.id)
