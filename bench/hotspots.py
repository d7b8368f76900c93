"""What hot spots cost: one uid that ten thousand devices identify, one device with a hundred thousand events.

    python -m bench.hotspots [--devices N] [--events N] [--runs N]

Both are in one file with plain users, of three devices and thirty visits each. Every read is asked of a plain user and
of either in turn, through the whole API in this process. What counts is the ratio of the medians: at most 3.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.testclient import TestClient

from passerby.access.door import Door
from passerby.base.ids import DeviceId, OrgId, PageId, SessionId
from passerby.base.token import digest
from passerby.base.units import HOUR_MS
from passerby.faces.api import Desk, api_routes
from passerby.faces.dashboard import Office, dashboard_routes
from passerby.host import RandomIds, SystemClock, new_token
from passerby.ingest.recording import record
from passerby.model.bundle import Bundle
from passerby.model.operation import Event, Identify, Operation
from passerby.model.org import Org
from passerby.model.properties import Property
from passerby.store.contract import Key, PersonFilter, Store
from passerby.store.sqlite import SqliteStore

ORG: Final = Org(OrgId("bench"), b"b" * 32)
KEY: Final = "na1.bench"
PASSWORD: Final = "correct horse battery"
EVENTS_A_BUNDLE: Final = 500
PLAIN_USERS: Final = 100
BUNDLES_A_WAIT: Final = 500
READ_AT_MOST: Final = 3.0
HOT, BUSY, PLAIN = "hot", "busy", "plain7"


def uuid(kind: int, number: int) -> str:
    """The id of that number and kind."""
    return f"{kind:08x}-{number >> 16 & 0xFFFF:04x}-4000-8000-{number & 0xFFFFFFFFFFFF:012x}"


def bundle(device: int, session: int, page: int, began_ms: int, *made: Operation, received_at_ms: int = 0) -> Bundle:
    """A bundle of a device whose clock is right."""
    received_at_ms = received_at_ms or made[-1].t
    return Bundle(
        ORG.id, DeviceId(uuid(1, device)), SessionId(uuid(2, session)), PageId(uuid(3, page)), began_ms, received_at_ms,
        received_at_ms, "bench", made,
    )  # fmt: skip


def visit(device: int, number: int, at_ms: int, uid: str) -> Bundle:
    """A visit that identifies."""
    plan = (Property("plan", "str", "pro" if number % 2 else "free"), Property("displayName", "str", f"Name {number}"))
    made = (
        Event(n=1, t=at_ms, at=at_ms, name="Product Viewed"),
        Identify(n=2, t=at_ms + 1, at=at_ms + 1, uid=uid, properties=plan),
    )
    return bundle(device, number, number, at_ms, *made)


def bundles(devices: int, events: int, now_ms: int) -> Iterator[Bundle]:
    """All that is stored before it is measured."""
    number = 0
    for user in range(PLAIN_USERS):
        for turn in range(30):
            number += 1
            at_ms = now_ms - 24 * HOUR_MS + number * 1000
            yield visit(1_000_000 + user * 3 + turn % 3, number, at_ms, f"plain{user}")
    for device in range(devices):
        number += 1
        yield visit(device, number, now_ms - 20 * HOUR_MS + device * 1000, HOT)
    began_ms = now_ms - 2 * HOUR_MS
    for first in range(0, events, EVENTS_A_BUNDLE):
        number += 1
        moments = [began_ms + (first + n) * 10 for n in range(EVENTS_A_BUNDLE)]
        made: list[Operation] = [Event(n=n, t=at, at=at, name="e") for n, at in enumerate(moments, 1)]
        if not first:
            made[0] = Identify(n=1, t=began_ms, at=began_ms, uid=BUSY)
        yield bundle(2_000_000, 10_000_000, number, began_ms, *made)


def fill(store: Store, devices: int, events: int, now_ms: int) -> None:
    """Hand it to the store."""
    waiting = []
    for one in bundles(devices, events, now_ms):
        waiting.append(store.submit(functools.partial(record, bundle=one)))
        if len(waiting) == BUNDLES_A_WAIT:
            for done in waiting:
                done.result()
            waiting.clear()
    for done in waiting:
        done.result()


def client_of(store: Store) -> TestClient:
    """API and dashboard, signed in."""
    clock, ids = SystemClock(), RandomIds()
    store.submit(lambda transaction: transaction.add_key(Key(digest(KEY), ORG.id, "admin", "bench", 0))).result()
    door = Door(store, clock, new_token)
    door.put_member(ORG.id, "admin", "admin", PASSWORD)
    office = Office(
        store, clock, door, ids, lambda: None, dict, new_token, new_token, lambda: False
    )  # fmt: skip
    desk = Desk(store, clock, ids, lambda: None)
    app = Starlette(routes=[*api_routes(desk, 0), *dashboard_routes(office)])
    client = TestClient(app, "http://bench.example", headers={"Authorization": f"Basic {KEY}"}, follow_redirects=False)
    client.post(f"/ui/{ORG.id}/sign-in", data={"name": "admin", "password": PASSWORD, "next": ""})
    return client


def reads(store: Store, uid: str) -> dict[str, str]:
    """Where what of one user is read."""
    with store.read() as reader:
        user = reader.people(ORG.id, PersonFilter(uid=uid), None, 1)[0].id
        (device, *_) = reader.devices_of(ORG.id, uid)  # type: ignore[arg-type]
        session = reader.sessions_of(ORG.id, [device], None, 1)[0]
    place, ui = f"{session.device}:{session.id}", f"/ui/{ORG.id}"
    return {
        "user, API": f"/v2/users/{user}",
        "user with schema, API": f"/v2/users/{user}?include_schema=true",
        "last events, API": f"/v2/users/{user}/events",
        "sessions, API": f"/sessions/v2?uid={uid}",
        "user list by uid, API": f"/v2/users?uid={uid}",
        "events of a session, API": f"/v2/sessions/{place}/events?limit=500",
        "why, API": f"/v2/sessions/{place}/why",
        "individual, API": f"/users/v1/individual/{uid}",
        "user page": f"{ui}/user/{user}",
        "lanes": f"{ui}/user/{user}/lanes",
        "session page": f"{ui}/session/{place}",
        "search by uid": f"{ui}/users?q={uid}",
        "search by property": f"{ui}/users?q=plan%3Dpro",
    }


def timed(client: TestClient, paths: dict[str, str], runs: int) -> dict[str, float]:
    """The median milliseconds of a path for each name, asked in turn."""
    found: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(runs):
        for name, path in paths.items():
            began = time.perf_counter()
            answer = client.get(path)
            found[name].append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (path, answer.status_code, answer.text[:200])
    return {name: statistics.median(times) for name, times in found.items()}


def main() -> None:
    """Measure and print tables; exit code 1 if a limit is passed."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--devices", type=int, default=10_000)
    asked.add_argument("--events", type=int, default=100_000)
    asked.add_argument("--runs", type=int, default=15)
    options = asked.parse_args()
    now_ms, worst = SystemClock().now_ms(), 0.0
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "passerby.db")
        store.submit(lambda transaction: transaction.add_org(ORG)).result()
        began = time.perf_counter()
        fill(store, options.devices, options.events, now_ms)
        print(f"filled in {time.perf_counter() - began:.1f} s\n")
        print(f"| read | plain, ms | {HOT}, ms | ratio | {BUSY}, ms | ratio |")
        print("|---|---|---|---|---|---|")
        client = client_of(store)
        where = {uid: reads(store, uid) for uid in (PLAIN, HOT, BUSY)}
        for what in where[PLAIN]:
            found = timed(client, {uid: where[uid][what] for uid in where}, options.runs)
            ratios = {uid: found[uid] / found[PLAIN] for uid in (HOT, BUSY)}
            worst = max(worst, *ratios.values())
            cells = (found[PLAIN], found[HOT], ratios[HOT], found[BUSY], ratios[BUSY])
            print(f"| {what} |" + "".join(f" {cell:.1f} |" for cell in cells), flush=True)
        print()
        store.close()
    raise SystemExit(worst > READ_AT_MOST)


if __name__ == "__main__":
    main()
