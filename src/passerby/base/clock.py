"""Time as an argument: the port through which anyone learns what time it is."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Tells the wall time."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        ...
