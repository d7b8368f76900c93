"""Ten thousand bodies that nobody should send: each gets a documented answer, and nothing stored is harmed (RE-3)."""

from __future__ import annotations

import copy
import json
import random
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from passerby.base.ids import DeviceId
from passerby.faces.api import ENDPOINTS
from passerby.faces.api.endpoint import STATUS
from passerby.lifecycle.invariants import violations
from tests.faces.api.speaking import Api
from tests.worlds import ORG, opened

BODIES = 10_000
EVENT = {
    "name": "Bought",
    "timestamp": "2025-06-15T15:00:00Z",
    "user": {"uid": "fuzzed"},
    "session": {"use_most_recent": True},
    "properties": {"amount": 1.5, "tags": ["a"], "deep": {"er": {"est": True}}},
    "schema": {"properties": {"amount": "real", "deep.er.est": "bool"}},
    "context": {"browser": {"url": "https://x/"}, "location": {"latitude": 1.0, "ip_address": "1.1.1.1"}},
}
USER = {"uid": "fuzzed", "display_name": "N", "email": "e", "properties": {"a": 1}, "schema": {"a": "int"}}
BODY_OF: dict[str, dict[str, Any]] = {
    "/v2/users": USER,
    "/v2/users/{user}": USER,
    "/v2/users/batch": {"requests": [USER, {"id": "x"}]},
    "/v2/events": EVENT,
    "/v2/events/batch": {"requests": [EVENT], "shared": {"context": {"browser": {"url": "https://x/"}}}},
    "/segments/v1/exports": {"segmentId": "everyone", "timeRange": {"start": "2025-01-01"}, "fields": ["EventId"]},
    "/users/v1/individual/{uid}/customvars": {"seats_int": 1, "displayName": "N"},
    "/users/v1/individual/{uid}/customevent": {"event": {"event_name": "e", "event_data": {"a_real": 1}}},
    "/webhooks/v1/endpoints": {"url": "https://x/", "eventTypes": [{"eventName": "session.ended"}]},
    "/webhooks/v1/endpoints/{webhook}": {"enabled": False},
    "/v2/annotations": {"text": "t", "start_time": "2025-01-01", "end_time": "2025-01-02T00:00:00Z", "source": "s"},
}
STRANGE = (
    None, True, 0, -1, 2**53, 2**64, -(2**80), 1e308, "", " ", "\0", "\0a", "\ud800", "\U0010ffff", "null", "undefined",
    "x" * 9000, "'; DROP TABLE people; --", [], [[]], {}, {"": {}}, {"a": [None, {}]}, ["a", 1], "[object Object]",
    "9999-12-31T23:59:59+14:00", "0001-01-01", "<script>", "%00",
)  # fmt: skip


def documented() -> dict[str, set[int]]:
    return {
        re.sub(r":path\}", "}", endpoint.path): {200, *endpoint.other, *(STATUS[code] for code in endpoint.codes())}
        for endpoint in ENDPOINTS
        if endpoint.method == "POST"
    }


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every member of `value` at any depth, as its container and its key."""
    found: list[tuple[Any, Any]] = []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        found += [(value, key), *places(member)]
    return found


def fuzzed(body: dict[str, Any], chance: random.Random) -> bytes:
    changed = copy.deepcopy(body)
    for _ in range(chance.randint(1, 3)):
        container, key = chance.choice(places(changed) or [({}, "")])
        match chance.randrange(4):
            case 0 if isinstance(container, dict):
                container[chance.choice([str(each) for each in STRANGE])[:600]] = container.pop(key, None)
            case 1 if key in container if isinstance(container, dict) else key < len(container):
                del container[key]
            case _:
                container[key] = copy.deepcopy(chance.choice(STRANGE))
    raw = bytearray(json.dumps(changed).encode())
    if chance.random() < 0.3:
        for _ in range(chance.randint(1, 8)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw[: chance.randrange(len(raw))] if chance.random() < 0.05 else raw)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_fuzzed_bodies_harm_nothing(tmp_path: Path) -> None:
    chance = random.Random(20_251_124)
    store = opened("sqlite", tmp_path)
    api = Api(store)
    kept = api.post("/v2/users", {"uid": "kept", "email": "kept@example.com", "properties": {"a": 1}})
    before = api.get(f"/v2/users/{kept['id']}/export")
    wanted = documented()
    assert set(BODY_OF) == set(wanted)
    seen: dict[int, int] = {}
    for n in range(BODIES):
        path = chance.choice(sorted(BODY_OF))
        api.clock.ms += 1
        where = re.sub(
            r"\{\w+\}", chance.choice(["fuzzed", kept["id"] if "webhook" in path else "x", "%00", "é"]), path
        )
        answer = api.client.post(where, content=fuzzed(BODY_OF[path], chance))
        told = answer.json()
        assert answer.status_code in wanted[path], (n, path, answer.status_code)
        assert answer.status_code < 500, (n, path, told)
        assert answer.status_code < 400 or (set(told) == {"message", "code"} and told["code"] in STATUS), (n, path)
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        if n % 500 == 0:
            api.work()
    api.work()
    assert seen[200] > BODIES // 20
    assert seen[400] > BODIES // 5

    assert api.get(f"/v2/users/{kept['id']}/export") == before
    with store.read() as reader:
        devices = {piece.device for piece in reader.pieces_after(ORG.id, 0, 100_000)}
        for device in devices:
            standing = reader.device(ORG.id, DeviceId(device))
            assert list(violations(standing, reader.pieces_of_device(ORG.id, device))) == []
        people = reader.people_after(ORG.id, None, 100_000)
    store.rebuild()
    with store.read() as reader:
        assert reader.people_after(ORG.id, None, 100_000) == people
    store.close()
    with sqlite3.connect(tmp_path / "passerby.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
