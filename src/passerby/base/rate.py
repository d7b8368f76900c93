"""How often somebody may come: a steady rate with a burst, for each of many keys (LI-5)."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Final

from passerby.base.units import SECOND_MS

KEYS_MAX: Final = 50_000


class Rates:
    """At most `burst` at once and `per_second` in the long run, for each key; 0 a second lets everything through.

    For each key one number is kept: when its bucket is full again (GCRA). At most `keys_max` are remembered; who was
    not heard of longest is forgotten first, and begins with a full bucket. Not for several threads at once.
    """

    def __init__(self, per_second: int, burst: int, keys_max: int = KEYS_MAX) -> None:
        self._interval_ms = SECOND_MS / per_second if per_second else 0.0
        self._slack_ms = (burst - 1) * self._interval_ms
        self._full_at_ms: dict[Hashable, float] = {}
        self._keys_max = keys_max

    def take(self, key: Hashable, now_ms: float) -> int:
        """0 if this one may go on, else after how many whole seconds to come again."""
        if not self._interval_ms:
            return 0
        full_at_ms = max(self._full_at_ms.pop(key, 0.0), now_ms)
        over_ms = full_at_ms - now_ms - self._slack_ms
        refused = over_ms > 0
        self._full_at_ms[key] = full_at_ms if refused else full_at_ms + self._interval_ms
        if len(self._full_at_ms) > self._keys_max:
            del self._full_at_ms[next(iter(self._full_at_ms))]
        return math.ceil(over_ms / SECOND_MS) if refused else 0
