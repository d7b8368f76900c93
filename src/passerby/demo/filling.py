"""Filling: made-up traffic through the same pipeline that real traffic takes, as if it had come when it says."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

import msgspec

from passerby.base.errors import PasserbyError
from passerby.demo.visitor import Sent
from passerby.ingest.pipeline import Pipeline
from passerby.observe.counters import Counters
from passerby.store.contract import Store

_UNDER_WAY_MAX: Final = 1024


class Filled(msgspec.Struct, frozen=True):
    """How many visitors and bundles were taken in."""

    visitors: int
    bundles: int


class _ToldClock:
    """The clock of the pipeline, which stands where the next bundle says."""

    def __init__(self) -> None:
        self.at_ms = 0

    def now_ms(self) -> int:
        return self.at_ms


async def fill(store: Store, visitors: Iterable[list[Sent]], progress: Callable[[int], object]) -> Filled:
    """Take in what every visitor sent; `progress` is told how many visitors more are done.

    PasserbyError if the service refuses a bundle as a whole.
    """
    clock = _ToldClock()
    pipeline = Pipeline(store, clock, Counters())
    taken: Counter[int] = Counter()

    async def send(sent: Sent) -> None:
        clock.at_ms = sent.received_at_ms
        status, reply = await pipeline.take(sent.body, "")
        taken[status] += 1
        if status != 200:
            raise PasserbyError(f"the service refused a made-up bundle: {reply.decode()}")

    done, told, waiting = 0, 0, list[Sent]()
    for sent in visitors:
        waiting += sent
        done += 1
        if len(waiting) >= _UNDER_WAY_MAX:
            await _all(send, waiting)
            progress(done - told)
            told, waiting = done, []
    await _all(send, waiting)
    progress(done - told)
    return Filled(done, taken[200])


async def _all(send: Callable[[Sent], Coroutine[Any, Any, None]], bundles: list[Sent]) -> None:
    """Send together; the first step of each, in which it is dated and queued, is taken in order."""
    async with asyncio.TaskGroup() as group:
        for sent in bundles:
            group.create_task(send(sent))
