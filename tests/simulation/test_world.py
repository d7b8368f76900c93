"""A whole world, seeded: clients, a network that loses, doubles and reorders, and a store that crashes."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from passerby.lifecycle.invariants import violations
from passerby.store.contract import Store
from passerby.store.memory import MemoryStore
from tests.simulation.browser import Browser, Tab, World
from tests.simulation.service import ORG, CrashingStore, Network

STEPS = 250


def live(store: Store, seed: int, copies: int = 0) -> World:
    """Let a world live on `store`, in which some profiles are copied, until all that was made is acknowledged."""
    draw = random.Random(seed)
    world = World()
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    network = Network(store, world, draw)
    browsers = [Browser(draw, world) for _ in range(4)]
    for step in range(STEPS):
        if copies and step % (STEPS // copies) == STEPS // copies // 2:
            browsers.append(draw.choice(browsers).copied())
        network.pass_time(draw.choice([0, 0, 1, 50, 4_000, 20_000, 120_000]))
        browser = draw.choice(browsers)
        browser.act()
        for tab in browser.tabs:
            if draw.random() < 0.3:
                _send(tab, network, is_kind=False)
    network.pass_time(60_000)
    for tab in [tab for browser in browsers for tab in browser.tabs]:
        while tab.unsent:
            _send(tab, network, is_kind=True)
    return world


def _send(tab: Tab, network: Network, is_kind: bool) -> None:
    waiting = tab.next_bundle()
    if waiting is not None and network.send(waiting[0], is_kind):
        tab.answered(waiting[1])


def check(store: Store, world: World) -> None:
    """Nothing is lost, nothing is doubled, and nobody has what another did."""
    with store.read() as reader:
        pieces = reader.pieces_after(ORG.id, 0, 100_000)
        kept = [(operation, piece.device) for piece in pieces for operation in piece.operations]
        bindings = {device: reader.device(ORG.id, device).binding for device in {device for _, device in kept}}
        for device in bindings:
            assert list(violations(reader.device(ORG.id, device), reader.pieces_of_device(ORG.id, device))) == []
    assert Counter(operation.source for operation, _ in kept) == Counter(list(world.made))
    for operation, device in kept:
        assert operation.source is not None
        binding = bindings[device]
        assert (binding.uid if binding else None) in world.made[operation.source].owners


@pytest.mark.parametrize("seed", range(20))
def test_in_the_end_everyone_has_what_they_did_and_nothing_else(seed: int) -> None:
    store = MemoryStore()
    check(store, live(store, seed))


@pytest.mark.parametrize("seed", range(200, 230))
def test_copied_profiles_give_nobody_what_another_did(seed: int) -> None:
    store = MemoryStore()
    world = live(store, seed, copies=5)
    assert any(len(made.stint.family) > 1 for made in world.made.values())
    check(store, world)


@pytest.mark.parametrize("seed", range(100, 106))
def test_crashes_of_the_store_lose_and_double_nothing(seed: int, tmp_path: Path) -> None:
    store = CrashingStore(tmp_path, random.Random(seed))
    world = live(store, seed)
    assert store.crashes > 0
    check(store, world)
    store.close()
