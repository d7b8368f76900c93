"""Twenty thousand malformed bundles: each gets a code of the contract, and what was stored is whole (RE-3)."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from passerby.base.ids import DeviceId, OrgId
from passerby.boot import DATABASE, compose
from passerby.config import Settings
from passerby.lifecycle.invariants import violations
from tests.attacks.asking import Answer, ask
from tests.attacks.malformed import broken

BUNDLES = 20_000
TOGETHER = 20
ORG = OrgId("malformed")
ACCEPTED = {200, 400, 403, 409, 413, 415, 429}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_thousand_malformed_bundles_do_no_harm(tmp_path: Path) -> None:
    chance = random.Random(20_261_130)
    service = compose(
        Settings(data=str(tmp_path), org=ORG, api_key="key-of-the-malformed-0001", password="staple horse 4711")
    )
    now_ms = service.clock.now_ms()

    async def sent(n: int) -> Answer:
        body, encoding = broken(chance, ORG, now_ms)
        headers = [("content-length", str(len(body))), *([("content-encoding", encoding)] if encoding else [])]
        return await ask(service.app, "POST", "/rec/bundle", headers, body, f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")

    async def all_sent() -> Counter[tuple[int, str]]:
        told: Counter[tuple[int, str]] = Counter()
        for first in range(0, BUNDLES, TOGETHER):
            for answer in await asyncio.gather(*(sent(n) for n in range(first, first + TOGETHER))):
                reply = msgspec.json.decode(answer.body)
                told[answer.status, reply.get("code", "")] += 1
        return told

    told = asyncio.run(all_sent())
    assert {status for status, _ in told} <= ACCEPTED, told
    assert sum(count for (status, _), count in told.items() if status == 429) < BUNDLES // 50, told
    assert told[200, ""] > BUNDLES // 10, told
    assert sum(count for (status, _), count in told.items() if status == 400) > BUNDLES // 10, told
    assert len({code for _, code in told}) >= 10, told
    with service.store.read() as reader:
        for device in {piece.device for piece in reader.pieces_after(ORG, 0, 5_000)}:
            standing = reader.device(ORG, DeviceId(device))
            assert list(violations(standing, reader.pieces_of_device(ORG, device))) == []
    service.close()
    with closing(sqlite3.connect(tmp_path / DATABASE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_same_seed_breaks_them_in_the_same_way() -> None:
    first, second = ([broken(random.Random(seed), ORG, 1_000_000) for seed in range(200)] for _ in range(2))
    assert first == second
    assert len({body for body, _ in first}) > 190
