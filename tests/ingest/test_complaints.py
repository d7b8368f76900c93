"""However much is wrong with a bundle, the writer is given a bounded number of complaints about it (PR-4)."""

from __future__ import annotations

import json
from typing import Any

from passerby.ingest.complaint import KINDS_MAX, complaints_of
from passerby.model.bundle import Bundle
from passerby.model.outcome import Outcome
from passerby.wire.decode import decode
from tests.vectors.server import USUAL


def bundle_of(operations: list[dict[str, Any]]) -> Bundle:
    """A bundle of these operations, numbered."""
    numbered = [{"n": n, "t": 1000, **operation} for n, operation in enumerate(operations, 1)]
    return decode(json.dumps({**USUAL, "sent": 10_000, "ops": numbered}).encode(), "", 10_000)


def complaints(bundle: Bundle) -> list[tuple[str, str, str, int]]:
    """Code, page, name and count of each."""
    fresh = {no.n: no.outcome for no in bundle.refused} | {op.n: Outcome.STORED for op in bundle.operations}
    return [(told.code, told.page, told.name, told.count) for told in complaints_of(bundle, fresh, lambda: ())]


def test_complaints_of_one_kind_are_one_with_their_count() -> None:
    page = {"op": "page", "url": "https://a.example/cart?x"}
    found = complaints(
        bundle_of([page, *[{"op": "event", "name": ""}] * 3, {"op": "page", "url": "https://a.example/"}])
    )
    assert found == [("invalid_event_name", "a.example/cart", "", 3)]


def test_of_many_names_some_are_named_and_all_are_counted() -> None:
    properties = {f"n{number}!": 1 for number in range(200)}
    found = complaints(bundle_of([{"op": "event", "name": "x", "properties": properties}] * 300))
    assert len(found) < KINDS_MAX
    assert sum(count for *_, count in found) == 300 * 200


def test_of_many_pages_only_some_have_a_complaint_of_their_own() -> None:
    visits = [
        operation
        for number in range(200)
        for operation in ({"op": "page", "url": f"https://a.example/{number}"}, {"op": "event", "name": ""})
    ]
    found = complaints(bundle_of(visits))
    assert len(found) == KINDS_MAX + 1
    assert found[-1] == ("invalid_event_name", "", "", 200 - KINDS_MAX)
