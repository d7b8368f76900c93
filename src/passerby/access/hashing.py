"""Hashing of passwords, which is dear on purpose: few at a time, few that wait, and the proved first (DA-2.1)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Final, TypeVar

from passerby.base.errors import Refusal

T = TypeVar("T")
THREADS: Final = 2
WAITING_MAX: Final = 16


class Hashing:
    """Runs work on threads of its own, which end when there is nothing to do."""

    def __init__(self, threads: int = THREADS, waiting_max: int = WAITING_MAX) -> None:
        self._threads_max = threads
        self._waiting_max = waiting_max
        self._threads = 0
        self._proved: deque[Callable[[], None]] = deque()
        self._others: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], T], proved: bool) -> Future[T]:
        """Do `work` in its turn; what is `proved` goes before what is not. Refusal: `busy` if too much waits."""
        future: Future[T] = Future()
        with self._lock:
            waiting = self._proved if proved else self._others
            if len(waiting) >= self._waiting_max:
                raise Refusal("busy", "too many people are signing in: try again in a second")
            waiting.append(partial(_do, future, work))
            if self._threads < self._threads_max:
                self._threads += 1
                threading.Thread(target=self._run, name="hashing").start()
        return future

    def _run(self) -> None:
        while True:
            with self._lock:
                waiting = self._proved or self._others
                if not waiting:
                    self._threads -= 1
                    return
                work = waiting.popleft()
            work()


def _do(future: Future[Any], work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)
