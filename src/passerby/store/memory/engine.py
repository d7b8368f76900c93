"""The engine: a lock, and the truth behind it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager

from passerby.base.errors import StoreClosed
from passerby.store.contract import (
    T,
    Transaction,
)
from passerby.store.memory.reader import MemoryReader
from passerby.store.memory.transaction import MemoryTransaction
from passerby.store.memory.truth import Truth


def _unwatched(_seconds: float) -> None:
    """Nobody asked how long commits take."""


class MemoryStore:
    """A store that lives as long as its process."""

    def __init__(self) -> None:
        self._truth = Truth()
        self._lock = threading.RLock()
        self._closed = False
        self._observe: Callable[[float], object] = _unwatched

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """See the contract; the work is done when this returns."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise StoreClosed("the store is closed")
            began = time.perf_counter()
            try:
                result = work(MemoryTransaction(self._truth))
            except BaseException as error:
                self._truth.take_back()
                future.set_exception(error)
            else:
                self._truth.keep_all()
                future.set_result(result)
            self._observe(time.perf_counter() - began)
        return future

    @contextmanager
    def read(self) -> Iterator[MemoryReader]:
        """See the contract; writers wait while a reader is inside."""
        with self._lock:
            yield MemoryReader(self._truth)

    def rebuild(self) -> None:
        """Nothing is kept that only serves reading."""

    def scrub(self) -> None:
        """Nothing is kept in files."""

    def trouble(self) -> str | None:
        """Only being closed."""
        return "the store is closed" if self._closed else None

    def sizes(self) -> Mapping[str, int]:
        """There are no files."""
        return {}

    def watch_commits(self, observe: Callable[[float], object]) -> None:
        """See the contract."""
        self._observe = observe

    def close(self) -> None:
        """See the contract."""
        self._closed = True
