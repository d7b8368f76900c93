"""`kill -9` of the real service, again and again: nothing acknowledged is lost, nothing doubled, nobody wronged."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from passerby.base.ids import OrgId
from passerby.store.sqlite import SqliteStore
from tests.running import running_service

ORG: Final = "killed"
KILLS: Final = 4
CLIENTS: Final = 24
BEGAN_MS: Final = 1_750_000_000_000


class Client:
    """One visitor: anonymous, logged in, logged out, with a stale tab; sends each bundle until it is acknowledged."""

    def __init__(self, number: int, draw: random.Random) -> None:
        self.uid = f"user-{number}"
        self.draw = draw
        self.device, self.session, self.page, self.stale = (self._minted() for _ in range(4))
        self.owners: dict[str, str | None] = {}
        self.acknowledged: set[str] = set()
        self.waiting = self._bundles()

    def _minted(self) -> str:
        return str(uuid.UUID(int=self.draw.getrandbits(128), version=4))

    def _bundles(self) -> list[dict[str, Any]]:
        bundles, n = [], 0
        for round_ in range(12):
            operations = []
            for _ in range(self.draw.randint(1, 6)):
                n += 1
                operations.append(self._operation(n, "event", self.uid, name="x", properties={"price": 1.5}))
            if round_ == 6:
                n += 1
                operations.append(self._operation(n, "identify", self.uid, uid=self.uid))
            bundles.append(self._bundle(self.page, operations))
        bundles[-1]["ops"].append(self._operation(n + 1, "end", self.uid, why="anonymize"))
        late = [self._operation(n_, "event", None, name="stale", t=BEGAN_MS + 50_000) for n_ in (1, 2)]
        return [*bundles, self._bundle(self.stale, late)]

    def _operation(self, n: int, op: str, owner: str | None, **members: Any) -> dict[str, Any]:
        source = f"{self.uid}/{'late' if owner is None else 'page'}/{n}"
        self.owners[source] = owner
        return {"op": op, "n": n, "t": BEGAN_MS + n, "source": source, **members}

    def _bundle(self, page: str, operations: list[dict[str, Any]]) -> dict[str, Any]:
        ids = {"device": self.device, "session": self.session, "page": page}
        return {"v": 1, "org": ORG, **ids, "started": BEGAN_MS, "sent": BEGAN_MS + 60_000, "ops": operations}

    async def send(self, speaking: httpx.AsyncClient, told: Callable[[], None]) -> None:
        """Send what waits, one bundle after the other, until the service is gone; `told` hears of each answer."""
        while self.waiting:
            bundle = self.waiting[0]
            try:
                answer = await speaking.post("/rec/bundle", content=json.dumps(bundle))
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            assert answer.json()["stored"] == len(bundle["ops"])
            self.acknowledged |= {op["source"] for op in bundle["ops"]}
            del self.waiting[0]
            told()


async def _send_all(base: str, clients: list[Client], told: Callable[[], None]) -> None:
    async with httpx.AsyncClient(base_url=base, timeout=60) as speaking:
        await asyncio.gather(*(client.send(speaking, told) for client in clients))


def _kept(folder: Path) -> list[tuple[str, str | None]]:
    store = SqliteStore(folder / "passerby.db")
    with store.read() as reader:
        pieces = reader.pieces_after(OrgId(ORG), 0, 100_000)
        bindings = {piece.device: reader.device(OrgId(ORG), piece.device).binding for piece in pieces}
        found = [
            (str(operation.source), binding.uid if (binding := bindings[piece.device]) else None)
            for piece in pieces
            for operation in piece.operations
        ]
    store.close()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_killing_the_service_loses_and_doubles_nothing(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    clients = [Client(number, draw) for number in range(CLIENTS)]
    made = sum(len(client.owners) for client in clients)
    for kill in range(KILLS):
        enough = made * (kill + 1) // (KILLS + 1)

        with running_service(tmp_path, "--log", "off", org=ORG, api_key="na1.key-of-the-kill-tests") as service:

            def kill_when_enough(enough: int = enough, process: subprocess.Popen[str] = service.process) -> None:
                if sum(len(client.acknowledged) for client in clients) >= enough:
                    process.kill()

            asyncio.run(_send_all(service.base, clients, kill_when_enough))
        assert any(client.waiting for client in clients)
        there = {source for source, _ in _kept(tmp_path)}
        assert {source for client in clients for source in client.acknowledged} <= there
    with running_service(tmp_path, "--log", "off", org=ORG, api_key="na1.key-of-the-kill-tests") as service:
        asyncio.run(_send_all(service.base, clients, lambda: None))
    kept = _kept(tmp_path)
    owners = {source: owner for client in clients for source, owner in client.owners.items()}
    assert Counter(source for source, _ in kept) == Counter(list(owners))
    assert dict(kept) == owners
