"""Products are kept as columns and shown one by one, much larger: what is shown at once is bounded all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from passerby.base.ids import UserId
from passerby.model.effect import Keep
from passerby.model.operation import Event
from passerby.query.exporting import PAGE_BYTES_MAX, a_page_of
from passerby.query.seen import seen
from passerby.query.sessions import BYTES_MAX, latest_happenings, some_happenings
from passerby.store.contract import Store
from passerby.wire.properties import typed_properties
from tests.store.pieces import device, piece, session
from tests.worlds import ENGINES, ORG, opened

ORDERS: Final = 40
SHOWN_BYTES: Final = 500_000
"""How large each order is as it is shown."""


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    found = opened(request.param, tmp_path)
    products = b'{"products":[' + b",".join([b'{"%s":1}' % (b"n" * 492)] * (SHOWN_BYTES // 500)) + b"]}"
    typed = typed_properties(msgspec.Raw(products), msgspec.Raw(), products=True)
    for n in range(1, ORDERS + 1):
        order = Event(
            n=n, t=n, at=n, name="Order Completed", properties=typed.properties, products=typed.products
        )  # fmt: skip
        found.submit(lambda transaction, one=order: transaction.apply(ORG.id, [Keep(piece(1, one))])).result()
    yield found
    found.close()


def test_they_are_as_large_as_said(store: Store) -> None:
    with store.read() as reader:
        (first,) = some_happenings(reader, ORG.id, session(1), 0, 1)
        assert sum(reader.sizes_of_rows(ORG.id, [first.piece.row])) < SHOWN_BYTES / 50
    assert SHOWN_BYTES <= len(msgspec.json.encode(seen(first.operation).properties)) < 1.01 * SHOWN_BYTES


def test_events_of_a_session_come_fewer_at_a_time_and_all_of_them(store: Store) -> None:
    told = list[int]()
    with store.read() as reader:
        while len(told) < ORDERS:
            found = some_happenings(reader, ORG.id, session(1), len(told), 500)
            assert 1 <= len(found) <= BYTES_MAX // SHOWN_BYTES
            told += [one.operation.n for one in found]
    assert told == list(range(1, ORDERS + 1))


def test_the_last_events_of_a_user_are_fewer(store: Store) -> None:
    with store.read() as reader:
        found = latest_happenings(reader, ORG.id, UserId(device(1)), 500)
    assert 1 <= len(found) <= BYTES_MAX // SHOWN_BYTES
    assert [one.operation.n for one in found] == list(range(ORDERS, ORDERS - len(found), -1))


def test_an_export_takes_fewer_at_once(store: Store) -> None:
    with store.read() as reader:
        page = a_page_of(reader.pieces_after(ORG.id, 0, ORDERS))
    assert len(page) == PAGE_BYTES_MAX // SHOWN_BYTES + 1
