"""Instants as text: ISO-8601, as the REST API reads and writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_INSTANT_MS_MAX: Final = 253_402_300_799_999
"""The end of the year 9999."""


def iso_text(at_ms: int) -> str:
    """ISO-8601 in UTC with ms."""
    found = datetime.fromtimestamp(min(max(at_ms, 0), _INSTANT_MS_MAX) / 1000, UTC)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_ms(text: str) -> int | None:
    """An ISO-8601 time as ms since 1970, UTC unless it says otherwise; None if it is none."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        return round(found.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
