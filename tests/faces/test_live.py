"""What arrives is shown as it does, however large it is (DA-7.1)."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from passerby.faces.dashboard.live import arrived
from passerby.model.bundle import Piece
from passerby.model.effect import Keep
from passerby.model.operation import Event
from passerby.model.outcome import Outcome
from passerby.model.properties import Property
from passerby.store.contract import Store
from tests.store.pieces import device, page, session
from tests.worlds import ORG, opened


def send(store: Store, count: int, operations: int, *properties: Property) -> None:
    """So many bundles, one after the other."""
    for number in range(count):
        made = tuple(Event(n=n, t=number, at=number, name="e", properties=properties) for n in range(1, operations + 1))
        kept = Piece(device(1), session(1), page(number), 0, 0, number, "test", made, (Outcome.STORED,) * operations)
        store.submit(lambda transaction, kept=kept: transaction.apply(ORG.id, [Keep(kept)])).result()


def test_forty_large_bundles_take_little_memory(tmp_path: Path) -> None:
    store = opened("sqlite", tmp_path)
    send(store, 45, 30, *(Property(f"name{number}", "str", "v" * 8000) for number in range(10)))
    with store.read() as reader:
        tracemalloc.start()
        count, found = arrived(reader, ORG.id, 0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    store.close()
    assert (count, [piece.page for piece in found]) == (40, [page(38), page(39)])
    assert peak < 16 << 20


def test_of_small_ones_all_are_there_that_can_be_shown(tmp_path: Path) -> None:
    store = opened("sqlite", tmp_path)
    send(store, 45, 1)
    with store.read() as reader:
        assert [piece.page for piece in arrived(reader, ORG.id, 0)[1]] == [page(number) for number in range(40)]
        last = reader.last_row(ORG.id)
        assert arrived(reader, ORG.id, last) == (0, [])
        assert [piece.page for piece in arrived(reader, ORG.id, last - 2)[1]] == [page(43), page(44)]
    store.close()
