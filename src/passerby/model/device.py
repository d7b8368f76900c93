"""Devices: instants on them, what they are bound to, where they end, and what their pages claimed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, PageId, Uid
from passerby.base.units import MINUTE_MS

SAME_CLOCK_MS: Final = MINUTE_MS
"""Two bundles of a device whose offsets differ by no more were sent under the same clock (AT-2)."""

FUTURE_MS_MAX: Final = 5 * MINUTE_MS
"""No operation's client time is later than its bundle's `sent` by more (AT-7)."""

SLACK_MS: Final = SAME_CLOCK_MS + FUTURE_MS_MAX
"""By its server time an operation may seem so much earlier than it was, compared with another of its clock."""

FACTS_MAX: Final = 16
"""How many contradictions and ends a summary lists."""

CLAIMS_MAX: Final = 10_000
"""Of a device with more claims nobody tells who was first (AT-4)."""

EVERYBODY: Final = ""
"""Whom an `end` lets go that was made on a page that was told nobody (AT-3)."""


UNPROVED: Final = "unproved"
"""In place of a uid's mark: the page was told somebody, and nobody knows whom (AT-10)."""


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
    """The device may receive nothing past `instant`. `why` is the sealing `end`'s."""

    instant: Instant
    why: str

    def past(self, instant: Instant) -> bool:
        """Whether `instant` is too late. The `end` that seals is not."""
        return not instant.is_in_time_for(self.instant)


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """A page was told somebody: the identify at `instant` (AT-3). `uid` is a keyed mark, never a uid.

    `is_late` says that the uid had been erased since, and the identify was made before that (PV-2.2).
    """

    instant: Instant
    uid: str
    received_at_ms: int
    is_late: bool = False

    @property
    def is_unproved(self) -> bool:
        """Whether nobody knows whom the page was told (AT-10)."""
        return self.uid == UNPROVED

    @property
    def rank(self) -> tuple[int, int, int, str, int]:
        """Of two claims the one that ranks lower was there first, by the server's own clock (AT-4)."""
        at = self.instant
        return (self.received_at_ms, at.at, at.t, at.page, at.n)


class Ending(msgspec.Struct, frozen=True, array_like=True):
    """A sealing `end`: `lets_go` is the mark of whom its page was told, or `EVERYBODY` (AT-3)."""

    instant: Instant
    why: str
    lets_go: str = EVERYBODY

    def applies_to(self, uid: str) -> bool:
        """Whether it lets go the one whose mark is `uid`."""
        return self.lets_go in (EVERYBODY, uid)


class Summary(msgspec.Struct, frozen=True, array_like=True):
    """What all pages of a troubled device share (AT-4).

    `owner` is the claim that was received first of those before any end (None: there is none). `contradictions` are
    the first `FACTS_MAX` instants at which another uid was claimed before any end, `ends` the first `FACTS_MAX` ends,
    both by server time. What may lie beyond them is not known: see `horizon_ms`.
    `is_overfull` says that there were too many claims to tell who was first.
    """

    owner: Claim | None = None
    contradictions: tuple[Instant, ...] = ()
    ends: tuple[Ending, ...] = ()
    is_overfull: bool = False


class Device(msgspec.Struct, frozen=True):
    """What identity needs to know of a device.

    `summary` is there once its pages contradicted one another or something was made past an end: then it is troubled.
    `key` is the keyed hash of its key, once one has come (AT-9). `is_held` while it is placed again: until that is done
    nothing on it is anybody's (AT-2.3).
    """

    id: DeviceId
    binding: Binding | None = None
    seal: Seal | None = None
    summary: Summary | None = None
    key: bytes | None = None
    is_held: bool = False


def by_server_time(instant: Instant) -> tuple[int, PageId, int]:
    """The order in which facts are listed."""
    return (instant.at, instant.page, instant.n)


def horizon_ms(listed: Sequence[Instant], listed_max: int) -> float:
    """From which server time on a list by server time may lack facts that concern an operation; never, if it is whole.

    By its server time an operation may be so much too early as two bundles of one clock differ, and as its client time
    may be ahead of its bundle's `sent`.
    """
    return listed[-1].at - SLACK_MS if len(listed) >= listed_max else math.inf
