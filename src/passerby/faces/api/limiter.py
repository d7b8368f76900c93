"""How many requests a key may make: off unless the settings name a rate."""

from __future__ import annotations

import threading

from passerby.base.rate import Rates


class Limiter:
    """At most `per_second` requests of each key, for many threads; 0 lets everything through."""

    def __init__(self, per_second: int) -> None:
        self._rates = Rates(per_second, per_second)
        self._lock = threading.Lock()

    def take(self, key: bytes, now_ms: int) -> int:
        """0 if the request may go on, else after how many whole seconds to come again."""
        with self._lock:
            return self._rates.take(key, now_ms)
