"""What goes through the pipeline is counted once, by what became of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec

from passerby.ingest.pipeline import Pipeline
from passerby.model.org import OrgSettings
from passerby.observe.counters import Counters
from passerby.store.memory import MemoryStore
from tests.vectors.server import USUAL, SetClock
from tests.worlds import ORG


class Counted:
    """A pipeline over a store of its own, and what it counted."""

    def __init__(self) -> None:
        self.store, self.counters = MemoryStore(), Counters()
        self.store.submit(lambda transaction: transaction.add_org(ORG)).result()
        self._pipeline = Pipeline(self.store, SetClock(), self.counters)

    def take(self, *operations: dict[str, Any], **members: Any) -> int:
        """The status of a bundle."""
        body = json.dumps({**USUAL, "sent": 10_000, "ops": operations, **members}).encode()
        return asyncio.run(self._pipeline.take(body, ""))[0]

    def known(self) -> set[str]:
        """The orgs whose bundles wait in a line of their own."""
        return self._pipeline.turns.known

    def count(self, metric: str) -> dict[str, int]:
        """The counts of one metric, by label."""
        text = self.counters.text().decode()
        lines = [line for line in text.splitlines() if line.startswith(f"{metric}_total{{")]
        return {line.split('"')[1]: int(float(line.rsplit(" ", 1)[1])) for line in lines}


def event(n: int, **members: Any) -> dict[str, Any]:
    """An event."""
    return {"op": "event", "n": n, "t": 1000, "name": "x", **members}


def test_a_repeat_is_counted_once_and_what_is_new_in_it_too() -> None:
    counted = Counted()
    counted.take(event(1), event(2))
    counted.take(event(1), event(2))
    counted.take(event(2), event(3), event(4, name=""))
    assert counted.count("passerby_operations") == {"stored": 3, "invalid_event_name": 1}


def test_notes_of_a_repeat_are_not_counted_again() -> None:
    counted = Counted()
    for _ in range(2):
        counted.take(event(1, properties={"a b": 1}))
    assert counted.count("passerby_notes") == {"scrubbed_name": 1}


def test_notes_that_are_not_named_are_counted() -> None:
    counted = Counted()
    counted.take(event(1, properties={f"a {number}": 1 for number in range(100)}))
    assert counted.count("passerby_notes") == {"scrubbed_name": 100}


def test_refused_bundles_are_counted_by_code() -> None:
    counted = Counted()
    assert counted.take(event(1), v=2) == 400
    assert counted.take(event(1), org="nobody") == 403
    assert counted.count("passerby_refused_bundles") == {"unsupported_version": 1, "unknown_org": 1}


def test_an_org_that_takes_no_more_is_refused_and_one_that_takes_again_is_not() -> None:
    counted = Counted()
    assert counted.take(event(1)) == 200
    for capture, status in ((False, 403), (True, 200), (False, 403)):
        org = msgspec.structs.replace(ORG, settings=OrgSettings(capture=capture))
        counted.store.submit(lambda transaction, org=org: transaction.add_org(org)).result()
        assert counted.take(event(2)) == status
        assert counted.take(event(3)) == status


def test_a_bundle_that_is_refused_whole_leaves_nothing() -> None:
    counted = Counted()
    counted.take(event(1))
    assert counted.take(event(2), device="d0000002-0000-4000-8000-000000000000") == 409
    with counted.store.read() as reader:
        assert len(reader.pieces_after(ORG.id, 0, 10)) == 1


def test_only_an_org_that_is_here_gets_a_line_of_its_own() -> None:
    counted = Counted()
    assert counted.take(event(1, properties={"org": "made-up"})) == 200
    assert counted.take(event(1), org="nobody") == 403
    assert counted.take({**event(1), "name": ""}) == 200
    assert counted.known() == {ORG.id}
