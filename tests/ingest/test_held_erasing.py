"""Erasing somebody while what is theirs, or others', is being placed again (AT-2.3, PV-2.4)."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerby.base.ids import DeviceId
from passerby.ingest import erasing, holding, learning
from passerby.ingest.holding import PLACING, step
from passerby.ingest.recording import record
from passerby.jobs.work import work_of
from passerby.model.operation import Identify
from passerby.store.contract import Person, Reader, Store, Transaction
from passerby.store.memory import MemoryStore
from passerby.store.people import held_person, known_by_uid
from passerby.wire.decode import decode
from tests.deliveries import ORG, UIDS
from tests.ingest.test_holding import owners
from tests.lifecycle.test_order import Sent, visits
from tests.worlds import CountedIds, SetClock

ASKED_MS = 2**51
"""When the erasure is asked for: behind all that is ever reported."""


class World:
    """A store, and the erasures' worker, which does one turn at a time."""

    def __init__(self, at_once: int) -> None:
        self.store: Store = MemoryStore()
        self.store.submit(lambda transaction: transaction.add_org(ORG)).result()
        self.clock, self._at_once = SetClock(ASKED_MS), at_once
        self.erasing = work_of(self.store, self.clock, CountedIds())[erasing.ERASING]

    @contextmanager
    def _cut(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(learning, "AT_ONCE_MAX", self._at_once)
            patch.setattr(holding, "STEP_PIECES_MAX", 1)
            yield

    def send(self, sent: Sent) -> None:
        bundle = decode(json.dumps(sent.envelope).encode(), "", sent.received_at_ms)
        with self._cut():
            self.store.submit(functools.partial(record, bundle=bundle)).result()

    def erase(self, uid: str) -> bool:
        """Ask for an erasure; whether there is anybody."""

        def accept(transaction: Transaction) -> bool:
            person: Person | None = known_by_uid(transaction, ORG.id, uid) or held_person(transaction, ORG.id, uid)
            if person is not None:
                erasing.accept(transaction, ORG, person, ASKED_MS, CountedIds())
            return person is not None

        return self.store.submit(accept).result()

    def _due(self, kind: str) -> list[tuple[str, str]]:
        with self.store.read() as reader:
            return [(org, entry.id) for org, entry in reader.due_entries([kind], 2**53, 9)]

    def place(self) -> bool:
        """One step of whatever is to be placed; whether there was any."""
        due = self._due(PLACING)
        with self._cut():
            for org, device in due:
                self.store.submit(functools.partial(step, name=org, device=device, now_ms=ASKED_MS)).result()
        return bool(due)

    def remove(self) -> bool:
        """One turn of whatever is to be erased; whether there was any."""
        with self.store.read() as reader:
            due = reader.due_entries([erasing.ERASING], 2**53, 1)
        with self._cut():
            if due:
                self.erasing(due)
        return bool(due)

    def finish(self) -> None:
        while self.remove() or self.place():
            pass

    def read(self) -> dict[str, str | None]:
        with self.store.read() as reader:
            return owners(reader)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_in_whatever_order_it_comes_to_what_it_would_without_steps(data: st.DataObject) -> None:
    bundles = data.draw(st.permutations(data.draw(visits(ties=False, uids=UIDS, clocks=False))))
    when, uid = data.draw(st.integers(1, len(bundles))), data.draw(st.sampled_from(UIDS))
    whole, cut, is_erased = World(learning.AT_ONCE_MAX), World(0), False
    theirs = set[str]()
    for count, sent in enumerate(bundles, 1):
        whole.send(sent)
        cut.send(sent)
        if count == when:
            is_erased = whole.erase(uid)
            assert cut.erase(uid) == is_erased
            theirs = on_erased_devices(cut)
            whole.finish()
        for _ in range(data.draw(st.integers(0, 3))):
            data.draw(st.sampled_from([cut.place, cut.remove]))()
        assert not is_erased or uid not in named(cut)
    whole.finish()
    cut.finish()
    found, wanted = cut.read(), whole.read()
    for source, owner in found.items():
        if source in theirs:  # facts that came after the acceptance made it another's, before it was removed
            assert owner not in (None, uid)
        elif source in wanted:
            assert owner == wanted[source]
        else:  # all at once it was theirs, or a late claim's; facts that came since say that it was not
            assert owner != uid
    assert {wanted[source] for source in wanted if source not in found} <= {None}
    if is_erased:
        assert uid not in cut.read().values()
        assert not any(isinstance(op, Identify) and op.uid == uid for op in stored(cut))


def on_erased_devices(world: World) -> set[str]:
    """What stands there."""
    with world.store.read() as reader:
        return {
            str(op.source)
            for piece in reader.pieces_after(ORG.id, 0, 1000)
            if erasing.is_erased_device(reader, ORG, DeviceId(piece.device))
            for op in piece.operations
        }


def named(world: World) -> set[str | None]:
    """Whose anything is shown to be, but on devices that are erased."""
    with world.store.read() as reader:
        return set(_bound(reader))


def _bound(reader: Reader) -> Iterator[str | None]:
    for piece in reader.pieces_after(ORG.id, 0, 1000):
        device = reader.device(ORG.id, piece.device)
        if device.binding is not None and not erasing.is_erased_device(reader, ORG, DeviceId(piece.device)):
            yield device.binding.uid


def stored(world: World) -> list[object]:
    with world.store.read() as reader:
        return [op for piece in reader.pieces_after(ORG.id, 0, 1000) for op in piece.operations]
