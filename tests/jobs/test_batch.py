"""Batches (AP-8)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from passerby.base.errors import Refusal
from passerby.base.ids import Uid
from passerby.jobs import batch
from passerby.jobs.worker import Worker
from passerby.model.job import Job
from passerby.model.marks import Marks
from passerby.store.contract import PersonFilter, Store
from tests.worlds import ENGINES, ORG, CountedIds, SetClock, opened


class World:
    """A store with a worker that is driven by hand."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock, self.ids = store, SetClock(), CountedIds()
        self.worker = Worker(store, self.clock, {batch.JOB: partial(batch.work_off, store, self.clock, self.ids)}, "t")

    def create(self, kind: Literal["users", "events"], *requests: Any) -> Job:
        raws = [msgspec.Raw(msgspec.json.encode(request)) for request in requests]
        job = batch.fill(self.store, ORG, kind, raws, None, self.clock.ms, self.ids)
        self.store.submit(lambda t: batch.accept(t, ORG, job)).result()
        return job

    def work(self) -> None:
        """Do all that is due."""
        while self.worker.run_due():
            pass

    def find(self, job: Job) -> Job:
        with self.store.read() as reader:
            return batch.find(reader, ORG.id, job.kind, job.id)

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
    assert world.find(job).imports == 100
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


def test_pages_of_results_walk_all_of_them(world: World) -> None:
    job = world.create("users", *({"uid": f"u{n}"} for n in range(25)))
    world.work()
    seen, after = list[str](), ""
    with world.store.read() as reader:
        while True:
            items, more = batch.results(reader, ORG.id, world.find(job), batch.IMPORT, after, 10)
            seen += [item.user for item in items]
            if more is None:
                break
            after = more
    assert len(set(seen)) == len(seen) == 25


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


def test_an_empty_batch_and_one_of_50001_are_refused(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        world.create("users")
    assert refused.value.code == "required_field"
    with pytest.raises(Refusal) as refused:
        world.create("users", *[{}] * 50_001)
    assert refused.value.code == "too_many_requests_in_batch"
