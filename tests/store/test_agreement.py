"""SQLite is held against the memory engine through the contract, whatever arrives, fails, is rebuilt or reopened."""

from __future__ import annotations

import functools
import tempfile
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from passerby.base.errors import Refusal
from passerby.base.ids import DeviceId, PageId
from passerby.ingest import holding, learning
from passerby.ingest.recording import Recorded, record
from passerby.lifecycle.invariants import violations
from passerby.model.bundle import Bundle
from passerby.model.effect import Effect, Hold, Release
from passerby.model.marks import Marks
from passerby.store.contract import Store, Transaction
from passerby.store.memory import MemoryStore
from passerby.store.sqlite import SqliteStore, owning
from tests.deliveries import DEVICES, ORG, PAGES, Delivery, deliveries
from tests.store.view import view


class _GaveUp(Exception):
    """A piece of work fails after it did all of its work."""


def _record_and_fail(transaction: Transaction, bundle: Bundle) -> None:
    record(transaction, bundle)
    raise _GaveUp


SET_LATER = {"properties", "all properties", "people", "counted", "persons", "of people"}


class EnginesAgree(RuleBasedStateMachine):
    """Both engines get the same work; after each step they must show the same."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "passerby.db"
        self.memory: Store = MemoryStore()
        self.sqlite: Store = SqliteStore(self.path)
        for store in (self.memory, self.sqlite):
            store.submit(lambda transaction: transaction.add_org(ORG)).result()

    @rule(delivery=deliveries())
    def deliver(self, delivery: Delivery) -> None:
        work = functools.partial(record, bundle=delivery.bundle)
        told = [_outcome(store.submit(work)) for store in (self.memory, self.sqlite)]
        assert told[0] == told[1]

    @rule(delivery=deliveries())
    def fail(self, delivery: Delivery) -> None:
        work = functools.partial(_record_and_fail, bundle=delivery.bundle)
        before = view(self.sqlite, ORG.id)
        for store in (self.memory, self.sqlite):
            assert isinstance(store.submit(work).exception(), _GaveUp | Refusal)
        assert view(self.sqlite, ORG.id) == before

    @rule(number=st.integers(0, 2), is_on=st.booleans())
    def hold(self, number: int, is_on: bool) -> None:
        """A device is held with its bound substitutes, or released."""
        home = DeviceId(DEVICES[number])
        mark = Marks(ORG.secret).of_origin(home, None)

        def work(transaction: Transaction) -> list[object]:
            bound = transaction.bound_from(ORG.id, mark)
            held: list[Effect] = [Hold(home), *(Hold(device, mark) for device in bound)]
            released = [Release(device) for device in (home, *transaction.held_by(ORG.id, mark, 9))]
            transaction.apply(ORG.id, held if is_on else released)
            weights = [transaction.weight_of(ORG.id, home, mark, limit) for limit in (1, 5, 1000)]
            weights += [
                transaction.weight_of(ORG.id, home, mark, 1000, None, since_ms) for since_ms in (50_000, 200_000)
            ]
            for page in map(PageId, PAGES):
                page_mark = Marks(ORG.secret).of_origin(home, page)
                weights.append(transaction.weight_of(ORG.id, home, page_mark, 1000, page, 100_000))
            stored = [len(one.operations) for one, _ in transaction.stored_after(ORG.id, home, mark, 0, 1000)]
            pages = [sorted(transaction.pages_since(ORG.id, home, since_ms, 99)) for since_ms in (0, 100_000)]
            origins = [
                sorted(origin.page for _, origin in transaction.origins_since(ORG.id, mark, since_ms, 99))
                for since_ms in (0, 100_000)
            ]
            standing = [
                transaction.device(ORG.id, home),
                transaction.held_mark(ORG.id, home),
                transaction.count_held(2),
            ]
            return [bound, weights, stored, pages, origins, standing, transaction.held_by(ORG.id, mark, 2)]

        told = [store.submit(work).result() for store in (self.memory, self.sqlite)]
        assert told[0] == told[1]

    @rule()
    def rebuild(self) -> None:
        before = self.shown(self.sqlite)
        self.sqlite.rebuild()
        assert self.shown(self.sqlite) == before

    @rule()
    def reopen(self) -> None:
        self.sqlite.close()
        self.sqlite = SqliteStore(self.path)

    @invariant()
    def agree(self) -> None:
        memory, sqlite = (self.shown(store) for store in (self.memory, self.sqlite))
        assert memory == sqlite

    def shown(self, store: Store) -> dict[str, Any]:
        """All that a store shows; but while something is placed again, not what a user property changes."""
        found = view(store, ORG.id)
        if not self.is_unset():
            return found
        return {name: told for name, told in found.items() if name not in SET_LATER}

    def is_unset(self) -> bool:
        """Whether user properties were dropped that are set again at the end of the placing."""
        with self.sqlite.read() as reader:
            due = reader.due_entries([holding.PLACING], 2**53, 9)
        return any(msgspec.json.decode(entry.body, type=holding.Placing).is_unset for _, entry in due)

    @invariant()
    def hold_the_rules(self) -> None:
        with self.sqlite.read() as reader:
            pieces = reader.pieces_after(ORG.id, 0, 100_000)
            for device in {piece.device for piece in pieces}:
                if reader.device(ORG.id, device).is_held:
                    continue
                mine = reader.pieces_of_device(ORG.id, device)
                assert list(violations(reader.device(ORG.id, device), mine)) == []
            assert len({(piece.session, piece.device) for piece in pieces}) == len({piece.session for piece in pieces})

    def teardown(self) -> None:
        self.sqlite.close()
        self.folder.cleanup()


def _outcome(future: Future[Recorded]) -> Recorded | str:
    error = future.exception()
    return error.code if isinstance(error, Refusal) else future.result()


class EnginesAgreeOnParts(EnginesAgree):
    """Work is cut as small as it can be: devices are given to their persons row by row, and placed again one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        for place, name, size in ((owning, "AT_ONCE_MAX", 1), (owning, "STEP", 1), (learning, "AT_ONCE_MAX", 0)):
            self.patch.setattr(place, name, size)
        self.patch.setattr(holding, "STEP_PIECES_MAX", 1)

    @rule()
    def place_again(self) -> None:
        """Whatever is due to be placed again is, one piece of it."""
        for device in map(DeviceId, DEVICES):
            work = functools.partial(holding.step, name=ORG.id, device=device, now_ms=2_000_000)
            assert len({store.submit(work).result() for store in (self.memory, self.sqlite)}) == 1

    def teardown(self) -> None:
        super().teardown()
        self.patch.undo()


for machine, count in ((EnginesAgree, 60), (EnginesAgreeOnParts, 100)):
    machine.TestCase.settings = settings(
        max_examples=count, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
TestEnginesAgree = EnginesAgree.TestCase
TestEnginesAgreeOnParts = EnginesAgreeOnParts.TestCase
