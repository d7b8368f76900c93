"""Scripts for a client core, each from a seed: what apps, users, other tabs, clocks, networks and storages do to it.

A script is written without looking at any core, so that a seed gives the same one for ever. To reach far all the same
it follows, roughly, how a core would stand (`situation`), and does several things in a row that mean something.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.cores.dice import Dice
from tests.cores.given import given
from tests.cores.moves import MOVES, Step
from tests.cores.profiles import PROFILES
from tests.cores.situation import Situation

Script = dict[str, Any]

STEPS_MAX: Final = 48


def script(seed: int) -> Script:
    """The script of that seed."""
    dice = Dice(seed)
    profile = dice.draw(PROFILES)
    begun = given(dice, profile)
    told = Situation(dice, begun, profile)
    steps: list[Step] = [{"do": "start"}]
    length = dice.between(4, dice.pick((15, 30, STEPS_MAX)))
    while len(steps) < length:
        steps += MOVES[dice.draw(profile.moves)](dice, told)
    return {"given": begun, "steps": steps}


def scripts(seed: int, count: int) -> Iterator[Script]:
    """Those of `count` seeds from `seed` on."""
    return map(script, range(seed, seed + count))
