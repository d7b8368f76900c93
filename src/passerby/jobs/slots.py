"""Slots: how many deliveries may be under way, to whom, and who is left alone for a while (AP-11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, TypeAlias

import msgspec

from passerby.base.ids import OrgId
from passerby.base.units import MINUTE_MS, SECOND_MS
from passerby.ingest.announcing import WEBHOOKS_MAX
from passerby.store.contract import Entry, Lane

SLOTS: Final = 256
SLOTS_OF_ORG: Final = 2 * WEBHOOKS_MAX
"""Every webhook has a slot, and those that were just removed may keep theirs for a while."""
SLOTS_OF_WEBHOOK: Final = 4
SPARE: Final = 128
SPARE_OF_ORG: Final = 32
"""While no more are taken, a webhook may have a second slot and a third."""
FAILURES_MAX: Final = 3
PAUSE_MS: Final = 10 * SECOND_MS
PAUSE_MS_MAX: Final = 5 * MINUTE_MS

Place: TypeAlias = tuple[OrgId, str]
"""An org and its webhook."""


class _Standing(msgspec.Struct):
    """A receiver that gave no answer: how often running, and until when nothing is sent to it."""

    failures: int = 0
    paused_until_ms: int = 0


class Slots:
    """Who is being told, and who may be told next. For one thread."""

    def __init__(self) -> None:
        self._going: dict[Place, dict[str, str | None]] = {}
        self._of_org: Counter[OrgId] = Counter()
        self._standings: dict[Place, _Standing] = {}

    def is_free(self, lane: Lane, now_ms: int) -> bool:
        """Whether another delivery of this lane may begin."""
        place = (lane.org, lane.name)
        standing = self._standings.get(place)
        if self.opens_at_ms(lane, now_ms) > now_ms:
            return False
        here, of_org, everywhere = self.count(lane), self._of_org[lane.org], self._of_org.total()
        if here == 0:
            return of_org < SLOTS_OF_ORG and everywhere < SLOTS
        has_spare = of_org < SPARE_OF_ORG and everywhere < SPARE
        return here < SLOTS_OF_WEBHOOK and has_spare and standing is None

    def opens_at_ms(self, lane: Lane, now_ms: int) -> int:
        """When the pause of a lane is over; now, if it has none. A clock that was set back ends it."""
        standing = self._standings.get((lane.org, lane.name))
        until_ms = standing.paused_until_ms if standing else 0
        return until_ms if now_ms < until_ms <= now_ms + PAUSE_MS_MAX else now_ms

    def first(self, lane: Lane, due: Iterable[Entry]) -> Entry | None:
        """The first that may go now: one user's deliveries go one behind the other."""
        going = self._going.get((lane.org, lane.name), {})
        users = {about for about in going.values() if about is not None}
        return next((entry for entry in due if entry.id not in going and entry.about not in users), None)

    def count(self, lane: Lane) -> int:
        """How many of a lane are under way."""
        return len(self._going.get((lane.org, lane.name), ()))

    def take(self, lane: Lane, entry: Entry) -> None:
        """A delivery begins."""
        self._going.setdefault((lane.org, lane.name), {})[entry.id] = entry.about
        self._of_org[lane.org] += 1

    def leave(self, lane: Lane, entry: Entry) -> None:
        """A delivery is over, for now."""
        place = (lane.org, lane.name)
        self._going[place].pop(entry.id)
        if not self._going[place]:
            del self._going[place]
        self._of_org[lane.org] -= 1
        self._of_org = +self._of_org

    def learn(self, lane: Lane, now_ms: int, *, answered: bool) -> None:
        """Remember whether there was an answer; three times running without one, the receiver is left alone."""
        place = (lane.org, lane.name)
        if answered:
            self._standings.pop(place, None)
            return
        standing = self._standings.setdefault(place, _Standing())
        standing.failures += 1
        over = standing.failures - FAILURES_MAX
        if over >= 0:
            standing.paused_until_ms = now_ms + min(PAUSE_MS * 2 ** min(over, 9), PAUSE_MS_MAX)

    def forget_all_but(self, lanes: Iterable[Lane]) -> None:
        """Forget how receivers stand to whom nothing is to be told."""
        known = {(lane.org, lane.name) for lane in lanes}
        self._standings = {place: standing for place, standing in self._standings.items() if place in known}
