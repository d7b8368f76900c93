"""Every seeded fault of the client core is caught by the vectors that it names."""

from __future__ import annotations

from typing import Final

import msgspec
import pytest

from sdk.python.tests.faults import acting, answers, delivery, exactness, identity, overtaken, proof, waiting
from sdk.python.tests.test_vectors import client_vectors
from tests.faults.planting import Fault, planted

FAULTS: Final = (
    *identity.FAULTS,
    *acting.FAULTS,
    *waiting.FAULTS,
    *delivery.FAULTS,
    *overtaken.FAULTS,
    *answers.FAULTS,
    *exactness.FAULTS,
    *proof.FAULTS,
)
RUNNER: Final = "sdk.python.tests.runner"
CORE: Final = ("passerby_client", RUNNER, "sdk.python.tests.world")
BY_ID: Final = {vector["id"]: vector for vector in client_vectors()}


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS])
def test_a_fault_is_caught_by_the_vectors_it_names(fault: Fault) -> None:
    assert fault.caught_by
    with planted(fault, RUNNER, CORE) as runner:
        for name in fault.caught_by:
            assert runner.differences(BY_ID[name]), f"{name} does not notice"


def test_what_is_planted_without_a_fault_passes_the_same_vectors() -> None:
    with planted(msgspec.structs.replace(FAULTS[0], instead=FAULTS[0].text), RUNNER, CORE) as runner:
        for name in sorted({name for fault in FAULTS for name in fault.caught_by}):
            assert runner.differences(BY_ID[name]) == []


def test_a_fault_whose_text_is_gone_fails_loudly() -> None:
    gone = msgspec.structs.replace(FAULTS[0], text="no such text")
    with pytest.raises(LookupError, match="0 times"), planted(gone, RUNNER, CORE):
        pass
