"""Every engine, under one name: what a test here says holds for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from passerby.store.contract import Store
from passerby.store.memory import MemoryStore
from passerby.store.sqlite import SqliteStore
from tests.deliveries import ORG


@pytest.fixture(params=["memory", "sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    if request.param == "memory":
        return MemoryStore
    return lambda: SqliteStore(tmp_path / "passerby.db")


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Iterator[Store]:
    """An open store that has the org of `tests.deliveries`."""
    opened = open_store()
    opened.submit(lambda transaction: transaction.add_org(ORG)).result()
    yield opened
    opened.close()
