"""Knowing: what the store remembers of a troubled device, looked up as the plan asks for it (AT-4).

What is read for one piece is bounded, however many pages a device has: a golden image may have ten thousand.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from passerby.base.ids import DeviceId, OrgId, PageId
from passerby.lifecycle.plan import ENDS_MAX, Around
from passerby.model.device import CLAIMS_MAX, EVERYBODY, FACTS_MAX, SLACK_MS, Claim, Ending, Instant, Summary
from passerby.store.contract import Transaction

AROUND_MAX: Final = 1000
"""How many claims, and how many ends, of one page are looked at around one piece."""


class Knowledge:
    """The `Known` of one device, inside a transaction."""

    def __init__(self, transaction: Transaction, org: OrgId, device: DeviceId, summary: Summary) -> None:
        self._transaction = transaction
        self._org = org
        self._device = device
        self._ends: dict[str, tuple[Ending, ...]] = {}
        self._summary = summary

    @property
    def summary(self) -> Summary:
        """What all pages share."""
        return self._summary

    def around(self, page: PageId, first: int, last: int) -> Around:
        """The facts of `page` around its operations `first` … `last`."""
        claims = self._transaction.claims_around(self._org, self._device, page, first, last, AROUND_MAX)
        low = min(claims[0].instant.n, first) if claims else first
        high = max(claims[-1].instant.n, last) if claims else last
        ends = self._transaction.ends_around(self._org, self._device, page, low, high, AROUND_MAX)
        return Around(tuple(claims), tuple(ends), max(len(claims), len(ends)) < AROUND_MAX)

    def ends_of(self, uid: str) -> tuple[Ending, ...]:
        """See `Known`."""
        if uid not in self._ends:
            self._ends[uid] = tuple(self._read_ends_of(uid))
        return self._ends[uid]

    def _read_ends_of(self, uid: str) -> Iterator[Ending]:
        if len(self.summary.ends) < FACTS_MAX:
            return (end for end in self.summary.ends if end.applies_to(uid))
        return iter(self._transaction.ends_by_time(self._org, self._device, [EVERYBODY, uid], 0, ENDS_MAX))

    def has_end_between(self, instant: Instant, claim: Instant) -> bool:
        """See `Known`."""
        ends: list[Ending] | tuple[Ending, ...] = self.summary.ends
        if len(ends) == FACTS_MAX:
            since_ms = instant.at - SLACK_MS
            ends = self._transaction.ends_by_time(self._org, self._device, None, since_ms, ENDS_MAX)
            if len(ends) == ENDS_MAX and ends[-1].instant.at <= claim.at + SLACK_MS:
                return True
        return any(instant.is_in_time_for(end.instant) and end.instant.before(claim) for end in ends)

    def all_claims(self) -> list[Claim]:
        """Every claim of the device, up to one more than count; read only where its summary has to be made anew."""
        return list(islice(self._transaction.claims_of(self._org, self._device), CLAIMS_MAX + 1))

    def first_ends(self) -> list[Ending]:
        """The ends that a summary lists."""
        return self._transaction.ends_by_time(self._org, self._device, None, 0, FACTS_MAX)
