"""How often somebody may try to sign in (DA-2.1): exact, and by a clock that nobody can set.

`limits` counts by the wall clock, so that a clock set back would lock everybody out, and one set forward would let
everybody try; hence a window of our own.
"""

from __future__ import annotations

import ipaddress
import math
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from passerby.base.errors import Refusal

_WINDOWS_MIN: Final = 4096
"""When there are as many windows, or twice as many as were left the last time, those that count nothing any more go."""


class Limit(msgspec.Struct, frozen=True):
    """`most` tries within any `within_s` seconds."""

    most: int
    within_s: float


ADDRESS: Final = Limit(10, 300)
FIRST: Final = Limit(60, 60)
AGAIN: Final = Limit(60, 60)
KNOWN: Final = Limit(10, 300)
CODE: Final = Limit(10, 900)


class TooManyAttempts(Refusal):
    """A try is refused before it is looked at; `wait_s` says in how many seconds the next may be made."""

    def __init__(self, wait_s: int) -> None:
        super().__init__("too_many_attempts", f"too many attempts: wait {wait_s} seconds")
        self.wait_s = wait_s


class Attempt(msgspec.Struct, frozen=True):
    """A try that was counted: when, and in which windows."""

    at_s: float
    windows: tuple[str, ...]


class Attempts:
    """Counts tries in windows, each a name and its limit. `now_s` must never go back (a monotonic clock)."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._tries: dict[str, deque[float]] = {}
        self._limits: dict[str, Limit] = {}
        self._lock = threading.Lock()
        self._forget_at = _WINDOWS_MIN

    def by_stranger(self, address: str) -> Attempt:
        """Count a try by an unproved browser: for its network, and over all of them. TooManyAttempts.

        A network's first try has a budget apart from the further ones, so that few networks cannot use up what
        everybody else needs.
        """
        window = f"address {network_of(address)}"
        with self._lock:
            overall = ("again", AGAIN) if self._standing(window, ADDRESS) else ("first", FIRST)
            return self._count((window, ADDRESS), overall)

    def by(self, window: str, limit: Limit) -> Attempt:
        """Count a try in one window. TooManyAttempts."""
        with self._lock:
            return self._count((window, limit))

    def forgive(self, attempt: Attempt) -> None:
        """Do not count a try: it was right."""
        with self._lock:
            for window in attempt.windows:
                if attempt.at_s in self._tries.get(window, ()):
                    self._tries[window].remove(attempt.at_s)

    def _count(self, *windows: tuple[str, Limit]) -> Attempt:
        now_s = self._now_s()
        for window, limit in windows:
            standing = self._standing(window, limit)
            if len(standing) >= limit.most:
                raise TooManyAttempts(max(1, math.ceil(standing[0] + limit.within_s - now_s)))
        for window, limit in windows:
            self._limits[window] = limit
            self._tries.setdefault(window, deque()).append(now_s)
        if len(self._tries) >= self._forget_at:
            self._forget()
        return Attempt(now_s, tuple(window for window, _ in windows))

    def _standing(self, window: str, limit: Limit) -> deque[float]:
        """The tries of a window that still count, the oldest first."""
        tries = self._tries.get(window, deque())
        while tries and tries[0] <= self._now_s() - limit.within_s:
            tries.popleft()
        return tries

    def _forget(self) -> None:
        for window in [name for name, limit in self._limits.items() if not self._standing(name, limit)]:
            self._tries.pop(window, None)
            del self._limits[window]
        self._forget_at = max(_WINDOWS_MIN, 2 * len(self._tries))


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /48 that one customer may hold of IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.IPv6Network((found, 48), strict=False))
    return str(found)
