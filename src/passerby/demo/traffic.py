"""Traffic: the bundles of a made-up shop's visitors, the same for the same seed, number and end."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Final

from passerby.base.units import DAY_MS
from passerby.demo.people import MadeUp, make_up
from passerby.demo.scenes import MISTAKES, WELL, Scene
from passerby.demo.visitor import Sent, Visitor

DAYS: Final = 14


def traffic(org: str, visitors: int, seed: int, until_ms: int, days: int = DAYS) -> Iterator[list[Sent]]:
    """What each of `visitors` sends in the `days` before `until_ms`, one list a visitor, in the order of sending.

    The shop grows: more come towards the end. The first visitors play every scene once, so that
    even a few show everything.
    """
    rng = random.Random(seed)
    numbers = itertools.count(1)

    def new_person() -> MadeUp:
        return make_up(rng, next(numbers))

    for scene in itertools.islice(_scenes(rng), visitors):
        began_at_ms = until_ms - int(days * DAY_MS * rng.random() ** 2)
        visitor = Visitor(rng, org, "browser/0.1.0", began_at_ms)
        scene(rng, visitor, new_person)
        visitor.flush()
        yield [sent for sent in visitor.sent if sent.received_at_ms <= until_ms]


def _scenes(rng: random.Random) -> Iterator[Scene]:
    every = {**WELL, **MISTAKES}
    yield from every
    while True:
        yield from rng.choices(list(every), list(every.values()), k=256)
