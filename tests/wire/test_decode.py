"""Whatever bytes come, they decode to operations or are refused by a code that has a status."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from passerby.base.errors import Refusal
from passerby.ingest.recording import record
from passerby.lifecycle.frames import Frames
from passerby.model.bundle import Bundle
from passerby.model.operation import Operation
from passerby.store.contract import Store
from passerby.store.sqlite import SqliteStore
from passerby.wire.decode import decode
from passerby.wire.limits import NOTES_MAX
from passerby.wire.replies import STATUS, accepted
from tests.deliveries import ORG
from tests.vectors.server import USUAL, body_of, vectors

BODIES = [body_of(step) for vector in vectors() for step in vector["steps"] if step["do"] == "deliver"]
SMALL = [body for body, encoding in BODIES if not encoding and len(body) < 3000]

_numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just(10**400)
_json = st.recursive(
    st.none() | st.booleans() | _numbers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = SqliteStore(tmp_path_factory.mktemp("decode") / "passerby.db")
    opened.submit(lambda transaction: transaction.add_org(ORG)).result()
    yield opened
    opened.close()


def decoded(body: bytes, encoding: str = "") -> Bundle | None:
    """The bundle, or None where it was refused by a code that has a status."""
    try:
        return decode(body, encoding, 20_000)
    except Refusal as refused:
        if refused.code in STATUS:
            return None
        raise


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(SMALL), st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=4))
def test_damaged_bytes_are_refused_by_a_code(body: bytes, damage: list[tuple[int, int]]) -> None:
    hurt = bytearray(body)
    for place, value in damage:
        if hurt:
            hurt[place % len(hurt)] = value
    decoded(bytes(hurt))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", "gzip", "deflate"]))
@example(b'{"' * 500_000, "")
@example(b"{" * 40 + b'\\"' * 300_000, "")
@example(b'"' * 1_000_001, "")
def test_any_bytes_are_refused_by_a_code(body: bytes, encoding: str) -> None:
    decoded(body, encoding)


@settings(max_examples=250, deadline=None)
@given(
    kind=st.sampled_from(["event", "identify", "properties"]),
    uid=_json,
    name=_json,
    properties=_json,
    schema=_json,
)
def test_any_members_give_an_operation_or_a_named_refusal(
    store: Store, kind: str, uid: Any, name: Any, properties: Any, schema: Any
) -> None:
    members = {"event": {"name": name}, "identify": {"uid": uid}, "properties": {"type": "user"}}[kind]
    operation = {"op": kind, "n": 1, "t": 1000, **members, "properties": properties, "schema": schema}
    ids = {"device": str(uuid.uuid4()), "session": str(uuid.uuid4()), "page": str(uuid.uuid4())}
    bundle = decoded(json.dumps({**USUAL, **ids, "sent": 20_000, "ops": [operation]}).encode())
    if bundle is None:
        return
    assert len(bundle.operations) + len(bundle.refused) == 1
    assert on_disk(store, bundle) == Frames(ORG.secret, bundle.device).taken_in(bundle).operations
    json.loads(accepted(bundle, {no.n: no.outcome for no in bundle.refused}))


def on_disk(store: Store, bundle: Bundle) -> tuple[Operation, ...]:
    """The operations of a bundle as they are read back."""
    with store.read() as reader:
        last = reader.last_row(ORG.id)
    store.submit(lambda transaction: record(transaction, bundle)).result()
    with store.read() as reader:
        return tuple(op for piece in reader.pieces_after(ORG.id, last, 10) for op in piece.operations)


def test_a_message_of_a_refusal_holds_no_value() -> None:
    secret = "secret-value"
    wrong = [
        {"op": "identify", "n": 1, "t": 1000, "uid": secret * 30},
        {"op": secret, "n": 2, "t": 1000},
        {"op": "event", "n": 3, "t": 1000, "name": "x", "type": secret},
        {"op": "event", "n": 4, "t": secret, "name": "x"},
        {"op": "event", "n": 5, "t": 1000, "name": "x", "properties": secret},
        {"op": "event", "n": 6, "t": 1000, "name": "x", "properties": {"a": [secret, 1]}},
        {"op": "log", "n": 7, "t": 1000, "level": secret, "message": secret},
    ]
    bundle = decoded(json.dumps({**USUAL, "sent": 20_000, "ops": wrong}).encode())
    assert bundle is not None
    assert len(bundle.refused) == 6
    assert secret not in " ".join([*(no.message for no in bundle.refused), *(note.message for note in bundle.notes)])


def test_a_reply_names_a_bounded_number_of_notes() -> None:
    names = {f"{n}": n for n in range(NOTES_MAX + 200)}
    operations = [{"op": "event", "n": n, "t": 1000, "name": "x", "properties": names} for n in (1, 2)]
    bundle = decoded(json.dumps({**USUAL, "sent": 20_000, "ops": operations}).encode())
    assert bundle is not None
    told = msgspec.json.decode(accepted(bundle, {}))["notes"]
    assert len(told) == NOTES_MAX + 1
    assert sum(note.get("count", 1) for note in told) == 2 * (NOTES_MAX + 200)
