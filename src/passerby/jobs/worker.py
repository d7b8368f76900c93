"""The worker: one thread that does what is due, in the order in which it is due.

What is due is an entry in the store with a time. A handler works an entry off by removing it or by putting it again
with another time, in the transaction that does the work; so a stop at any instant neither loses nor repeats anything.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Final

import msgspec

from passerby.base.clock import Clock
from passerby.base.errors import PasserbyError, StoreClosed
from passerby.base.ids import OrgId
from passerby.base.units import MINUTE_MS
from passerby.store.contract import Entry, Store, Transaction

Due = tuple[OrgId, Entry]
Handler = Callable[[Sequence[Due]], None]
"""Works off entries of one kind."""

_TOGETHER_MAX: Final = 64
_WAIT_MS_MAX: Final = MINUTE_MS
_AGAIN_MS: Final = MINUTE_MS
_LOG: Final = logging.getLogger("uvicorn.error")


class Worker:
    """Works off entries by their kind. Nothing runs before `start`."""

    def __init__(self, store: Store, clock: Clock, handlers: Mapping[str, Handler], name: str) -> None:
        self._store = store
        self._clock = clock
        self._handlers = handlers
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
        """Do what is due now; how many entries that were."""
        with self._store.read() as reader:
            due = reader.due_entries(list(self._handlers), self._clock.now_ms(), _TOGETHER_MAX)
        for kind, together in groupby(due, lambda pair: pair[1].kind):
            entries = list(together)
            try:
                self._handlers[kind](entries)
            except StoreClosed:
                raise
            except PasserbyError as error:
                _LOG.error("the work %s failed and is tried again: %s", kind, type(error).__name__)
                self._put_off(entries)
        return len(due)

    def _put_off(self, due: Sequence[Due]) -> None:
        again_at_ms = self._clock.now_ms() + _AGAIN_MS
        for org, entry in due:
            later = msgspec.structs.replace(entry, due_at_ms=again_at_ms)
            self._store.submit(functools.partial(_postpone, org=org, later=later)).result()

    def _run(self) -> None:
        while not self._closed:
            try:
                if not self.run_due():
                    self._wait()
            except StoreClosed:
                return
            except PasserbyError as error:
                _LOG.error("the store could not be asked for work: %s", type(error).__name__)
                self._rest(_AGAIN_MS)

    def _wait(self) -> None:
        with self._store.read() as reader:
            due_at_ms = reader.next_due_at_ms(list(self._handlers))
        self._rest(_WAIT_MS_MAX if due_at_ms is None else due_at_ms - self._clock.now_ms())

    def _rest(self, until_ms: int) -> None:
        with self._news:
            if not self._has_news and not self._closed:
                self._news.wait(min(max(until_ms, 0), _WAIT_MS_MAX) / 1000)
            self._has_news = False


def _postpone(transaction: Transaction, org: OrgId, later: Entry) -> None:
    if transaction.entry(org, later.kind, later.id) is not None:
        transaction.put_entry(org, later)
