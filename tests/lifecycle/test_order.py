"""The order of arrival does not show in who has what (AT-2), and never does anyone have what another did."""

from __future__ import annotations

import functools
import json
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from passerby.base.errors import Refusal
from passerby.ingest.recording import record
from passerby.lifecycle.invariants import violations
from passerby.store.memory import MemoryStore
from passerby.wire.decode import decode
from tests.deliveries import DEVICES, ORG, PAGES, SESSIONS, UIDS, Delivery, deliveries

RECEIVED_AT_MS: Final = 1_000_000


@st.composite
def visits(draw: st.DrawFn, ties: bool, uids: tuple[str, ...] = ("ann",)) -> list[dict[str, Any]]:
    """The bundles of one device with three tabs under one clock, on which these uids come and go.

    With `ties` the tabs may do things in the same millisecond.
    """
    bundles = []
    for page in range(3):
        moments = sorted(draw(st.lists(st.integers(0, 9), min_size=1, max_size=6)))
        made = []
        for n, moment in enumerate(moments, 1):
            operation = draw(
                st.sampled_from(
                    [
                        {"op": "event", "name": "x"},
                        {"op": "event", "name": "x"},
                        *({"op": "identify", "uid": uid} for uid in uids),
                        {"op": "end", "why": "anonymize"},
                    ]
                )
            )
            made.append({**operation, "n": n, "t": moment * 1000 + (0 if ties else page), "source": f"{page}/{n}"})
        while made:
            size = draw(st.integers(1, len(made)))
            bundles.append(
                {
                    "v": 1,
                    "org": ORG.id,
                    "device": DEVICES[0],
                    "session": SESSIONS[0],
                    "page": PAGES[page],
                    "started": 0,
                    "sent": RECEIVED_AT_MS,
                    "ops": made[:size],
                }
            )
            made = made[size:]
    return bundles


def owners(bundles: list[dict[str, Any]]) -> dict[str, str | None]:
    """Whose each operation is, when the bundles arrived in this order."""
    store = MemoryStore()
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    for envelope in bundles:
        bundle = decode(json.dumps(envelope).encode(), "", RECEIVED_AT_MS)
        store.submit(functools.partial(record, bundle=bundle)).result()
    with store.read() as reader:
        pieces = reader.pieces_after(ORG.id, 0, 1000)
        bindings = {piece.device: reader.device(ORG.id, piece.device).binding for piece in pieces}
        return {
            str(operation.source): binding.uid if (binding := bindings[piece.device]) else None
            for piece in pieces
            for operation in piece.operations
        }


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_order_of_arrival_gives_everyone_the_same(data: st.DataObject) -> None:
    bundles = data.draw(visits(ties=False))
    shuffled = owners(data.draw(st.permutations(bundles)))
    assert owners(bundles) == shuffled


@settings(max_examples=300, deadline=None)
@given(visits(ties=True))
def test_nobody_has_what_was_made_between_a_logout_and_the_next_login(bundles: list[dict[str, Any]]) -> None:
    made = sorted((op for bundle in bundles for op in bundle["ops"]), key=lambda op: op["t"])
    owner = owners(bundles)
    for op in made:
        if op["op"] != "event":
            continue
        left = [end["t"] for end in made if end["op"] == "end" and end["t"] < op["t"]]
        back = [login for login in made if login["op"] == "identify" and left and login["t"] >= max(left)]
        if left and not back:
            assert owner[op["source"]] is None


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_clients_that_do_not_rotate_wrong_nobody(data: st.DataObject) -> None:
    bundles = data.draw(visits(ties=False, uids=UIDS))
    made = sorted((op for bundle in bundles for op in bundle["ops"]), key=lambda op: op["t"])
    owner = owners(data.draw(st.permutations(bundles)))
    for place, op in enumerate(made):
        if op["op"] == "event":
            assert owner[op["source"]] in (None, _rightful(made, place))


def _rightful(made: list[dict[str, Any]], place: int) -> str | None:
    """The uid that was there, or the next that came, unless somebody left in between."""
    last = next((op for op in reversed(made[:place]) if op["op"] != "event"), None)
    if last is not None and last["op"] == "identify":
        return str(last["uid"])
    coming = next((op for op in made[place:] if op["op"] != "event"), None)
    return str(coming["uid"]) if coming is not None and coming["op"] == "identify" else None


@settings(max_examples=300, deadline=None)
@given(st.lists(deliveries(), max_size=10))
def test_whatever_arrives_the_rules_hold_and_settling_ends(arriving: list[Delivery]) -> None:
    store = MemoryStore()
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    for delivery in arriving:
        error = store.submit(functools.partial(record, bundle=delivery.bundle)).exception()
        assert error is None or isinstance(error, Refusal)
    with store.read() as reader:
        for device in {piece.device for piece in reader.pieces_after(ORG.id, 0, 1000)}:
            mine = reader.pieces_of_device(ORG.id, device)
            assert list(violations(reader.device(ORG.id, device), mine)) == []
