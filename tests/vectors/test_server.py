"""The service does what the server vectors say, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from passerby.store.contract import Store
from passerby.store.memory import MemoryStore
from passerby.store.sqlite import SqliteStore
from tests.vectors.server import Vector, perform, vectors


@pytest.fixture(params=["memory", "sqlite"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    counted = iter(range(1000))
    if request.param == "memory":
        return MemoryStore
    return lambda: SqliteStore(tmp_path / f"{next(counted)}.db")


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector["id"]) for vector in vectors()])
def test_the_service_does_what_the_vector_says(vector: Vector, new_store: Callable[[], Store]) -> None:
    perform(vector, new_store)
