"""Sessions as people see them, and when a silent one ended (SE-6)."""

from __future__ import annotations

from typing import Final

import msgspec

from passerby.base.ids import DeviceId, SessionId
from passerby.base.units import HOUR_MS, MINUTE_MS

IDLE_MS: Final = 30 * MINUTE_MS
AGE_MS: Final = 24 * HOUR_MS


class Session(msgspec.Struct, frozen=True):
    """One visit on one device; instants in server time. `end_why` is None while no `end` was reported."""

    id: SessionId
    device: DeviceId
    began_at_ms: int
    active_at_ms: int
    ended_at_ms: int | None
    end_why: str | None
    operations: int
    events: int
    pages: int

    def ending(self, now_ms: int, idle_ms: int = IDLE_MS, age_ms: int = AGE_MS) -> tuple[int, str] | None:
        """When and why it ended, or None while it is open (SE-1, SE-6)."""
        if self.ended_at_ms is not None and self.end_why is not None:
            return self.ended_at_ms, self.end_why
        limit, why = min((self.began_at_ms + age_ms, "age"), (self.active_at_ms + idle_ms, "timeout"))
        return (limit, why) if now_ms >= limit else None
