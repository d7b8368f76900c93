"""The made-up traffic of the demo."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from passerby.base.units import DAY_MS
from passerby.demo.filling import fill
from passerby.demo.scenes import MISTAKES, WELL
from passerby.demo.traffic import traffic
from passerby.demo.visitor import Sent
from passerby.lifecycle.invariants import violations
from passerby.model.outcome import Outcome
from passerby.store.contract import PersonFilter
from tests.worlds import NOW_MS, ORG, opened

EVERY_SCENE = len(WELL) + len(MISTAKES)


def made_up(visitors: int, seed: int = 1) -> list[list[Sent]]:
    return list(traffic(ORG.id, visitors, seed, NOW_MS))


def test_the_same_seed_makes_up_the_same_bytes() -> None:
    assert made_up(60) == made_up(60)
    assert made_up(60) != made_up(60, seed=2)


def test_nothing_is_sent_before_the_first_day_or_after_the_end() -> None:
    instants = [sent.received_at_ms for visitor in made_up(300) for sent in visitor]
    assert NOW_MS - 15 * DAY_MS < min(instants) < max(instants) <= NOW_MS


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
def test_the_first_visitors_show_every_kind_of_ending_and_of_mistake(engine: str, tmp_path: Path) -> None:
    store = opened(engine, tmp_path)
    told: list[int] = []
    filled = asyncio.run(fill(store, made_up(EVERY_SCENE * 2), told.append))
    assert (filled.visitors, sum(told)) == (EVERY_SCENE * 2, EVERY_SCENE * 2)
    outcomes: Counter[Outcome] = Counter()
    with store.read() as reader:
        for tally in reader.tallies(ORG.id, 0):
            outcomes[tally.outcome] += tally.count
        ends = {session.end_why for session in reader.recent_sessions(ORG.id, 1000)}
        people = reader.people(ORG.id, PersonFilter(), None, 1000)
    store.close()
    assert {"anonymize", "reidentify", "forget", "shutdown", None} <= ends
    assert {
        Outcome.BOUND, Outcome.SEALED, Outcome.BLEED, Outcome.CONFLICT, Outcome.DIVERTED,
        Outcome.INVALID_UID, Outcome.PLACEHOLDER_UID, Outcome.INVALID_EVENT_NAME, Outcome.UNKNOWN_OPERATION,
    } <= set(outcomes)  # fmt: skip
    assert {person.uid is None for person in people} == {True, False}


def test_whatever_visitors_do_nothing_is_kept_where_it_may_not_be(tmp_path: Path) -> None:
    store = opened("sqlite", tmp_path)
    asyncio.run(fill(store, made_up(EVERY_SCENE * 3), lambda _more: None))
    with store.read() as reader:
        devices = {session.device for session in reader.recent_sessions(ORG.id, 10_000)}
        found = [
            violation
            for device in devices
            for violation in violations(reader.device(ORG.id, device), reader.pieces_of_device(ORG.id, device))
        ]
    store.close()
    assert len(devices) > EVERY_SCENE
    assert found == []
