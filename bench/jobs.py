"""How long a batch of one waits beside 50,000, and a healthy webhook beside twenty that hang: `python -m bench.jobs`.

A real service, on this machine. The peer is the same service with nothing else to do, in the same run.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from passerby.base.ids import OrgId
from passerby.base.token import digest
from passerby.model.org import Org
from passerby.store.contract import Key, Transaction
from passerby.store.sqlite import SqliteStore
from tests.jobs.receivers import OK, answering, receiving, until_closed
from tests.running import running_service

KEYS: Final = {"o1": "na1.a-key-of-the-first-org-for-bench", "o2": "na1.a-key-of-the-second-org-for-bench"}
ROUNDS: Final = 8


def main() -> None:
    """Measure, and print a line for each."""
    with tempfile.TemporaryDirectory() as folder, receiving(answering(OK)) as good, receiving(until_closed) as bad:
        data = Path(folder)
        _make_orgs(data)
        with running_service(data, "--webhook-private-hosts", org="o1") as service:
            first, second = (_client(service.base, key) for key in KEYS.values())
            _say("a batch of one, nothing else to do", [_batch(first, f"a{n}") for n in range(ROUNDS)])
            _webhook(first, good.url)
            _say("a delivery, nothing else to do", [_delivery(first, good) for _ in range(ROUNDS)])
            for n in range(20):
                _webhook(first, f"{bad.url}/{n}")
            _say("a delivery beside 20 receivers of its org that hang", [_delivery(first, good) for _ in range(ROUNDS)])
            job = _post(first, [{"uid": f"u{n}", "properties": {"n": n}} for n in range(50_000)])
            _say("a batch of one of the same org beside 50,000", [_batch(first, f"b{n}") for n in range(ROUNDS)])
            _say("a batch of one of another org beside 50,000", [_batch(second, f"c{n}") for n in range(ROUNDS)])
            print(f"the 50,000 were at {first.get(f'/v2/users/batch/{job}').json()['imports']:,} when that was over")


def _make_orgs(data: Path) -> None:
    store = SqliteStore(data / "passerby.db")
    for n, (name, key) in enumerate(KEYS.items()):
        org = Org(OrgId(name), bytes([n + 1]) * 32)
        store.submit(partial(_make_org, org=org, key=Key(digest(key), org.id, "admin", "bench", 0))).result()
    store.close()


def _make_org(transaction: Transaction, org: Org, key: Key) -> None:
    transaction.add_org(org)
    transaction.add_key(key)


def _client(base: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=base, headers={"Authorization": f"Basic {key}"}, timeout=120)


def _post(client: httpx.Client, requests: list[dict[str, Any]]) -> str:
    found = client.post("/v2/users/batch", json={"requests": requests}).raise_for_status().json()
    return str(found["job"]["id"])


def _batch(client: httpx.Client, uid: str) -> float:
    began_at = time.perf_counter()
    job = _post(client, [{"uid": uid}])
    while client.get(f"/v2/users/batch/{job}").json()["job"]["status"] == "PROCESSING":
        time.sleep(0.005)
    return time.perf_counter() - began_at


def _webhook(client: httpx.Client, url: str) -> None:
    wanted = {"url": url, "eventTypes": [{"eventName": "recording.event.custom"}]}
    client.post("/webhooks/v1/endpoints", json=wanted).raise_for_status()


def _delivery(client: httpx.Client, good: Any) -> float:
    heard, began_at = len(good.heard), time.perf_counter()
    client.post("/v2/events", json={"name": "e"}).raise_for_status()
    while len(good.heard) == heard:
        time.sleep(0.001)
    return time.perf_counter() - began_at


def _say(what: str, seconds: list[float]) -> None:
    print(f"{what}: median {statistics.median(seconds) * 1000:.0f} ms, worst {max(seconds) * 1000:.0f} ms", flush=True)


if __name__ == "__main__":
    main()
