"""Activity: the numbers of a dashboard's first page."""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec

from passerby.base.ids import OrgId
from passerby.base.units import DAY_MS, HOUR_MS, MINUTE_MS
from passerby.model.outcome import Outcome
from passerby.store.contract import PersonFilter, Reader

_ASTRAY: Final = (Outcome.BLEED, Outcome.CONFLICT, Outcome.DIVERTED, Outcome.APART)


class Activity(msgspec.Struct, frozen=True):
    """How an org is doing. `per_minute` are the operations that arrived in the last 60 minutes, the oldest first.

    `stored_day`, `astray_day` and `refused_day` count operations of the last 24 hours by what became of them: kept for
    whom they claimed, kept for a substitute (AT-3, AT-4, AT-9), refused.
    """

    per_minute: list[int]
    users: int
    identified: int
    sessions: int
    stored_day: int
    bleeds_day: int
    astray_day: int
    refused_day: int


def activity_of(reader: Reader, org: OrgId, now_ms: int) -> Activity:
    """The numbers as of now."""
    this_minute_at_ms = now_ms - now_ms % MINUTE_MS
    minutes: Counter[int] = Counter()
    outcomes: Counter[Outcome] = Counter()
    for tally in reader.tallies(org, now_ms - DAY_MS):
        minutes[tally.minute_at_ms] += tally.count
        outcomes[tally.outcome] += tally.count
    refused = sum(count for outcome, count in outcomes.items() if not outcome.accepted)
    astray = sum(outcomes[outcome] for outcome in _ASTRAY)
    return Activity(
        [minutes[this_minute_at_ms - back] for back in range(HOUR_MS - MINUTE_MS, -1, -MINUTE_MS)],
        reader.count_people(org, PersonFilter()),
        reader.count_people(org, PersonFilter(identified=True)),
        reader.count_sessions(org),
        outcomes.total() - refused - astray,
        outcomes[Outcome.BLEED],
        astray,
        refused,
    )
