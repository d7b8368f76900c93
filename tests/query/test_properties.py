"""Somebody may be given properties without end: what is shown of them is bounded (AP-5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from passerby.model.effect import Keep
from passerby.model.export import Export, Kind
from passerby.model.operation import SetProperties
from passerby.model.properties import Property
from passerby.query import users
from passerby.query.exporting import Wanted, export_events, export_individuals
from passerby.query.users import find_user
from passerby.store.contract import Reader, Store
from tests.store.pieces import bind, device, piece
from tests.worlds import ENGINES, ORG, opened

MANY = 3000
LARGE = "v" * 8000


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    found = opened(request.param, tmp_path)
    yield found
    found.close()


def give(store: Store, count: int, value: str, of: int) -> None:
    """So many properties with that value, set on a device of Ann's."""
    set_so = tuple(Property(f"name{number:05d}", "str", value) for number in range(count))
    made = SetProperties(n=1, t=of, at=of, type="user", properties=set_so)
    store.submit(lambda t: t.apply(ORG.id, [Keep(piece(of, made)), bind(of, "ann")])).result()


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (49, 49), (50, 50), (1000, 1000), (1001, 1000), (MANY, 1000)])
def test_of_many_the_first_by_name_are_shown(store: Store, count: int, shown: int) -> None:
    give(store, count, "v", 1)
    with store.read() as reader:
        user = find_user(reader, ORG.id, device(1))
    assert user is not None
    assert [kept.property.name for kept in user.properties] == [f"name{number:05d}" for number in range(shown)]
    assert user.has_more == (shown < count)


def test_of_large_ones_no_more_are_shown_than_a_mebibyte_and_a_few(store: Store) -> None:
    give(store, 500, LARGE, 1)
    with store.read() as reader:
        user = find_user(reader, ORG.id, device(1))
    assert user is not None
    assert user.has_more
    size = sum(len(str(kept.property.value)) for kept in user.properties)
    assert users.PROPERTIES_BYTES_MAX <= size < 1.5 * users.PROPERTIES_BYTES_MAX


@pytest.mark.parametrize(("kind", "rows"), [("TYPE_EVENT", export_events), ("TYPE_INDIVIDUAL", export_individuals)])
def test_an_export_holds_the_properties_of_few_users_at_once(
    store: Store, kind: Kind, rows: Callable[..., Iterator[object]]
) -> None:
    """Small pieces, whose users have much: a reading ends behind so many users."""
    for number in range(1, 101):
        store.submit(lambda t, n=number: t.apply(ORG.id, [Keep(piece(n, one(n))), bind(n, f"user{n}")])).result()
    held: list[int] = []

    @contextmanager
    def read() -> Iterator[Any]:
        held.append(0)
        with store.read() as reader:
            yield Asked(reader, held)

    export = Export("e", "everyone", kind, "FORMAT_NDJSON", 0, 0, 2**53, 2**53, ())
    assert sum(1 for _ in rows(read, ORG.id, export, lambda *_: False, Wanted(properties=True))) == 100
    assert max(held) <= 16
    assert sum(held) < 110


def one(at: int) -> SetProperties:
    return SetProperties(n=1, t=at, at=at, type="user", properties=(Property("plan", "str", "pro"),))


class Asked:
    """A reader that counts whose properties are asked for."""

    def __init__(self, reader: Reader, held: list[int]) -> None:
        self._reader, self._held = reader, held

    def __getattr__(self, name: str) -> Any:
        if name == "properties_of_user":
            self._held[-1] += 1
        return getattr(self._reader, name)


def test_an_export_spreads_no_more_of_them(store: Store) -> None:
    give(store, MANY, "v", 1)
    export = Export("e", "everyone", "TYPE_INDIVIDUAL", "FORMAT_NDJSON", 0, 0, 2**53, 2**53, ("user_*",))
    (row,) = export_individuals(store.read, ORG.id, export, lambda *_: False, Wanted(properties=True))
    assert len(row.user) == users.PROPERTIES_MAX
