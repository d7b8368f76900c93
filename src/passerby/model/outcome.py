"""The one named thing that became of an operation (AT-6)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

import msgspec


class Outcome(Enum):
    """Each has a wire name and says whether the operation was accepted.

    None asks for a retry: what is refused would be refused again.
    """

    STORED = "stored"  # kept, attributed to its device
    BOUND = "bound"  # an identify that bound its device (ID-2)
    SAME_USER = "same_user"  # an identify that changed nothing (ID-4)
    SEALED = "sealed"  # an end that sealed its device (ID-5, ID-6)
    BLEED = "bleed"  # made after an end, kept under a substitute (AT-3)
    CONFLICT = "conflict"  # an identify of another than the device's first (AT-4)
    DIVERTED = "diverted"  # kept under a substitute because pages contradict one another (AT-4)
    APART = "apart"  # came with another key than its device's, kept for nobody (AT-9)
    INVALID_OPERATION = "invalid_operation"
    UNKNOWN_OPERATION = "unknown_operation"
    INVALID_UID = "invalid_uid"
    PLACEHOLDER_UID = "placeholder_uid"
    UNSIGNED_UID = "unsigned_uid"  # an identify without the proof that its org demands (AT-10)
    BAD_SIGNATURE = "bad_signature"  # an identify with a proof that proves nothing (AT-10)
    EXPIRED_SIGNATURE = "expired_signature"  # an identify with a proof that came too late (AT-10)
    INVALID_EVENT_NAME = "invalid_event_name"
    INVALID_PROPERTIES = "invalid_properties"
    TIME_IN_FUTURE = "time_in_future"  # given before AT-7 clamped; receipts of that time have it
    TIME_TOO_OLD = "time_too_old"
    ERASED = "erased"

    @property
    def accepted(self) -> bool:
        """Whether the operation is kept."""
        return self in _ACCEPTED


_ACCEPTED = frozenset(
    {
        Outcome.STORED,
        Outcome.BOUND,
        Outcome.SAME_USER,
        Outcome.SEALED,
        Outcome.BLEED,
        Outcome.CONFLICT,
        Outcome.DIVERTED,
        Outcome.APART,
    }
)


UNPROVED: Final[Mapping[Outcome, str]] = {
    Outcome.UNSIGNED_UID: "this org takes an identify only with a signature of its server: pass `signature` (WI-11)",
    Outcome.BAD_SIGNATURE: "the signature does not prove this uid: the server signs org, uid and expiry (WI-11)",
    Outcome.EXPIRED_SIGNATURE: "the signature had expired when it arrived: the server signs anew for each page (WI-11)",
}
"""The outcomes of an identify that told its page somebody unknown, each with what to mend (AT-10)."""


class Refused(msgspec.Struct, frozen=True):
    """An operation that is not kept, and why. `message` shows what would have been right, never a value.

    `call` is its kind, where it says one.
    """

    n: int
    outcome: Outcome
    message: str
    call: str = ""


class Noted(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something of a kept operation was left out or changed; `name` is the property's, if it is about one (PR-4).

    With a `count` over 1 it stands for so many of its code, of `n` and later operations (WI-6).
    """

    n: int
    code: str
    name: str = ""
    message: str
    count: int = 1


class Complaint(msgspec.Struct, frozen=True):
    """Something an app should mend, as often as it came within an hour (PR-4).

    `code` is a refusing outcome, a note, or `bleed` or `conflict`; `call` the kind of operation; `page` the host and
    path it was made on; `name` the property's. It names no device and holds no value.
    """

    last_at_ms: int
    code: str
    call: str
    page: str
    sdk: str
    name: str
    message: str
    count: int = 1


class Tally(msgspec.Struct, frozen=True):
    """How many operations arrived in the minute that began at `minute_at_ms`, by outcome."""

    minute_at_ms: int
    outcome: Outcome
    count: int
