"""The worker: one thread that does what is due, a little of each org and lane in turn.

What is due is an entry in the store with a time. A handler works an entry off by removing it or by putting it again
with another time, in the transaction that does the work; so a stop at any instant neither loses nor repeats anything.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from passerby.base.clock import Clock
from passerby.base.errors import StoreClosed
from passerby.base.ids import OrgId
from passerby.base.units import MINUTE_MS
from passerby.jobs.turns import Turns
from passerby.store.contract import Entry, Store, Transaction

Due = tuple[OrgId, Entry]
Handler = Callable[[Sequence[Due]], None]
"""Works off entries of one kind, org and lane, or begins to: what is left is due again, behind the others' turns."""

_TOGETHER_MAX: Final = 64
_WAIT_MS_MAX: Final = MINUTE_MS
AGAIN_MS: Final = MINUTE_MS
LOG: Final = logging.getLogger("uvicorn.error")


class Worker:
    """Works off entries by their kind. Nothing runs before `start`."""

    def __init__(self, store: Store, clock: Clock, handlers: Mapping[str, Handler], name: str) -> None:
        self.name = name
        self._store = store
        self._clock = clock
        self._handlers = handlers
        self._turns = Turns()
        self._news = threading.Condition()
        self._has_news = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin with whatever is due already."""
        self._thread.start()

    def wake(self) -> None:
        """Say that something new is due."""
        with self._news:
            self._has_news = True
            self._news.notify()

    def close(self) -> None:
        """Finish what is being done, leave the rest. Idempotent."""
        with self._news:
            self._closed = True
            self._news.notify()
        if self._thread.is_alive():
            self._thread.join()

    def run_due(self) -> int:
        """Give a turn to the lane whose it is; how many entries were due there."""
        now_ms = self._clock.now_ms()
        with self._store.read() as reader:
            lanes = reader.lanes(list(self._handlers))
            waiting = self._turns.order(found for found in lanes if found.due_at_ms <= now_ms)
            if not waiting:
                return 0
            lane = waiting[0]
            due = [(lane.org, entry) for entry in reader.due_in(lane, now_ms, _TOGETHER_MAX)]
        self._turns.forget_all_but(lanes)
        self._turns.took(lane)
        try:
            self._handlers[lane.kind](due)
        except StoreClosed:
            raise
        except Exception as error:
            LOG.error("the work %s failed and is tried again: %s", lane.kind, type(error).__name__)
            self._put_off(due)
        return len(due)

    def _put_off(self, due: Sequence[Due]) -> None:
        now_ms = self._clock.now_ms()
        for org, entry in due:
            self._store.submit(functools.partial(put_off, org=org, due=entry, now_ms=now_ms)).result()

    def _run(self) -> None:
        while not self._closed:
            try:
                if not self.run_due():
                    self._wait()
            except StoreClosed:
                return
            except Exception as error:
                LOG.error("the store could not be asked for work: %s", type(error).__name__)
                self._rest(AGAIN_MS)

    def _wait(self) -> None:
        with self._store.read() as reader:
            lanes = reader.lanes(list(self._handlers))
        due_at_ms = min((lane.due_at_ms for lane in lanes), default=None)
        self._rest(_WAIT_MS_MAX if due_at_ms is None else due_at_ms - self._clock.now_ms())

    def _rest(self, until_ms: int) -> None:
        with self._news:
            if not self._has_news and not self._closed:
                self._news.wait(min(max(until_ms, 0), _WAIT_MS_MAX) / 1000)
            self._has_news = False


def put_off(transaction: Transaction, org: OrgId, due: Entry, now_ms: int) -> None:
    """Have what is still due done a minute later."""
    entry = transaction.entry(org, due.kind, due.id)
    if entry is not None and entry.due_at_ms is not None and entry.due_at_ms <= now_ms:
        transaction.put_entry(org, msgspec.structs.replace(entry, due_at_ms=now_ms + AGAIN_MS))
