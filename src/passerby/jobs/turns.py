"""Turns: whose is next, so that nobody's much keeps anybody's little waiting (AP-8, AP-11)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from passerby.base.ids import OrgId
from passerby.store.contract import Lane

_Key: TypeAlias = tuple[str, str]


class Turns:
    """Remembers when orgs, and the lanes of an org, had their last turn. Not for two threads at a time."""

    def __init__(self) -> None:
        self._turn = 0
        self._orgs: dict[OrgId, int] = {}
        self._lanes: dict[tuple[OrgId, _Key], int] = {}

    def order(self, due: Iterable[Lane]) -> list[Lane]:
        """Each lane once: one of each org, then a second of each, and so on.

        Who had no turn for longest comes first, among the orgs and among the lanes of one. Of lanes that never had one
        the first by name does; so work that names its lanes by size does what is small first.
        """
        orgs: dict[OrgId, list[Lane]] = {}
        for lane in sorted(due, key=self._of_lane):
            orgs.setdefault(lane.org, []).append(lane)
        fair = sorted(orgs, key=lambda org: self._orgs.get(org, 0))
        longest = max(map(len, orgs.values()), default=0)
        return [orgs[org][place] for place in range(longest) for org in fair if place < len(orgs[org])]

    def took(self, lane: Lane) -> None:
        """Note that a lane has its turn now."""
        self._turn += 1
        self._orgs[lane.org] = self._turn
        self._lanes[lane.org, (lane.kind, lane.name)] = self._turn

    def forget_all_but(self, lanes: Iterable[Lane]) -> None:
        """Forget lanes, and orgs, that are not among these: nothing waits in them."""
        known = {(lane.org, (lane.kind, lane.name)) for lane in lanes}
        self._lanes = {key: turn for key, turn in self._lanes.items() if key in known}
        orgs = {org for org, _ in known}
        self._orgs = {org: turn for org, turn in self._orgs.items() if org in orgs}

    def _of_lane(self, lane: Lane) -> tuple[int, str, str]:
        return self._lanes.get((lane.org, (lane.kind, lane.name)), 0), lane.name, lane.kind
