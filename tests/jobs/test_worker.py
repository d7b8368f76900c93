"""The worker: lanes take turns, and nothing ends it (AP-8)."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from passerby.base.errors import StoreError
from passerby.base.ids import DeviceId, OrgId
from passerby.base.units import MINUTE_MS
from passerby.ingest import erasing
from passerby.jobs import batch
from passerby.jobs.turns import Turns
from passerby.jobs.work import work_of, workers_of
from passerby.jobs.worker import Due, Worker
from passerby.model.erasure import Erasing
from passerby.model.org import Org
from passerby.store.contract import Entry, Lane, Store
from tests.worlds import ENGINES, NOW_MS, ORG, CountedIds, SetClock, opened

OTHER = Org(OrgId("o2"), b"t" * 32)


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    found = opened(request.param, tmp_path)
    found.submit(lambda t: t.add_org(OTHER)).result()
    yield found
    found.close()


def put(store: Store, entry: Entry, org: OrgId = ORG.id) -> None:
    store.submit(lambda t: t.put_entry(org, entry)).result()


def lane(org: str, name: str) -> Lane:
    return Lane(OrgId(org), "k", name, 0)


def test_turns_go_round_the_orgs_and_within_an_org_round_its_lanes() -> None:
    turns, due = Turns(), [lane("a", "1"), lane("a", "2"), lane("a", "3"), lane("b", "1")]
    taken = list[str]()
    for _ in range(8):
        found = turns.order(due)[0]
        turns.took(found)
        taken.append(found.org + found.name)
    assert taken == ["a1", "b1", "a2", "b1", "a3", "b1", "a1", "b1"]
    assert [found.org for found in turns.order(due)] == ["a", "b", "a", "a"]


def test_who_comes_anew_has_the_next_turn() -> None:
    turns, due = Turns(), [lane("a", "1"), lane("b", "1")]
    for found in due * 3:
        turns.took(found)
    assert turns.order([*due, lane("c", "1")])[0].org == "c"
    turns.forget_all_but(due[:1])
    assert turns.order(due)[0].org == "b"


def test_an_erasure_of_many_devices_lets_another_org_have_its_turn(store: Store) -> None:
    clock = SetClock()
    for org, count in ((ORG, 180), (OTHER, 1)):
        devices = tuple(DeviceId(f"d{n:07d}-0000-4000-8000-000000000000") for n in range(count))
        gone = msgspec.json.encode(Erasing("r", "u", None, devices))  # type: ignore[arg-type]
        put(store, Entry(erasing.ERASING, "u", gone, due_at_ms=NOW_MS), org.id)
    worker = Worker(store, clock, {erasing.ERASING: work_of(store, clock, CountedIds())[erasing.ERASING]}, "t")

    def is_over(org: Org) -> bool:
        with store.read() as reader:
            return reader.entry(org.id, erasing.ERASING, "u") is None

    for _ in range(2):
        worker.run_due()
    assert is_over(OTHER)
    assert not is_over(ORG)
    while worker.run_due():
        pass
    assert is_over(ORG)


def test_the_turn_goes_to_another_org_however_long_one_has_waited_in_however_many_lanes(store: Store) -> None:
    done = list[OrgId]()

    def handle(due: Sequence[Due]) -> None:
        done.append(due[0][0])
        store.submit(functools.partial(_gone, org=due[0][0], entry=due[0][1])).result()

    for n in range(9):
        put(store, Entry("k", str(n), b"", None, NOW_MS - 9000, str(n % 3)))
    put(store, Entry("k", "x", b"", None, NOW_MS), OTHER.id)
    worker = Worker(store, SetClock(), {"k": handle}, "t")
    for _ in range(2):
        worker.run_due()
    assert set(done) == {ORG.id, OTHER.id}


@pytest.mark.parametrize("error", [UnicodeError(), KeyError("x"), StoreError("full")])
def test_work_that_fails_is_put_off_and_costs_no_other_org(store: Store, error: Exception) -> None:
    clock, done = SetClock(), list[str]()

    def handle(due: Sequence[Due]) -> None:
        for org, entry in due:
            if org == ORG.id:
                raise error
            done.append(entry.id)
            store.submit(functools.partial(_gone, org=org, entry=entry)).result()

    worker = Worker(store, clock, {"k": handle}, "t")
    for org in (ORG, OTHER):
        put(store, Entry("k", "x", b"", due_at_ms=NOW_MS), org.id)
    while worker.run_due():
        pass
    assert done == ["x"]
    with store.read() as reader:
        assert reader.due_entries(["k"], NOW_MS + MINUTE_MS, 9)[0][1].due_at_ms == NOW_MS + MINUTE_MS


def test_what_a_handler_did_before_it_failed_stays_as_it_is(store: Store) -> None:
    clock = SetClock()

    def handle(due: Sequence[Due]) -> None:
        (org, entry), *_ = due
        later = msgspec.structs.replace(entry, body=b"done", due_at_ms=NOW_MS + 5)
        store.submit(lambda t: t.put_entry(org, later)).result()
        raise RuntimeError

    put(store, Entry("k", "a", b"", due_at_ms=NOW_MS - 1))
    put(store, Entry("k", "b", b"", due_at_ms=NOW_MS))
    Worker(store, clock, {"k": handle}, "t").run_due()
    with store.read() as reader:
        entries = reader.entries(ORG.id, "k", "", "", 9)
    assert [(entry.body, entry.due_at_ms) for entry in entries] == [(b"done", NOW_MS + 5), (b"", NOW_MS + MINUTE_MS)]


def test_work_that_takes_long_has_a_thread_of_its_own(store: Store) -> None:
    clock, began, done, meanwhile = SetClock(), list[str](), list[str](), list[str]()

    def hang(due: Sequence[Due]) -> None:
        began.append(due[0][1].id)
        deadline = time.monotonic() + 10
        while not done and time.monotonic() < deadline:
            time.sleep(0.005)
        meanwhile.extend(done)
        store.submit(functools.partial(_gone, org=due[0][0], entry=due[0][1])).result()

    def do(due: Sequence[Due]) -> None:
        store.submit(functools.partial(_gone, org=due[0][0], entry=due[0][1])).result()
        done.append(due[0][1].id)

    put(store, Entry(batch.JOB, "s", b"", due_at_ms=NOW_MS - 1))
    workers = workers_of(store, clock, {batch.JOB: hang, "quick": do})
    for worker in workers:
        worker.start()
    while not began:
        time.sleep(0.005)
    put(store, Entry("quick", "q", b"", due_at_ms=NOW_MS))
    for worker in workers:
        worker.wake()
    deadline = time.monotonic() + 20
    while not meanwhile and time.monotonic() < deadline:
        time.sleep(0.005)
    for worker in workers:
        worker.close()
    assert meanwhile == ["q"]


def _gone(transaction: object, org: OrgId, entry: Entry) -> None:
    transaction.remove_entry(org, entry.kind, entry.id)  # type: ignore[attr-defined]
