"""Instants as text: ISO-8601, as the REST API reads and writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT_MS_MAX: Final = 253_402_300_799_999
"""The end of the year 9999."""


@lru_cache(maxsize=1024)
def iso_text(at_ms: int) -> str:
    """ISO-8601 in UTC with ms."""
    found = _EPOCH + timedelta(milliseconds=min(max(at_ms, 0), _INSTANT_MS_MAX))  # a float loses ms after 2242
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_ms(text: str) -> int | None:
    """An ISO-8601 time as ms since 1970, UTC unless it says otherwise; None if it is none."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        return round((found - _EPOCH) / timedelta(milliseconds=1))
    except (ValueError, OverflowError):
        return None
