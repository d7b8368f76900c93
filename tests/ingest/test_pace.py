"""How often a device and an org may send bundles (LI-6)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from passerby.ingest.pace import Pace
from passerby.ingest.pipeline import Pipeline
from passerby.observe.counters import Counters
from passerby.store.memory import MemoryStore
from tests.worlds import NOW_MS, ORG, SetClock

EVENT = {"op": "event", "name": "x"}


class Paced:
    """A pipeline with limits."""

    def __init__(self, **limits: int) -> None:
        self.clock, self.counters = SetClock(), Counters()
        store = MemoryStore()
        store.submit(lambda transaction: transaction.add_org(ORG)).result()
        self._pipeline = Pipeline(store, self.clock, self.counters, pace=Pace(**limits))
        self._sent = 0

    def send(self, device: int, **operation: Any) -> int:
        """The status of a bundle of one operation."""
        self._sent += 1
        ids = {name: f"{self._sent:08x}-5eed-4000-8000-{tail:012x}" for name, tail in (("session", 1), ("page", 2))}
        ids["device"] = f"{device:08x}-5eed-4000-8000-000000000000"
        made = {**(operation or EVENT), "n": 1, "t": NOW_MS}
        envelope = {"v": 1, "org": ORG.id, **ids, "started": NOW_MS, "sent": NOW_MS, "ops": [made]}
        return asyncio.run(self._pipeline.take(json.dumps(envelope).encode(), ""))[0]


def test_a_device_that_sends_too_often_is_sent_away_until_it_may_again() -> None:
    paced = Paced(per_device=2)
    assert [paced.send(1) for _ in range(6)] == [200] * 4 + [429] * 2
    assert paced.send(2) == 200
    paced.clock.ms += 500
    assert [paced.send(1), paced.send(1)] == [200, 429]
    assert paced.counters.refusals() == {"too_many_requests": 3}


def test_what_changes_who_is_there_is_counted_apart() -> None:
    paced = Paced(per_device=1)
    assert [paced.send(1) for _ in range(3)] == [200, 200, 429]
    for operation in ({"op": "identify", "uid": "u"}, {"op": "consent", "granted": True}):
        assert paced.send(1, **operation) == 200
    assert paced.send(1, op="end", why="anonymize") == 429


def test_an_org_that_sends_too_often_is_sent_away_whichever_device_it_is() -> None:
    paced = Paced(per_org=2)
    assert [paced.send(device) for device in range(6)] == [200] * 4 + [429] * 2
    assert paced.send(9, op="identify", uid="u") == 200


def test_without_a_limit_there_is_none() -> None:
    paced = Paced()
    assert {paced.send(1) for _ in range(200)} == {200}
