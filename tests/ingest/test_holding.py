"""What would move too much is placed again in steps, to the same end, and meanwhile nothing is anybody's wrongly."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerby.base.ids import DeviceId
from passerby.ingest import holding, learning
from passerby.ingest.holding import PLACING, step
from passerby.ingest.recording import record
from passerby.store.contract import PersonFilter, Reader, Store
from passerby.store.memory import MemoryStore
from passerby.store.sqlite import SqliteStore
from passerby.wire.decode import decode
from tests.deliveries import DEVICES, ORG, PAGES, SESSIONS, UIDS
from tests.lifecycle.test_order import Oracle, Sent, visits
from tests.worlds import ENGINES

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


def opened_in(engine: str, folder: Path) -> Store:
    store: Store = MemoryStore() if engine == "memory" else SqliteStore(folder / "passerby.db")
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    return store


def send(store: Store, sent: Sent) -> None:
    bundle = decode(json.dumps(sent.envelope).encode(), "", sent.received_at_ms)
    store.submit(functools.partial(record, bundle=bundle)).result()


def reported(store: Store, page: int, *ops: dict[str, object]) -> None:
    ids = {"device": DEVICES[0], "session": SESSIONS[0], "page": PAGES[page]}
    body = {"v": 1, "org": ORG.id, **ids, "started": 0, "sent": 9000, "ops": ops}
    bundle = decode(json.dumps(body).encode(), "", 9000)
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


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("steps", range(12))
def test_user_properties_are_set_again_though_new_facts_come_in_between(
    engine: str, steps: int, tmp_path: Path
) -> None:
    store = opened_in(engine, tmp_path)

    report = functools.partial(reported, store)

    def plan(n: int, t: int, value: str) -> dict[str, object]:
        return {"op": "properties", "type": "user", "n": n, "t": t, "properties": {"plan": value}}

    report(0, plan(1, 1000, "old"))
    report(1, plan(1, 3000, "new"))
    report(0, {"op": "end", "why": "anonymize", "n": 2, "t": 2000})
    for _ in range(steps):
        stepped(store)
    report(0, {"op": "end", "why": "anonymize", "n": 3, "t": 8000})  # which moves nothing
    while stepped(store):
        pass
    with store.read() as reader:
        home = reader.properties_of(ORG.id, [DeviceId(DEVICES[0])])
        every = [
            kept.property.value
            for piece in reader.pieces_after(ORG.id, 0, 9)
            for kept in reader.properties_of(ORG.id, [piece.device])
        ]
    store.close()
    assert [kept.property.value for kept in home] == ["old"]
    assert set(every) == {"old", "new"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("bundles", "each", "is_held"), [(1, 12, False), (6, 2, True)])
def test_many_small_bundles_are_much_too(
    engine: str, bundles: int, each: int, is_held: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "AT_ONCE_MAX", 40)
    store = opened_in(engine, tmp_path)

    report = functools.partial(reported, store)
    for first in range(1, bundles * each, each):
        report(0, *({"op": "event", "name": "e", "n": n, "t": 3000 + n} for n in range(first, first + each)))
    report(1, {"op": "end", "why": "anonymize", "n": 1, "t": 2000})
    with store.read() as reader:
        assert reader.device(ORG.id, DeviceId(DEVICES[0])).is_held == is_held
    store.close()
