"""What would move too much is placed again in steps, to the same end, and meanwhile nothing is anybody's wrongly."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerby.ingest import holding, learning
from passerby.ingest.holding import PLACING, step
from passerby.ingest.recording import record
from passerby.store.contract import PersonFilter, Reader, Store
from passerby.store.memory import MemoryStore
from passerby.wire.decode import decode
from tests.deliveries import ORG, UIDS
from tests.lifecycle.test_order import Oracle, Sent, visits

LATER_MS = 2**52


@pytest.fixture(autouse=True, scope="module")
def one_at_a_time() -> Iterator[None]:
    """Everything that moves is cut, and a step places one piece."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "AT_ONCE_MAX", 0)
        patch.setattr(holding, "STEP_PIECES_MAX", 1)
        yield


def opened() -> Store:
    store = MemoryStore()
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    return store


def send(store: Store, sent: Sent) -> None:
    bundle = decode(json.dumps(sent.envelope).encode(), "", sent.received_at_ms)
    store.submit(functools.partial(record, bundle=bundle)).result()


def stepped(store: Store) -> bool:
    """Do a step of whatever is to be placed; whether there was one."""
    with store.read() as reader:
        due = reader.due_entries([PLACING], LATER_MS, 10)
    for org, entry in due:
        store.submit(functools.partial(step, name=org, device=entry.id, now_ms=LATER_MS)).result()
    return bool(due)


def owners(reader: Reader) -> dict[str, str | None]:
    """Whose each operation is shown to be, in every way in which it is shown."""
    shown: dict[str, str | None] = {}
    for piece in reader.pieces_after(ORG.id, 0, 1000):
        binding = reader.device(ORG.id, piece.device).binding
        shown |= {str(op.source): binding.uid if binding else None for op in piece.operations}
    return shown


def listed(reader: Reader) -> dict[str, str | None]:
    """Whose each operation is by the lists of people."""
    shown: dict[str, str | None] = {}
    for person in reader.people(ORG.id, PersonFilter(), None, 100):
        for session in reader.sessions_of_user(ORG.id, person.id, None, 100):
            for piece in reader.pieces_of_session(ORG.id, session.id):
                shown |= {str(op.source): person.uid for op in piece.operations}
    return shown


def is_safe(shown: dict[str, str | None], wanted: dict[str, str | None]) -> bool:
    return all(uid is None or wanted[source] == uid for source, uid in shown.items())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_comes_out_is_what_the_rules_say_and_meanwhile_nothing_is_anybodys_wrongly(data: st.DataObject) -> None:
    made = data.draw(visits(ties=data.draw(st.booleans()), uids=UIDS, clocks=data.draw(st.booleans())))
    bundles = data.draw(st.permutations(made))
    store = opened()
    for count, sent in enumerate(bundles, 1):
        send(store, sent)
        wanted = Oracle(bundles[:count]).owners()
        for _ in range(data.draw(st.integers(0, 4))):
            with store.read() as reader:
                assert is_safe(owners(reader), wanted)
                assert is_safe(listed(reader), wanted)
            stepped(store)
    while stepped(store):
        with store.read() as reader:
            assert is_safe(owners(reader), wanted)
            assert is_safe(listed(reader), wanted)
    with store.read() as reader:
        assert owners(reader) == wanted
        assert {source: uid for source, uid in listed(reader).items() if uid} == {s: u for s, u in wanted.items() if u}
        assert reader.due_entries([PLACING], LATER_MS, 10) == []
        assert not any(reader.device(ORG.id, piece.device).is_held for piece in reader.pieces_after(ORG.id, 0, 1000))
