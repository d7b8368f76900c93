"""Async calls that wait for the server's answer to their identity operation (ID-8). Each settles, always."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from passerby_client import codes
from passerby_client.ports import Ports
from passerby_client.queue import Entry

Settle = Callable[[str | None, object], None]
"""(code, value): called exactly once; the code is None for a call that did what it was asked."""


@dataclass(slots=True, eq=False)
class _Waiting:
    entry: Entry
    until_ms: int
    settle: Settle


class Acknowledgements:
    def __init__(self, ports: Ports, settle_ms: int) -> None:
        self._ports = ports
        self._settle_ms = settle_ms
        self._waiting: list[_Waiting] = []
        self._rings_at_ms = 0

    def await_answer(self, entry: Entry, settle: Settle) -> None:
        """Settle when `entry` is answered, after `settle_ms` at the latest."""
        if entry.is_stored is not None:
            settle(_code(is_stored=entry.is_stored), None)
            return
        self._waiting.append(_Waiting(entry, self._ports.wall_ms() + self._settle_ms, settle))
        self._wake()

    def answered(self, entry: Entry, is_stored: bool) -> None:
        """The server has `entry`, or has refused it."""
        entry.is_stored = is_stored
        self._settle([waiting for waiting in self._waiting if waiting.entry is entry], is_stored=is_stored)

    def expire(self) -> None:
        """The timer `settle` rang, even if the clock stands still: those who have waited long enough hear no."""
        now_ms = max(self._ports.wall_ms(), self._rings_at_ms)
        self._settle([waiting for waiting in self._waiting if waiting.until_ms <= now_ms], is_stored=False)

    def _settle(self, those: Iterable[_Waiting], *, is_stored: bool) -> None:
        for waiting in those:
            self._waiting.remove(waiting)
            waiting.settle(_code(is_stored=is_stored), None)
        self._wake()

    def _wake(self) -> None:
        """Set the timer. A clock that ran backwards makes nobody wait longer than `settle_ms` from now."""
        latest_ms = self._ports.wall_ms() + self._settle_ms
        for waiting in self._waiting:
            waiting.until_ms = min(waiting.until_ms, latest_ms)
        if self._waiting:
            self._rings_at_ms = min(waiting.until_ms for waiting in self._waiting)
            self._ports.set_timer("settle", self._rings_at_ms)
        else:
            self._ports.clear_timer("settle")


def _code(*, is_stored: bool) -> str | None:
    return None if is_stored else codes.NOT_ACKNOWLEDGED
