"""Somebody all of whom is being placed again, for tests of what shows meanwhile (AT-2.3)."""

from __future__ import annotations

from unittest.mock import patch

import msgspec

from passerby.base.ids import DeviceId, SessionId
from passerby.ingest import learning
from passerby.ingest.recording import record
from passerby.store.contract import Store
from passerby.wire.decode import decode
from tests.worlds import NOW_MS, ORG


def device_of(number: int) -> DeviceId:
    """The nth device."""
    return DeviceId(f"{number:08d}-1000-4000-8000-000000000000")


def session_of(number: int) -> SessionId:
    """Its session."""
    return SessionId(f"{number:08d}-2000-4000-8000-000000000000")


def send(store: Store, number: int, page: int, *ops: dict[str, object], now_ms: int = NOW_MS) -> None:
    """A bundle of a page of the nth device. What would be placed again waits."""
    stamped = [{"n": n, "t": now_ms - 1000, **op} for n, op in enumerate(ops, 1)]
    ids = {"device": device_of(number), "session": session_of(number)}
    ids["page"] = f"{number:08d}-{page}000-4000-8000-000000000000"
    body = msgspec.json.encode({"v": 1, "org": ORG.id, **ids, "started": now_ms, "sent": now_ms, "ops": stamped})
    with patch.object(learning, "AT_ONCE_MAX", 0):
        store.submit(lambda t: record(t, decode(body, "", now_ms))).result()


def visit(store: Store, number: int, uid: str) -> None:
    """Somebody's device, of which nothing has to be placed again."""
    send(store, number, 3, {"op": "identify", "uid": uid, "properties": {"plan": "pro"}})


def hold(store: Store, number: int, uid: str) -> None:
    """Somebody's device, on which an end of before came to light: all of it is to be placed again."""
    visit(store, number, uid)
    send(store, number, 4, {"op": "event", "name": "of another page"})
    event = {"op": "event", "name": "of the first"}
    send(store, number, 3, event, event, {"op": "end", "why": "anonymize", "t": NOW_MS - 5000})
    with store.read() as reader:
        assert reader.device(ORG.id, device_of(number)).is_held
