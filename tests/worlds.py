"""A small world for tests of the service: a clock that is set, ids that count, and a store of either engine."""

from __future__ import annotations

import uuid
from pathlib import Path

from passerby.base.ids import OrgId
from passerby.model.org import Org
from passerby.store.contract import Store
from passerby.store.memory import MemoryStore
from passerby.store.sqlite import SqliteStore

ORG = Org(OrgId("o1"), b"s" * 32)
NOW_MS = 1_750_000_000_000
ENGINES = ("memory", "sqlite")


class SetClock:
    """Tells the time it was set to."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        return self.ms


class CountedIds:
    """Mints UUIDs that count up."""

    def __init__(self) -> None:
        self._next = 0

    def mint(self) -> str:
        self._next += 1
        return str(uuid.UUID(int=(1 << 100) + self._next))


def opened(engine: str, directory: Path) -> Store:
    """A store of that engine with the org in it."""
    store: Store = MemoryStore() if engine == "memory" else SqliteStore(directory / "passerby.db")
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    return store
