"""The service in a world that lets its store crash: what was not on disk is gone, what was is there again."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from passerby.base.errors import StoreError
from passerby.base.ids import OrgId
from passerby.ingest.pipeline import Pipeline
from passerby.model.org import Org
from passerby.observe.counters import Counters
from passerby.store.contract import Reader, Store, T, Transaction
from passerby.store.sqlite import SqliteStore
from tests.simulation.browser import World

ORG: Final = Org(OrgId("o1"), b"k" * 32)


class CrashingStore:
    """A SQLite store that now and then crashes while work is under way, or right after it was committed.

    A crash is a copy of the files as they are at that moment, on which the store is opened again.
    """

    def __init__(self, folder: Path, draw: random.Random) -> None:
        self._folder = folder
        self._draw = draw
        self.crashes = 0
        self._store: Store = SqliteStore(self._path())

    def _path(self) -> Path:
        folder = self._folder / str(self.crashes)
        folder.mkdir(exist_ok=True)
        return folder / "passerby.db"

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """As the store's, but it may crash."""
        chance = self._draw.random()
        if chance < 0.03:
            return self._crash_within(work)
        future = self._store.submit(work)
        if chance < 0.06 and future.exception() is None:
            self._copy()
            self._reopen()
            return _failed()
        return future

    def _crash_within(self, work: Callable[[Transaction], T]) -> Future[T]:
        def crash(transaction: Transaction) -> None:
            work(transaction)
            self._copy()

        self._store.submit(crash).exception()
        self._reopen()
        return _failed()

    def _copy(self) -> None:
        target = self._folder / str(self.crashes + 1)
        shutil.copytree(self._folder / str(self.crashes), target, ignore=shutil.ignore_patterns("*-shm"))

    def _reopen(self) -> None:
        self._store.close()
        self.crashes += 1
        self._store = SqliteStore(self._path())

    def read(self) -> AbstractContextManager[Reader]:
        """As the store's."""
        return self._store.read()

    def rebuild(self) -> None:
        """As the store's."""
        self._store.rebuild()

    def close(self) -> None:
        """As the store's."""
        self._store.close()


def _failed() -> Future[T]:
    future: Future[T] = Future()
    future.set_exception(StoreError("it crashed"))
    return future


class Network:
    """Carries bundles: loses them or their replies, brings them late, twice, and in another order.

    None is under way for more than a minute, beyond which AT-2 no longer knows one clock from another.
    """

    def __init__(self, store: Store, world: World, draw: random.Random) -> None:
        self._pipeline = Pipeline(store, WorldClock(world), Counters())
        self._world = world
        self._draw = draw
        self._late: list[tuple[int, bytes]] = []

    def send(self, body: bytes, is_kind: bool) -> bool:
        """Whether the sender got a 200. A kind network loses nothing."""
        if is_kind:
            return self._arrive(body) == 200
        fate = self._draw.random()
        if fate < 0.15:
            return False
        if fate < 0.35:
            self._late.append((self._world.now_ms + self._draw.randint(0, 59_000), body))
            return False
        if fate < 0.5:
            self._late.append((self._world.now_ms + self._draw.randint(0, 59_000), body))
        status = self._arrive(body)
        return status == 200 and self._draw.random() < 0.9

    def pass_time(self, ms: int) -> None:
        """Let time pass, and bring on the way what was held up."""
        end_ms = self._world.now_ms + ms
        for at_ms, body in sorted(held for held in self._late if held[0] <= end_ms):
            self._world.now_ms = max(at_ms, self._world.now_ms)
            self._arrive(body)
        self._late = [held for held in self._late if held[0] > end_ms]
        self._world.now_ms = end_ms

    def _arrive(self, body: bytes) -> int:
        status, reply = asyncio.run(self._pipeline.take(body, ""))
        if status not in (200, 503):
            raise AssertionError(f"a good bundle was answered {status}: {reply.decode()}")
        return status


class WorldClock:
    """The world's time as a clock."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now_ms(self) -> int:
        """The world's time."""
        return self._world.now_ms
