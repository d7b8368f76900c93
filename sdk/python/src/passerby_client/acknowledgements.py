"""Async calls that wait for the server's answer to their identity operation (ID-8). Each settles, always."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from passerby_client import codes
from passerby_client.ports import Ports
from passerby_client.queue import Answered

Settle = Callable[[object, str | None], None]
"""(value, code): called exactly once; the code is None for a call that did what it was asked."""


@dataclass(slots=True)
class _Waiting:
    page: str
    n: int
    until_ms: int
    settle: Settle


class Acknowledgements:
    def __init__(self, ports: Ports, settle_ms: int) -> None:
        self._ports = ports
        self._settle_ms = settle_ms
        self._waiting: list[_Waiting] = []

    def await_answer(self, page: str, n: int, settle: Settle) -> None:
        """Settle when operation `n` of `page` is answered, after `settle_ms` at the latest."""
        self._waiting.append(_Waiting(page, n, self._ports.clock.wall_ms() + self._settle_ms, settle))
        self._wake()

    def answered(self, answered: Answered) -> None:
        """An answer took operations away: some may have been waited for."""
        refused = {n for n, _ in answered.refused}
        there = {(entry.stamp["page"], entry.op["n"]) for entry in answered.entries}
        for waiting in [waiting for waiting in self._waiting if (waiting.page, waiting.n) in there]:
            self._waiting.remove(waiting)
            stored = answered.accepted and waiting.n not in refused
            waiting.settle(None, None if stored else codes.NOT_ACKNOWLEDGED)
            self._wake()

    def expire(self) -> None:
        """The timer `settle` is there."""
        now_ms = self._ports.clock.wall_ms()
        for waiting in [waiting for waiting in self._waiting if waiting.until_ms <= now_ms]:
            self._waiting.remove(waiting)
            waiting.settle(None, codes.NOT_ACKNOWLEDGED)
        self._wake()

    def _wake(self) -> None:
        latest_ms = self._ports.clock.wall_ms() + self._settle_ms
        for waiting in self._waiting:
            waiting.until_ms = min(waiting.until_ms, latest_ms)
        if self._waiting:
            self._ports.timers.set("settle", min(waiting.until_ms for waiting in self._waiting))
        else:
            self._ports.timers.clear("settle")
