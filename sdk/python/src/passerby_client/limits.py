"""Token buckets: how many calls a page may make (LI-1). What becomes of one over the limit, the machine says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

Bucket = Literal["identity", "properties", "events"]
Rates = Mapping[Bucket, tuple[int, int]]
"""How many in a second, and in a minute."""

WEB: Final[Rates] = {"identity": (10, 30), "properties": (10, 30), "events": (40, 60)}
MOBILE: Final[Rates] = {"identity": (5, 12), "properties": (5, 12), "events": (10, 30)}
_WINDOWS_MS: Final = (1000, 60_000)


class Limits:
    """The buckets of one page id; a new page id starts full ones (PV-1)."""

    def __init__(self, rates: Rates, now_ms: int) -> None:
        self._pairs = {
            bucket: [_Tokens(most, window_ms, now_ms) for most, window_ms in zip(pair, _WINDOWS_MS, strict=True)]
            for bucket, pair in rates.items()
        }

    def take(self, bucket: Bucket, now_ms: int) -> bool:
        """One token from both windows of `bucket`, or none and False."""
        pair = self._pairs[bucket]
        for tokens in pair:
            tokens.refill(now_ms)
        if not all(tokens.is_enough for tokens in pair):
            return False
        for tokens in pair:
            tokens.take()
        return True


class _Tokens:
    """At most so many in a window. A level counts ms times tokens, all whole: nothing is ever rounded."""

    def __init__(self, most: int, window_ms: int, now_ms: int) -> None:
        self._most = most
        self._window_ms = window_ms
        self._at_ms = now_ms
        self._level = most * window_ms

    @property
    def is_enough(self) -> bool:
        return self._level >= self._window_ms

    def take(self) -> None:
        self._level -= self._window_ms

    def refill(self, now_ms: int) -> None:
        gap_ms = max(0, now_ms - self._at_ms)
        self._at_ms = now_ms
        self._level = min(self._most * self._window_ms, self._level + gap_ms * self._most)


def rates(mobile: bool, changed: Mapping[str, Sequence[int]]) -> Rates:
    """The preset, with the pairs of `changed` in place of its own."""
    preset = MOBILE if mobile else WEB
    return {bucket: (pair[0], pair[1]) for bucket in preset for pair in [changed.get(bucket, preset[bucket])]}
