"""The oracle notices: a fault that is planted in the client core or in the service makes worlds fail, and how."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest

from sdk.python.tests.faults import acting, waiting
from tests.faults import seeded
from tests.faults.planting import Fault, planted

WORLDS: Final = "tests.simulation.worlds"
OURS: Final = ("passerby", "passerby_client", "tests.simulation")
SEEDS_MAX: Final = 150
_IDENTITY: Final = "passerby_client.identity"

CAUGHT: Final = {
    "apart follows the record": "shown under",
    "apart is written": "shown under",
    "a page told a user follows another user": "shown under",
    "a page told a user shares a device that is nobody's": "shown under",
    "what was lost is not ended": "a lost record's device was not ended",
    "what comes after a loss is in the record": "shown under",
    "strays are not ended": "a stray was not ended",
    "strays stay": "a stray stayed",
    "the page's own user is not ended": "who was let go was not ended",
    "an identity of the page alone binds the shared device": "the identity of a page changed the shared record",
    "an anonymize lets only the page's own user go": "who was let go is still in storage",
    "a held first page is recorded at once": "shown under",
    "what is held too long is the bound user's": "shown under",
    "a silent page stays the first user's after a contradiction": "shown under",
    "a silent page is somebody's after an end": "shown under",
    "two uids share one substitute": "shown under",
    "an anonymize lets nobody go": "shown under",
    "whoever is told another's device takes it over": "shown under",
    "a page told a user goes apart from that user's device": "lost to None",
    "what a portal answers is acknowledged": "never kept",
}
"""Faults by name, and how the first world that fails says so. Most of them are those that vectors notice, too."""

_OWN: Final = (
    Fault(
        "an anonymize lets nobody go",
        _IDENTITY,
        """                is_released = True
                self.leave("anonymize" if bound""",
        """                is_released = True
                _ = ("anonymize" if bound""",
        (),
    ),
    Fault(
        "whoever is told another's device takes it over",
        _IDENTITY,
        "        elif self.is_others(uid):\n            self.leave",
        "        elif False:\n            self.leave",
        (),
    ),
    Fault(
        "a page told a user goes apart from that user's device",
        "passerby_client.standing",
        "if self.told is None or found.bound == bound_to(found.device, self.told):",
        "if self.told is None:",
        (),
    ),
    Fault(
        "what a portal answers is acknowledged",
        "passerby_client.queue",
        'if 200 <= status < 300 and _is_whole_number(_member(body, "stored")):',
        "if 200 <= status < 300:",
        (),
    ),
)
FAULTS: Final = {fault.name: fault for fault in (*_OWN, *acting.FAULTS, *waiting.FAULTS, *seeded.FAULTS)}


@pytest.mark.parametrize("name", CAUGHT)
def test_a_planted_fault_makes_worlds_fail(name: str) -> None:
    with planted(FAULTS[name], WORLDS, OURS) as worlds:
        assert _first(worlds, CAUGHT[name]) is not None


def _first(worlds: Any, rule: str) -> int | None:
    """The first seed whose world fails by that rule."""
    for seed in range(SEEDS_MAX):
        if any(fault.startswith(rule) for fault in worlds.faults_of(seed, worlds.steps_of(seed))):
            return seed
    return None


def test_without_a_fault_none_of_these_worlds_fails() -> None:
    with planted(msgspec.structs.replace(_OWN[0], instead=_OWN[0].text), WORLDS, OURS) as worlds:
        assert worlds.faults_of(0, worlds.steps_of(0)) == []
