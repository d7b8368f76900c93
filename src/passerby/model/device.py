"""Devices: instants on them, what they are bound to, where they end."""

from __future__ import annotations

from typing import Final

import msgspec

from passerby.base.ids import DeviceId, PageId, Uid
from passerby.base.units import MINUTE_MS

SAME_CLOCK_MS: Final = MINUTE_MS
"""Two bundles of a device whose offsets differ by no more were sent under the same clock (AT-2)."""

FUTURE_MS_MAX: Final = 5 * MINUTE_MS
"""No operation's client time is later than its bundle's `sent` by more (AT-7)."""

CONFLICT: Final = "conflict"
"""Why a seal that no client asked for was set (AT-4)."""


class Instant(msgspec.Struct, frozen=True, array_like=True):
    """A moment on a device (AT-2): client time `t`, server time `at`, and offset (received − sent) of its bundle.

    `identifies` says that an identify was made then.
    """

    page: PageId
    n: int
    t: int
    at: int
    offset_ms: int
    identifies: bool = False

    def before(self, other: Instant) -> bool:
        """Whether this came before `other`; a tie did not (AT-2)."""
        if self.page == other.page:
            return self.n < other.n
        if abs(self.offset_ms - other.offset_ms) <= SAME_CLOCK_MS:
            return self.t < other.t
        return self.at < other.at

    def is_in_time_for(self, end: Instant) -> bool:
        """Whether this came before an `end` of the client's, or is that end.

        A tie came too late, but for an `identify`: it must bind nobody to what follows the end (AT-2).
        """
        if self.identifies or (self.page, self.n) == (end.page, end.n):
            return not end.before(self)
        return self.before(end)


class Binding(msgspec.Struct, frozen=True):
    """The device belongs to `uid`, since the identify at `instant`; written once (ID-1)."""

    uid: Uid
    instant: Instant


class Seal(msgspec.Struct, frozen=True):
    """The device may receive nothing past `instant`. `why` is the sealing `end`'s, or `conflict` (AT-4)."""

    instant: Instant
    why: str

    def past(self, instant: Instant) -> bool:
        """Whether `instant` is too late. The `end` that seals is not; the `identify` that conflicts is."""
        if self.why == CONFLICT:
            return not instant.before(self.instant)
        return not instant.is_in_time_for(self.instant)


class Gap(msgspec.Struct, frozen=True):
    """A part of a device's time that was somebody else's (AT-4.1).

    From the device's beginning up to `until`, or if `closed` up to and with the `end` made then.
    """

    until: Instant
    uid: Uid | None
    closed: bool = False

    def holds(self, instant: Instant) -> bool:
        """Whether `instant` lies within."""
        return instant.is_in_time_for(self.until) if self.closed else instant.before(self.until)


class Device(msgspec.Struct, frozen=True):
    """What identity needs to know of a device."""

    id: DeviceId
    binding: Binding | None = None
    seal: Seal | None = None
    gaps: tuple[Gap, ...] = ()

    def is_bound_by(self, instant: Instant) -> bool:
        """Whether the identify at `instant` is the one that bound it."""
        bound = self.binding.instant if self.binding else None
        return bound is not None and (bound.page, bound.n) == (instant.page, instant.n)
