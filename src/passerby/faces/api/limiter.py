"""How many requests a key may make: a token bucket for each, off unless the settings name a rate."""

from __future__ import annotations

import math
import threading

from passerby.base.units import SECOND_MS


class Limiter:
    """Holds at most `per_second` tokens for each key, refilled continuously; 0 lets everything through."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._buckets: dict[bytes, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def take(self, key: bytes, now_ms: int) -> int:
        """0 if the request may go on, else after how many whole seconds to come again."""
        if not self._per_second:
            return 0
        with self._lock:
            tokens, at_ms = self._buckets.get(key, (float(self._per_second), now_ms))
            tokens = min(self._per_second, tokens + max(0, now_ms - at_ms) * self._per_second / SECOND_MS)
            allowed = tokens >= 1
            self._buckets[key] = (tokens - allowed, now_ms)
        return 0 if allowed else math.ceil((1 - tokens) / self._per_second)
