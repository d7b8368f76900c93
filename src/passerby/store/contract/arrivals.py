"""What arrived lately, in counts: tallies, complaints, and identifies without a signature.

None of them names a device or a uid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from passerby.base.ids import OrgId
from passerby.model.outcome import Complaint, Outcome, Tally

COMPLAINTS_MAX: Final = 2000
"""Of more kinds of complaint an hour, page and name are left out, so that nobody can fill the disk with them."""


class ArrivalReader(Protocol):
    """What arrived, read."""

    def unsigned(self, org: OrgId, since_ms: int) -> int:
        """How many identifies came without a signature on the days from that of `since_ms` on (WI-11)."""
        ...

    def tallies(self, org: OrgId, since_ms: int) -> list[Tally]:
        """What arrived in the minutes from `since_ms` on, by minute and outcome."""
        ...

    def complaints(self, org: OrgId, since_ms: int) -> list[Complaint]:
        """The complaints last made at `since_ms` or later, the latest first."""
        ...


class ArrivalWriter(Protocol):
    """What arrives, counted."""

    def count_unsigned(self, org: OrgId, at_ms: int, count: int, keep_since_ms: int) -> None:
        """Add to the unsigned identifies of the day of `at_ms`; days before `keep_since_ms` go."""
        ...

    def tally(self, org: OrgId, at_ms: int, counts: Mapping[Outcome, int], keep_since_ms: int) -> None:
        """Add to the tallies of the minute of `at_ms`; those before `keep_since_ms` go."""
        ...

    def complain(self, org: OrgId, complaints: Sequence[Complaint], keep_since_ms: int) -> None:
        """Add to the complaints of the same kind and hour; those of hours before `keep_since_ms` go."""
        ...
