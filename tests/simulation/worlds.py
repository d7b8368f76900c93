"""Kinds of worlds, one drawn from each seed; a world that fails is made smaller, and told as a story."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Final

from passerby.store.contract import Store
from passerby.store.memory import MemoryStore
from tests.simulation.oracle import Verdict
from tests.simulation.seat import App
from tests.simulation.world import Kind, Step, World

STEPS: Final = 60
SHRINKS_MAX: Final = 400
_WAITS_MS: Final = (0, 0, 0, 1, 50, 200, 1_000, 4_000, 20_000, 120_000, 2_000_000)
_USUAL: Final = {
    "open": 6,
    "event": 14,
    "navigate": 4,
    "hide": 3,
    "close": 3,
    "login": 6,
    "logout": 3,
    "say_again": 2,
    "come": 3,
    "expire": 1,
}
_PROMPT: Final = (App(), App(speaks_ms=150), App("auth"), App("auth", 1_000))
_ANY: Final = (
    *_PROMPT,
    App(speaks_ms=1_500),
    App(speaks_ms=None),
    App(says_nobody=False),
    App("auth", 7_000),
    App("auth", None),
)
_LOGOUTS: Final = ("say", "clear, say", "say, clear", "clear, reload", "reload")

KINDS: Final = (
    Kind("honest", _USUAL | {"crash": 1}, _PROMPT, is_honest=True),
    Kind("expired", _USUAL | {"expire": 5, "come": 5}, _ANY),
    Kind("copied", _USUAL | {"copy": 2, "cut_off": 3}, _ANY),
    Kind("cleared", _USUAL | {"clear": 3}, _PROMPT, _LOGOUTS),
    Kind("moved", _USUAL | {"move": 4, "restore": 2}, _PROMPT, ("say", "reload")),
    Kind("views", _USUAL | {"view_as": 5, "view_end": 3, "say_again": 6}, _PROMPT),
    Kind("broken", _USUAL | {"lie": 4, "say_again": 4, "come": 6}, _ANY, ("never", "say", "reload")),
    Kind("clocks", _USUAL | {"jump": 4, "copy": 1}, _ANY),
    Kind(
        "everything",
        _USUAL
        | {
            "copy": 1,
            "clear": 2,
            "move": 2,
            "view_as": 2,
            "view_end": 1,
            "lie": 1,
            "jump": 1,
            "restore": 1,
            "cut_off": 1,
            "crash": 2,
        },
        _ANY,
        (*_LOGOUTS, "never"),
    ),
)


def kind_of(seed: int) -> Kind:
    """The kinds take turns."""
    return KINDS[seed % len(KINDS)]


def steps_of(seed: int) -> list[Step]:
    draw = random.Random(seed)
    weights = kind_of(seed).weights
    does = draw.choices([*weights], [*weights.values()], k=STEPS)
    return [
        Step(one, draw.randrange(8), draw.randrange(8), draw.randrange(1 << 16), draw.getrandbits(32), _wait(draw))
        for one in does
    ]


def _wait(draw: random.Random) -> int:
    return draw.choice(_WAITS_MS)


def live(seed: int, steps: Iterable[Step], store: Store | None = None) -> tuple[World, Verdict]:
    """Let the world of that seed live through these steps, to its end."""
    world = World(kind_of(seed), store or MemoryStore(), seed)
    for step in steps:
        world.perform(step)
    return world, world.finish()


def shortest(steps: list[Step], fails: Callable[[list[Step]], bool]) -> list[Step]:
    """As few of the steps as still fail, as far as some hundred tries find out."""
    tries, size = 0, len(steps) // 2
    while size and tries < SHRINKS_MAX:
        at = 0
        while at < len(steps) and tries < SHRINKS_MAX:
            fewer = steps[:at] + steps[at + size :]
            tries += 1
            if fails(fewer):
                steps = fewer
            else:
                at += size
        size //= 2
    return steps


def faults_of(seed: int, steps: list[Step]) -> list[str]:
    """What is wrong with that world; an error of ours is, too."""
    try:
        return live(seed, steps)[1].faults
    except AssertionError as error:
        return [f"error: {error}"]


def report(seed: int) -> str:
    """The story of a world that fails, as short as it can be found."""
    steps = steps_of(seed)
    said = {_rule(fault) for fault in faults_of(seed, steps)}
    if not said:
        return f"seed {seed}: nothing is wrong"
    steps = shortest(steps, lambda fewer: any(_rule(fault) in said for fault in faults_of(seed, fewer)))
    world = World(kind_of(seed), MemoryStore(), seed)
    try:
        for step in steps:
            world.perform(step)
        faults = world.finish().faults
    except AssertionError as error:
        faults = [f"error: {error}"]
    lines = [f"seed {seed}, a world of the kind “{kind_of(seed).name}”:", *world.story, *faults]
    return "\n  ".join(lines)


def _rule(fault: str) -> str:
    return fault.split(":")[0]
