"""Every code on a page of the spec is a code of the code, and the other way round."""

from __future__ import annotations

import re

from passerby_client import codes

from passerby.model.outcome import Outcome
from passerby.wire.replies import STATUS
from tests.docs.pages import ROOT, rows


def test_the_outcomes_of_the_spec_are_those_of_the_service() -> None:
    told = {
        cells[0].strip("`"): cells[1] == "yes"
        for cells in rows(
            ROOT / "spec/attribution.md", "outcome | accepted | what became of the operation | a client should"
        )
    }

    assert told == {outcome.value: outcome.accepted for outcome in Outcome}


def test_the_refusals_of_the_spec_are_those_of_the_service_with_their_status() -> None:
    tables = [
        rows(ROOT / "spec/wire.md", header) for header in ("code | status | when | vector", "code | status | when")
    ]
    told = {cells[0].strip("`"): int(cells[1]) for table in tables for cells in table}

    assert told == dict(STATUS)


def test_the_codes_of_the_client_cores_are_the_same_and_stand_in_the_spec() -> None:
    python = {value for name, value in vars(codes).items() if name.isupper()}
    typescript = set(re.findall(r"'(\w+)'", (ROOT / "sdk/js/core/src/codes.ts").read_text()))
    told = " ".join(page.read_text() for page in (ROOT / "spec").glob("*.md"))

    assert python == typescript
    assert {code for code in python if f"`{code}`" not in told} == set()
