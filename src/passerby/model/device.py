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


class Binding(msgspec.Struct, frozen=True):
    """The device belongs to `uid`, since the identify at `instant`; written once (ID-1)."""

    uid: Uid
    instant: Instant


class Seal(msgspec.Struct, frozen=True):
    """The device may receive nothing past `instant`. `why` is the sealing `end`'s, or `conflict` (AT-4)."""

    instant: Instant
    why: str

    def past(self, instant: Instant) -> bool:
        """Whether `instant` is too late. The `end` that seals is not; the `identify` that conflicts is.

        A tie is too late, but for an `identify`: it must bind nobody to what follows.
        """
        if self.why != CONFLICT and (
            instant.identifies or (instant.page, instant.n) == (self.instant.page, self.instant.n)
        ):
            return self.instant.before(instant)
        return not instant.before(self.instant)


class Gap(msgspec.Struct, frozen=True):
    """A part of a device's time that was somebody else's (AT-4.1).

    From `start` (None: from the device's beginning) up to `until`, which is within if `closed`.
    """

    start: Instant | None
    until: Instant
    uid: Uid | None
    closed: bool = False

    def holds(self, instant: Instant) -> bool:
        """Whether `instant` lies within."""
        if instant.page == self.until.page and instant.n == self.until.n:
            return self.closed
        begun = self.start is None or not instant.before(self.start)
        return begun and instant.before(self.until)


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
