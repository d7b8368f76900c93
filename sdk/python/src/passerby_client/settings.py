"""The settings of `start` (CL-3): every number that the pages of spec/ name, under that name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from passerby_client.limits import Rates, rates

REMAINS_MS_MAX: Final = 30 * 24 * 60 * 60 * 1000  # QU-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    org: str
    capture: bool = True
    app: str = ""
    sdk: str = ""
    split_on_identify: bool = False
    mobile: bool = False
    hold: Literal["page", "auth"] | None = None
    """What waits at the start: the first page, or all until it is known who is there (CL-16)."""
    idle_ms: int = 1_800_000
    age_ms: int = 86_400_000
    activity_write_ms: int = 5000
    flush_ms: int = 5000
    settle_ms: int = 5000
    retry_ms: int = 1000
    retry_max_ms: int = 60_000
    bundle_operations_max: int = 100
    queue_operations_max: int = 1000
    outbox_chars_max: int = 262_144
    rates: Rates


def settings_of(given: Mapping[str, Any]) -> Settings:
    """The settings as given; members that no page names belong to the platform and are passed over."""
    known = {field.name for field in fields(Settings)} - {"rates", "mobile"}
    mobile = given.get("mobile") is True
    return Settings(
        mobile=mobile,
        rates=rates(mobile, given.get("limits") or {}),
        **{name: value for name, value in given.items() if name in known},
    )
