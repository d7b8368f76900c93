"""Held devices are placed again by a worker of their own, which hears of them at once (AT-2.3)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from passerby.base.ids import DeviceId, OrgId
from passerby.boot import Service, compose
from passerby.config import Settings
from passerby.ingest import holding, learning
from passerby.ingest.recording import record
from passerby.jobs.work import PLACINGS, work_of, workers_of
from passerby.model.org import Org
from passerby.store.contract import Reader, Store
from passerby.wire.decode import decode
from tests.attacks.asking import ask
from tests.worlds import ENGINES, NOW_MS, CountedIds, SetClock, opened

ORG_NAME = OrgId("o1")
_SOON_S = 20.0
"""Far less than a worker waits by itself when nobody wakes it."""


def uuid(n: int) -> str:
    return f"{n:08x}-5eed-4000-8000-0123456789ab"


def bundle(now_ms: int, page: int, *ops: dict[str, object], device: int = 1) -> bytes:
    envelope = {
        "v": 1,
        "org": ORG_NAME,
        "device": uuid(device),
        "session": uuid(0x1000 + device),
        "page": uuid(0x2000 + 0x100 * device + page),
        "started": now_ms,
        "sent": now_ms,
        "ops": list(ops),
    }
    return json.dumps(envelope).encode()


def visited(now_ms: int, device: int = 1) -> list[bytes]:
    """Ann, something of her other page, and then that she had left before it."""
    events = [{"op": "event", "n": n, "t": now_ms - 500 + n, "name": "e"} for n in range(1, 4)]
    return [
        bundle(now_ms, 1, {"op": "identify", "n": 1, "t": now_ms - 1000, "uid": f"ann{device}"}, device=device),
        *(bundle(now_ms, page, *events, device=device) for page in (2, 3, 4)),
        bundle(now_ms, 1, {"op": "end", "n": 2, "t": now_ms - 800, "why": "anonymize"}, device=device),
    ]


def is_held(reader: Reader, device: int = 1) -> bool:
    return reader.device(ORG_NAME, DeviceId(uuid(device))).is_held


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(learning, "AT_ONCE_MAX", 0)
    found = compose(Settings(data=str(tmp_path), org=ORG_NAME, api_key="key-of-the-placings-tests-4711"))
    yield found
    found.close()


def send(service: Service) -> None:
    for body in visited(service.clock.now_ms()):
        answer = asyncio.run(ask(service.app, "POST", "/rec/bundle", [("content-length", str(len(body)))], body))
        assert answer.status == 200, answer


def is_placed_soon(service: Service) -> bool:
    until = time.monotonic() + _SOON_S
    while time.monotonic() < until:
        with service.store.read() as reader:
            if not is_held(reader):
                return True
        time.sleep(0.02)
    return False


def test_a_bundle_that_holds_its_device_wakes_the_worker(service: Service) -> None:
    service.start()
    time.sleep(0.3)  # all workers found nothing, and wait
    send(service)
    assert is_placed_soon(service)
    with service.store.read() as reader:
        assert reader.due_entries([holding.PLACING], 2**53, 9) == []


def test_what_was_held_when_the_service_stopped_is_placed_when_it_starts(service: Service) -> None:
    send(service)
    with service.store.read() as reader:
        assert is_held(reader)
    service.start()
    assert is_placed_soon(service)


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(learning, "AT_ONCE_MAX", 0)
    monkeypatch.setattr(holding, "STEP_PIECES_MAX", 1)
    found = opened(request.param, tmp_path)
    found.submit(lambda t: t.add_org(Org(OrgId("o2"), b"t" * 32))).result()
    yield found
    found.close()


def test_held_devices_take_turns_and_each_turn_is_one_step(store: Store) -> None:
    clock = SetClock(NOW_MS)
    for device in (1, 2):
        for body in visited(NOW_MS, device):
            take(store, body)
    (worker,) = (
        found for found in workers_of(store, clock, work_of(store, clock, CountedIds())) if found.name == PLACINGS
    )
    seen = list[list[bool]]()
    for _ in range(4):
        clock.ms += 1
        assert worker.run_due()
        with store.read() as reader:
            due = {entry.id: entry.body for _, entry in reader.due_entries([holding.PLACING], 2**53, 9)}
            at = {name: msgspec.json.decode(body, type=holding.Placing) for name, body in due.items()}
        seen.append([at[uuid(device)].row > 0 for device in (1, 2)])
    assert seen[0].count(True) == 1
    assert seen[1].count(True) == 2
    while worker.run_due():
        clock.ms += 1
    with store.read() as reader:
        assert not is_held(reader, 1)
        assert not is_held(reader, 2)
        assert reader.lanes([holding.PLACING]) == []


def take(store: Store, body: bytes) -> None:
    store.submit(lambda t: record(t, decode(body, "", NOW_MS))).result()
