"""What the worker knows to do, by the kind of entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from passerby.base.clock import Clock
from passerby.base.ids import Ids, OrgId
from passerby.ingest import erasing
from passerby.ingest.announcing import DELIVERY
from passerby.jobs import batch
from passerby.jobs.courier import Carrier
from passerby.jobs.delivery import WATCH, deliver, watch
from passerby.jobs.worker import Due, Handler
from passerby.store.contract import Entry, Store, Transaction

REPLY: Final = "reply"
"""The kind of the entries that remember an answer of the API until they are due (AP-3)."""
EXPORT: Final = "export"
"""The kind of the entries that are exports, until they are forgotten (AP-10)."""


def work_of(store: Store, clock: Clock, ids: Ids, scrub_delay_ms: int = 0) -> Mapping[str, Handler]:
    """Everything that is done later, but for what speaks to other hosts.

    The files are rewritten `scrub_delay_ms` after the first erasure that waits for it, once for all that do.
    """
    return {
        batch.JOB: partial(batch.work_off, store, clock, ids),
        erasing.ERASING: partial(_remove, store, clock, scrub_delay_ms),
        erasing.SCRUBBING: lambda _due: erasing.scrub(store, clock.now_ms()),
        **{kind: partial(_forget, store) for kind in (REPLY, EXPORT)},
    }


def deliveries_of(store: Store, clock: Clock, carrier: Carrier, base: str) -> Mapping[str, Handler]:
    """What speaks to other hosts, and what finds out that there is something to say."""
    return {
        DELIVERY: partial(deliver, store, clock, carrier, base),
        WATCH: partial(watch, store, clock),
    }


def _remove(store: Store, clock: Clock, scrub_delay_ms: int, due: Sequence[Due]) -> None:
    for org, entry in due:
        now_ms = clock.now_ms()
        erasing.remove(store, org, entry, now_ms + scrub_delay_ms)


def _forget(store: Store, due: Sequence[Due]) -> None:
    for org, entry in due:
        store.submit(partial(_forget_one, org=org, entry=entry)).result()


def _forget_one(transaction: Transaction, org: OrgId, entry: Entry) -> None:
    transaction.remove_entry(org, entry.kind, entry.id)
