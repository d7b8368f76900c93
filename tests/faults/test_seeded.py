"""Every seeded fault is caught by the server vectors that it names."""

from __future__ import annotations

import msgspec
import pytest

from tests.faults.planting import Fault, planted
from tests.faults.seeded import FAULTS
from tests.vectors.server import vectors

BY_ID = {vector["id"]: vector for vector in vectors()}


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS])
def test_a_fault_is_caught_by_the_vectors_it_names(fault: Fault) -> None:
    assert fault.caught_by
    with planted(fault) as runner:
        for name in fault.caught_by:
            with pytest.raises(Exception):  # noqa: B017, PT011 - a fault may show as any failure of the service
                runner.perform(BY_ID[name])


def test_what_is_planted_without_a_fault_passes_the_same_vectors() -> None:
    with planted(msgspec.structs.replace(FAULTS[0], instead=FAULTS[0].text)) as runner:
        for name in sorted({name for fault in FAULTS for name in fault.caught_by}):
            runner.perform(BY_ID[name])


def test_a_fault_whose_text_is_gone_fails_loudly() -> None:
    with pytest.raises(LookupError, match="0 times"), planted(msgspec.structs.replace(FAULTS[0], text="no such text")):
        pass
