"""What is done later, by the kind of entry. What may take long has a worker of its own: nothing else waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from passerby.base.clock import Clock
from passerby.base.ids import DeviceId, Ids
from passerby.ingest import erasing, holding
from passerby.jobs import batch
from passerby.jobs.delivery import WATCH, forget, watch
from passerby.jobs.worker import Due, Handler, Worker
from passerby.store.contract import Store

REPLY: Final = "reply"
"""The kind of the entries that remember an answer of the API until they are due (AP-3)."""
EXPORT: Final = "export"
"""The kind of the entries that are exports, until they are forgotten (AP-10)."""
PLACINGS: Final = "placings"
"""The name of the worker that places held devices again (AT-2.3)."""
_LENGTHY: Final = {
    "batches": (batch.JOB, batch.FILLING),
    "erasures": (erasing.ERASING, erasing.SCRUBBING),
    PLACINGS: (holding.PLACING,),
}
_OTHERWISE: Final = "housekeeping"


def work_of(
    store: Store, clock: Clock, ids: Ids, scrub_delay_ms: int = 0, announced: Callable[[], None] = lambda: None
) -> Mapping[str, Handler]:
    """Everything that is done later, but for what speaks to other hosts.

    The files are rewritten `scrub_delay_ms` after the first erasure that waits for it, once for all that do.
    `announced` hears that there may be something to tell a webhook.
    """
    return {
        batch.JOB: partial(batch.work_off, store, clock, ids, announced),
        batch.FILLING: partial(batch.clear, store),
        erasing.ERASING: partial(_remove, store, clock, scrub_delay_ms),
        erasing.SCRUBBING: lambda _due: erasing.scrub(store, clock.now_ms()),
        holding.PLACING: partial(_place, store, clock),
        WATCH: partial(watch, store, clock, announced),
        **{kind: partial(_forget, store) for kind in (REPLY, EXPORT)},
    }


def workers_of(store: Store, clock: Clock, work: Mapping[str, Handler]) -> tuple[Worker, ...]:
    """A worker for batches, one for erasures, one for placings, and one for all that takes no time."""
    named = {kind: name for name, kinds in _LENGTHY.items() for kind in kinds}
    names = dict.fromkeys(named.get(kind, _OTHERWISE) for kind in work)
    return tuple(
        Worker(store, clock, {kind: work[kind] for kind in work if named.get(kind, _OTHERWISE) == name}, name)
        for name in names
    )


def _place(store: Store, clock: Clock, due: Sequence[Due]) -> None:
    org, entry = due[0]
    store.submit(partial(holding.step, name=org, device=DeviceId(entry.id), now_ms=clock.now_ms())).result()


def _remove(store: Store, clock: Clock, scrub_delay_ms: int, due: Sequence[Due]) -> None:
    name, entry = due[0]
    now_ms = clock.now_ms()
    with store.read() as reader:
        org = reader.org(name)
        behind = holding.behind(reader, org, erasing.waits_for(reader, org, entry, now_ms)) if org else None
    if behind is not None:
        store.submit(partial(holding.step, name=name, device=behind, now_ms=now_ms)).result()
    else:
        erasing.remove(store, name, entry, now_ms + scrub_delay_ms)


def _forget(store: Store, due: Sequence[Due]) -> None:
    org = due[0][0]
    store.submit(partial(forget, org=org, due=[entry for _, entry in due])).result()
