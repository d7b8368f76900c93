"""What is large is decoded beside the event loop, in a bounded number, and only for an org that is here."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import random
import threading
from typing import Any

import pytest

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.ingest.decoding import SMALL_BYTES, THREADS, WAITING_MAX, Decoding
from passerby.model.bundle import Bundle
from passerby.wire import decode as decoding
from passerby.wire import envelope
from passerby.wire.limits import ENVELOPE_BYTES_MAX
from tests.vectors.server import USUAL


def body(size: int = 0, operations: Any = None) -> bytes:
    """A bundle of at least that size, which gzip halves."""
    event = {
        "op": "event",
        "n": 1,
        "t": 1000,
        "name": "x",
        "properties": {"a": random.Random(1).randbytes(size // 2 + 1).hex() if size else ""},
    }
    return json.dumps({**USUAL, "sent": 10_000, "ops": [event] if operations is None else operations}).encode()


def test_only_what_is_large_leaves_the_loop() -> None:
    seen: list[str] = []

    def check(_org: OrgId) -> None:
        seen.append(threading.current_thread().name)

    async def run() -> None:
        mine = Decoding(check)
        await mine.decode(body(), "", 0)
        await mine.decode(body(SMALL_BYTES), "", 0)
        await mine.decode(gzip.compress(body(SMALL_BYTES)), "gzip", 0)

    asyncio.run(run())
    assert [name.startswith("decode") for name in seen] == [False, True, True]


def test_the_org_is_asked_for_before_operations_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    monkeypatch.setattr(decoding, "_raws", looked.append)

    def check(_org: OrgId) -> None:
        raise Refusal("unknown_org", "no such org")

    with pytest.raises(Refusal, match="no such org"):
        asyncio.run(Decoding(check).decode(body(), "", 0))
    assert not looked


def test_of_too_many_operations_none_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_MESSAGES", None)
    monkeypatch.setattr(decoding, "_one_by_one", None)
    with pytest.raises(Refusal, match="1 to 500"):
        decoding.decode(body(operations=[{}] * 501), "", 0)


def test_more_large_bodies_than_may_wait_are_sent_away() -> None:
    gate = threading.Event()

    def check(_org: OrgId) -> None:
        gate.wait(10)

    async def run() -> list[Bundle | BaseException]:
        mine = Decoding(check)
        large = body(SMALL_BYTES)
        waiting = [asyncio.ensure_future(mine.decode(large, "", 0)) for _ in range(THREADS + WAITING_MAX + 1)]
        await asyncio.sleep(0)
        gate.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    told = asyncio.run(run())
    refused = [one for one in told if isinstance(one, Refusal)]
    assert [one.code for one in refused] == ["unavailable"]
    assert len(told) - len(refused) == THREADS + WAITING_MAX


def test_of_no_body_much_is_taken_apart_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(envelope.json, "loads", lambda text, **_: sizes.append(len(text)))
    inside = {"op": "event", "n": 1, "t": 1000, "name": "x", "properties": {"device": "x" * 100_000}}
    wide = body(operations=[inside]).replace(b'"v": 1', b'"v": 1, "page": [' + b"1," * 50_000 + b"1]")
    for sent in (body(operations=[inside]), body(operations=[inside]).replace(b'"v": 1', b'"v": "1"'), wide):
        with contextlib.suppress(Refusal):
            decoding.decode(sent, "", 0)
    assert len(sizes) == 1
    assert max(sizes) <= ENVELOPE_BYTES_MAX
