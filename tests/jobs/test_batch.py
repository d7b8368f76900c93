"""Batches (AP-8)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId, Uid
from passerby.jobs import batch
from passerby.jobs.work import work_of
from passerby.jobs.worker import Worker
from passerby.model.job import Job
from passerby.model.marks import Marks
from passerby.model.org import Org
from passerby.store.contract import PersonFilter, Store, Transaction
from passerby.wire.reports import UserItem
from tests.worlds import ENGINES, ORG, CountedIds, SetClock, opened


class World:
    """A store with a worker that is driven by hand."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock, self.ids = store, SetClock(), CountedIds()
        self.woken = list[int]()
        every = work_of(store, self.clock, self.ids, announced=lambda: self.woken.append(1))
        self.worker = Worker(store, self.clock, {kind: every[kind] for kind in (batch.JOB, batch.FILLING)}, "t")

    def create(self, kind: Literal["users", "events"], *requests: Any, org: Org = ORG) -> Job:
        raws = [msgspec.Raw(msgspec.json.encode(request)) for request in requests]
        job = batch.fill(self.store, org, kind, raws, None, self.clock.ms, self.ids)
        self.store.submit(lambda t: batch.accept(t, org, job, raws)).result()
        return job

    def work(self) -> None:
        """Do all that is due."""
        while self.worker.run_due():
            pass

    def find(self, job: Job, org: Org = ORG) -> Job:
        with self.store.read() as reader:
            return batch.find(reader, org.id, job.kind, job.id)

    def people(self) -> int:
        with self.store.read() as reader:
            return reader.count_people(ORG.id, PersonFilter())


@pytest.fixture(params=ENGINES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    store = opened(request.param, tmp_path)
    yield World(store)
    store.close()


def test_a_batch_is_processing_until_it_is_completed(world: World) -> None:
    job = world.create("users", *({"uid": f"u{n}"} for n in range(250)))
    assert world.find(job).status == "PROCESSING"
    world.work()
    done = world.find(job)
    assert (done.status, done.imports, done.errors) == ("COMPLETED", 250, 0)
    assert world.people() == 250


def test_webhooks_hear_of_each_piece_of_a_batch_as_it_is_done(world: World) -> None:
    world.create("users", *({"uid": f"u{n}"} for n in range(250)))
    for count in range(1, 6):
        world.worker.run_due()
        assert len(world.woken) == count


def test_a_bad_item_fails_by_itself_and_says_why(world: World) -> None:
    job = world.create("users", {"uid": "u"}, {"uid": "undefined"}, {"surname": "x"}, 7, {"id": "nobody"})
    world.work()
    done = world.find(job)
    assert (done.status, done.imports, done.errors) == ("FAILED", 1, 4)
    with world.store.read() as reader:
        items, more = batch.results(reader, ORG.id, done, batch.FAILURE, "", 9)
    assert [item.code for item in items] == [
        "placeholder_uid",
        "invalid_argument",
        "invalid_argument",
        "resource_not_found",
    ]
    assert more is None


def test_a_batch_that_was_interrupted_goes_on_where_it_was(world: World) -> None:
    job = world.create("events", *({"name": f"e{n}", "user": {"uid": "u"}} for n in range(250)))
    world.store.submit(partial(batch._do_some, name=ORG.id, job_id=job.id, now_ms=1, ids=world.ids)).result()
    assert world.find(job).imports == 50
    world.work()
    assert world.find(job).imports == 250
    with world.store.read() as reader:
        names = [
            op.name
            for device in reader.devices_of(ORG.id, Uid("u"))
            for piece in reader.pieces_of_device(ORG.id, device)
            for op in piece.operations
            if hasattr(op, "name")
        ]
    assert names == [f"e{n}" for n in range(250)]


@pytest.mark.parametrize(
    ("bytes_max", "limit", "sizes"),
    [
        (1 << 20, 10, [10, 10, 5]),
        (1 << 20, 11, [11, 11, 3]),
        (1 << 20, 25, [25]),
        (1 << 20, 5, [5] * 5),
        (0, 10, [1] * 25),
        (2400, 10, [3, 3, 3, 3, 3, 3, 3, 3, 1]),
    ],
)
def test_pages_of_results_walk_all_of_them(
    world: World, monkeypatch: pytest.MonkeyPatch, bytes_max: int, limit: int, sizes: list[int]
) -> None:
    monkeypatch.setattr(batch, "PAGE_BYTES_MAX", bytes_max)
    job = world.create("users", *({"uid": f"u{n}", "properties": {"a": "x" * 1000}} for n in range(25)))
    world.work()
    pages, after = list[list[str]](), ""
    with world.store.read() as reader:
        while True:
            items, more = batch.results(reader, ORG.id, world.find(job), batch.IMPORT, after, limit)
            pages.append([item.user for item in items])
            if more is None:
                break
            after = more
    assert [len(page) for page in pages] == sizes
    assert len({user for page in pages for user in page}) == 25


def test_a_batch_is_forgotten_after_a_week(world: World) -> None:
    job = world.create("users", {"uid": "u"}, {"uid": "NaN"})
    world.work()
    world.clock.ms += batch.KEPT_MS
    world.work()
    with pytest.raises(Refusal):
        world.find(job)
    with world.store.read() as reader:
        assert [reader.entries(ORG.id, kind, "", "", 9) for kind in ("job", "item", "import", "failure")] == [[]] * 4
    assert world.people() == 1


def test_items_not_yet_done_are_about_their_user(world: World) -> None:
    job = world.create("users", {"uid": "u"}, {"uid": "v"})
    mark = Marks(ORG.secret).of_uid(Uid("u"))
    assert world.store.submit(lambda t: t.remove_entries_about(ORG.id, mark)).result() == 1
    world.work()
    assert world.find(job).imports == 1


def test_a_small_batch_has_its_turn_beside_a_large_one_of_its_own_org_and_of_another(world: World) -> None:
    other = Org(OrgId("o2"), b"t" * 32)
    world.store.submit(lambda t: t.add_org(other)).result()
    large = world.create("users", *({"uid": f"u{n}"} for n in range(1500)))
    for _ in range(3):
        world.worker.run_due()
    own, others = world.create("users", {"uid": "v"}), world.create("users", {"uid": "w"}, org=other)
    for _ in range(3):
        world.worker.run_due()
    assert world.find(own).status == world.find(others, other).status == "COMPLETED"
    assert world.find(large).status == "PROCESSING"
    world.work()
    assert (world.find(large).status, world.find(large).imports) == ("COMPLETED", 1500)


def test_large_batches_are_not_starved_by_small_ones(world: World) -> None:
    large = world.create("users", *({"uid": f"u{n}"} for n in range(300)))
    for n in range(24):
        world.create("users", {"uid": f"v{n}"})
        world.worker.run_due()
    assert world.find(large).imports == 300


def test_an_item_that_breaks_the_work_fails_by_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    report = batch.report_user

    def broken(transaction: Transaction, org: Org, user: UserItem, *rest: Any) -> Any:
        done = report(transaction, org, user, *rest)
        if user.uid == "u70":
            raise RuntimeError("a bug")
        return done

    monkeypatch.setattr(batch, "report_user", broken)
    job = world.create("users", *({"uid": f"u{n}"} for n in range(150)))
    world.work()
    done = world.find(job)
    assert (done.status, done.imports, done.errors) == ("FAILED", 149, 1)
    with world.store.read() as reader:
        (item,), _ = batch.results(reader, ORG.id, done, batch.FAILURE, "", 9)
    assert (item.code, bytes(item.request)) == ("server_error", b'{"uid":"u70"}')
    assert world.people() == 149


def test_a_batch_that_was_filled_and_not_taken_on_is_forgotten_and_can_be_taken_on_no_longer(world: World) -> None:
    raws = [msgspec.Raw(b'{"uid":"u"}')] * 2500
    job = batch.fill(world.store, ORG, "users", raws, None, world.clock.ms, world.ids)
    world.work()
    with world.store.read() as reader:
        assert len(reader.entries(ORG.id, batch.ITEM, job.id, "", 9999)) == 2500
    world.clock.ms += batch.FILLING_MS
    world.work()
    with world.store.read() as reader:
        assert [reader.entries(ORG.id, kind, "", "", 9) for kind in (batch.ITEM, batch.FILLING)] == [[], []]
    with pytest.raises(Refusal) as refused:
        world.store.submit(lambda t: batch.accept(t, ORG, job, raws)).result()
    assert refused.value.code == "unavailable"
    assert world.people() == 0


def test_an_empty_batch_and_one_of_50001_are_refused(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        world.create("users")
    assert refused.value.code == "required_field"
    with pytest.raises(Refusal) as refused:
        world.create("users", *[{}] * 50_001)
    assert refused.value.code == "too_many_requests_in_batch"
