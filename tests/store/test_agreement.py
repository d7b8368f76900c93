"""SQLite is held against the memory engine through the contract, whatever arrives, fails, is rebuilt or reopened."""

from __future__ import annotations

import functools
import tempfile
from concurrent.futures import Future
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from passerby.base.errors import Refusal
from passerby.ingest.recording import Recorded, record
from passerby.lifecycle.invariants import violations
from passerby.model.bundle import Bundle
from passerby.store.contract import Store, Transaction
from passerby.store.memory import MemoryStore
from passerby.store.sqlite import SqliteStore, owning
from tests.deliveries import ORG, Delivery, deliveries
from tests.store.view import view


class _GaveUp(Exception):
    """A piece of work fails after it did all of its work."""


def _record_and_fail(transaction: Transaction, bundle: Bundle) -> None:
    record(transaction, bundle)
    raise _GaveUp


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

    @rule()
    def rebuild(self) -> None:
        before = view(self.sqlite, ORG.id)
        self.sqlite.rebuild()
        assert view(self.sqlite, ORG.id) == before

    @rule()
    def reopen(self) -> None:
        self.sqlite.close()
        self.sqlite = SqliteStore(self.path)

    @invariant()
    def agree(self) -> None:
        assert view(self.memory, ORG.id) == view(self.sqlite, ORG.id)

    @invariant()
    def hold_the_rules(self) -> None:
        with self.sqlite.read() as reader:
            pieces = reader.pieces_after(ORG.id, 0, 100_000)
            for device in {piece.device for piece in pieces}:
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
    """Every device that is bound with something to its name is given to its person one row a commit."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes = owning.AT_ONCE_MAX, owning.STEP
        owning.AT_ONCE_MAX, owning.STEP = 1, 1  # type: ignore[misc]

    def teardown(self) -> None:
        super().teardown()
        owning.AT_ONCE_MAX, owning.STEP = self.sizes  # type: ignore[misc]


for machine, count in ((EnginesAgree, 60), (EnginesAgreeOnParts, 40)):
    machine.TestCase.settings = settings(
        max_examples=count, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
TestEnginesAgree = EnginesAgree.TestCase
TestEnginesAgreeOnParts = EnginesAgreeOnParts.TestCase
