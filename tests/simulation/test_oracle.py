"""The oracle notices: a fault that is planted in the client core or in the service makes worlds fail, and how."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest

from tests.faults.planting import Fault, planted

WORLDS: Final = "tests.simulation.worlds"
OURS: Final = ("passerby", "passerby_client", "tests.simulation")
SEEDS_MAX: Final = 150
_IDENTITY: Final = "passerby_client.identity"
_MACHINE: Final = "passerby_client.machine"
_PRESENCE: Final = "passerby_client.presence"
_STANDING: Final = "passerby_client.standing"
_PLAN: Final = "passerby.lifecycle.plan"
_SHOWN: Final = "shown under"

FAULTS: Final = (
    Fault(
        "a page that is apart follows the record",
        _IDENTITY,
        """        if standing.is_apart:
            return False
        found""",
        "        found",
        (_SHOWN,),
    ),
    Fault(
        "a page that was told a user follows to anybody's device",
        _STANDING,
        "return bool(found.bound) or found.device != self.here.device",
        "return False",
        (_SHOWN,),
    ),
    Fault(
        "a page that was told a user follows to nobody's device",
        _STANDING,
        "return bool(found.bound) or found.device != self.here.device",
        "return bool(found.bound)",
        (_SHOWN,),
    ),
    Fault(
        "a lost record's device is not ended",
        _IDENTITY,
        "        if not standing.here.bound:\n            self.mint(presence.why_gone)",
        "        if True:\n            self.mint(presence.why_gone)",
        ("a lost record's device was not ended", _SHOWN),
    ),
    Fault(
        "strays are not ended",
        _PRESENCE,
        "            if found.bound:\n",
        "            if False:\n",
        ("a stray was not ended",),
    ),
    Fault(
        "a held first page is stamped at once",
        _MACHINE,
        "elif not self._config.hold:",
        "else:",
        (_SHOWN,),
    ),
    Fault(
        "what is held too long is the bound user's",
        _IDENTITY,
        "if self._recorder.is_waiting and self._standing.here.bound:",
        "if False:",
        (_SHOWN,),
    ),
    Fault(
        "a silent page stays the first user's after a contradiction",
        _PLAN,
        "if is_clear and all(instant.before(other) for other in summary.contradictions):",
        "if True:",
        (_SHOWN,),
    ),
    Fault(
        "an anonymize lets nobody go",
        _IDENTITY,
        """                is_released = True
                self.leave("anonymize" if bound""",
        """                is_released = True
                _ = ("anonymize" if bound""",
        (_SHOWN,),
    ),
    Fault(
        "whoever is told a page of another's device takes it over",
        _IDENTITY,
        "        elif self.is_others(uid):\n            self.leave",
        "        elif False:\n            self.leave",
        (_SHOWN,),
    ),
    Fault(
        "a page that was told a user goes apart from that user's device",
        _STANDING,
        "if self.told is None or found.bound == bound_to(found.device, self.told):",
        "if self.told is None:",
        ("lost to None",),
    ),
    Fault(
        "what was acknowledged by a portal is gone",
        "passerby_client.queue",
        'if 200 <= status < 300 and _is_whole_number(_member(body, "stored")):',
        "if 200 <= status < 300:",
        ("never kept",),
    ),
)


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS])
def test_a_planted_fault_makes_worlds_fail(fault: Fault) -> None:
    with planted(fault, WORLDS, OURS) as worlds:
        assert _first(worlds, fault.caught_by) is not None


def _first(worlds: Any, rules: tuple[str, ...]) -> int | None:
    """The first seed whose world fails by one of those rules."""
    for seed in range(SEEDS_MAX):
        faults = worlds.faults_of(seed, worlds.steps_of(seed))
        if any(one.startswith(rules) for one in faults):
            return seed
    return None


def test_without_a_fault_none_of_these_worlds_fails() -> None:
    with planted(msgspec.structs.replace(FAULTS[0], instead=FAULTS[0].text), WORLDS, OURS) as worlds:
        assert worlds.faults_of(0, worlds.steps_of(0)) == []
