"""The way between pages and the service: what is lost, late, repeated, reordered, or answered by somebody else."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from passerby.ingest.pipeline import Pipeline
from passerby.observe.counters import Counters
from passerby.store.contract import Store
from tests.simulation.service import ORG, WorldClock

if TYPE_CHECKING:
    from passerby_client import Request

    from tests.simulation.load import Load
    from tests.simulation.world import World

LATE_MS_MAX: Final = 59_000
"""Beyond a minute AT-2 no longer knows one clock from another."""
_FATES: Final = (
    ("arrives", 40),
    ("arrives late", 15),
    ("is lost", 10),
    ("arrives, and the answer is lost", 10),
    ("arrives late, and long given up", 10),
    ("arrives twice", 10),
    ("is answered by a portal", 5),
)


class Carrier:
    """Takes what pages send, gives it a fate, and brings answers back."""

    def __init__(self, store: Store, world: World) -> None:
        store.submit(lambda transaction: transaction.add_org(ORG)).result()
        self._pipeline = Pipeline(store, WorldClock(world), Counters())
        self._world = world
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.close()

    def carry(self, load: Load, draw: random.Random | None) -> None:
        """All that this page sends now, and what it sends when answered. Without `draw` nothing happens to it."""
        while load.outgoing:
            request = load.outgoing.pop(0)
            body = _signed(request.bundle)
            if draw is None:
                self._answer(load, request, body)
                continue
            if load.seat.is_offline:
                load.do(lambda request=request: load.machine.reply(request.id, 0, None, None))
                continue
            words, weights = zip(*_FATES, strict=True)
            self._meet(draw.choices(words, weights)[0], load, request, body, draw.randint(1, LATE_MS_MAX))

    def _meet(self, fate: str, load: Load, request: Request, body: bytes, late_ms: int) -> None:
        world = self._world
        match fate:
            case "arrives":
                self._answer(load, request, body)
            case "arrives late":
                world.at(late_ms, lambda: self._answer(load, request, body))
            case "is lost":
                world.at(late_ms, lambda: load.do(lambda: load.machine.reply(request.id, 0, None, None)))
            case "arrives, and the answer is lost":
                self._arrive(body)
                world.at(late_ms, lambda: load.do(lambda: load.machine.reply(request.id, 0, None, None)))
            case "arrives late, and long given up":
                world.at(late_ms, lambda: self._arrive(body))
                load.do(lambda: load.machine.reply(request.id, 0, None, None))
            case "arrives twice":
                world.at(late_ms, lambda: self._arrive(body))
                self._answer(load, request, body)
            case "is answered by a portal":
                load.do(lambda: load.machine.reply(request.id, 200, None, "<html>Welcome to our network</html>"))

    def _answer(self, load: Load, request: Request, body: bytes) -> None:
        status, answer = self._arrive(body)
        load.do(lambda: load.machine.reply(request.id, status, None, answer))

    def _arrive(self, body: bytes) -> tuple[int, Any]:
        status, reply = self._loop.run_until_complete(self._pipeline.take(body, ""))
        answer = json.loads(reply)
        if status not in (200, 503) or answer.get("refused"):
            raise AssertionError(f"a good bundle was answered {status}: {answer}")
        return status, answer


def _signed(body: Mapping[str, Any]) -> bytes:
    """The bundle as bytes, in which each operation says which it is: the service may keep it under other ids."""
    ops = [{**op, "source": f"{body['page']}:{op['n']}"} for op in body["ops"]]
    return json.dumps({**body, "ops": ops}).encode()
