"""The service under ten times the load it can take: memory, answers meanwhile, who is sent away, what is lost.

    script/soak overload [--seconds S] [--times N] [--operations N] [--addresses N] [--svg FILE]

First the load it can take is measured: a flood that waits for each answer. Then a flood offers that many times as much
to one org, and obeys no answer. Meanwhile three honest parties work: people who log in at the flooded org, a second
org with a tenth of what the service can take, and somebody who looks at /healthz, a page of the dashboard and the API.
Honest clients do as they must: what is not acknowledged they send again, after Retry-After.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx

from tests.overload.drawing import drawn
from tests.overload.flood import EVENT, bundle
from tests.running import RunningService, running_service

PASSWORD = "overload-overload"
KEY = "overload-key-0123456789"
FLOODED, OTHER = "flooded", "other"
REST_S = 2.0
SERVICE_MB_MAX = 400
ANSWER_S_MAX = 1.0


class Honest:
    """Clients that send until they are acknowledged, as the rules say (QU-5)."""

    def __init__(self, base: str) -> None:
        self._client = httpx.AsyncClient(base_url=base, timeout=60, limits=httpx.Limits(max_connections=None))
        self.tries: list[int] = []
        self.seconds: list[float] = []
        self.stored: list[str] = []

    async def deliver(self, body: dict[str, Any], address: str, uid: str = "") -> None:
        """Send one bundle until it is acknowledged."""
        began, tries = time.perf_counter(), 0
        while True:
            tries += 1
            answer = None
            try:
                headers = {"x-forwarded-for": address}
                answer = await self._client.post("/rec/bundle", content=json.dumps(body), headers=headers)
            except httpx.TransportError:
                pass
            if answer is not None and answer.status_code == 200:
                break
            pause = min(60.0, 2.0 ** (tries - 1)) * random.uniform(0.5, 1)
            await asyncio.sleep(max(pause, float(answer.headers.get("retry-after", 0)) if answer is not None else 0))
        self.tries.append(tries)
        self.seconds.append(time.perf_counter() - began)
        if uid:
            self.stored.append(uid)

    async def go_on(self, org: str, per_second: float, until: float, identifies: bool, operations: int) -> None:
        """Clients that come at that rate, each with one bundle; returns when the last of them is acknowledged."""
        under_way = []
        number = 0
        while time.perf_counter() < until:
            number += 1
            uid = f"{org}-{number}" if identifies else ""
            made: list[dict[str, object]] = [{"op": "event", **EVENT}] * operations
            if identifies:
                made = [{"op": "identify", "uid": uid}]
            address = f"203.0.113.{number % 250}"
            under_way.append(asyncio.create_task(self.deliver(bundle(org, *made), address, uid)))
            await asyncio.sleep(1 / per_second)
        await asyncio.gather(*under_way)
        await self._client.aclose()

    @property
    def at_first(self) -> float:
        """The share that was acknowledged at the first try."""
        return sum(tries == 1 for tries in self.tries) / max(1, len(self.tries))


class Watcher:
    """Looks at one page again and again, over new connections. `seen`: the instant, and how long it took, in s."""

    def __init__(self, path: str, **headers: str) -> None:
        self.path = path
        self._headers = {**headers, "connection": "close"}
        self.seen: list[tuple[float, float]] = []
        self.failed = 0

    async def watch(self, base: str, began: float, until: float) -> None:
        """Look, five times a second."""
        async with httpx.AsyncClient(base_url=base, timeout=60, headers=self._headers) as client:
            while time.perf_counter() < until:
                asked = time.perf_counter()
                try:
                    self.failed += (await client.get(self.path)).status_code != 200
                except httpx.TransportError:
                    self.failed += 1
                self.seen.append((asked - began, time.perf_counter() - asked))
                await asyncio.sleep(0.2)

    def worst_ms(self, begin: float, end: float) -> float:
        """The longest look of those begun within."""
        return max((took for at, took in self.seen if begin <= at < end), default=0.0) * 1000


def flood(port: int, options: argparse.Namespace, per_second: float, seconds: float) -> Any:
    """A flood that has begun, as a process."""
    line = [sys.executable, "-m", "tests.overload.flood", str(port), FLOODED, "--seconds", str(seconds)]
    line += ["--operations", str(options.operations), "--per-second", str(per_second)]
    line += ["--addresses", str(options.addresses)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, text=True)


def sustainable(port: int, options: argparse.Namespace) -> float:
    """How many of the flood's bundles a second the service takes when nobody asks for more."""
    answers = json.loads(flood(port, options, 0, REST_S * 2).communicate()[0])
    return float(answers.get("200", 0)) / (REST_S * 2)


def peak_mb(pid: int) -> int:
    """The most memory a process had (Linux)."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0


async def overloaded(
    service: RunningService, options: argparse.Namespace, able: float, watchers: Sequence[Watcher]
) -> tuple[Honest, Honest, dict[str, int]]:
    """Rest, flood, rest; and what became of the honest and of the flood."""
    port, began = int(service.base.rsplit(":", 1)[1]), time.perf_counter()
    until = began + REST_S + options.seconds + REST_S
    watching = [asyncio.create_task(one.watch(service.base, began, until)) for one in watchers]
    await asyncio.sleep(REST_S)
    running = flood(port, options, able * options.times, options.seconds)
    people, other = Honest(service.base), Honest(service.base)
    end = time.perf_counter() + options.seconds
    per_second = max(1.0, able * options.operations / 10 / 20)
    await asyncio.gather(
        people.go_on(FLOODED, 10, end, True, 1), other.go_on(OTHER, per_second, end, False, 20), *watching
    )
    answers = json.loads(await asyncio.to_thread(lambda: running.communicate()[0]))
    return people, other, answers


def lost(base: str, uids: Iterable[str]) -> int:
    """How many of these the service does not know."""
    with httpx.Client(base_url=base, headers={"authorization": f"Basic {KEY}"}, timeout=60) as client:
        found = [client.get("/v2/users", params={"uid": uid}).json()["results"] for uid in uids]
    return sum(len(results) != 1 for results in found)


def signed_in(base: str) -> str:
    """The cookie of the admin of the flooded org."""
    answer = httpx.post(f"{base}/ui/{FLOODED}/sign-in", data={"name": "admin", "password": PASSWORD})
    return f"passerby_pass={answer.cookies['passerby_pass']}"


def main() -> int:
    """Overload a service of its own; print a table; 1 if a promise did not hold."""
    asking = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("--seconds", type=float, default=20.0)
    asking.add_argument("--times", type=float, default=10.0)
    asking.add_argument("--operations", type=int, default=200)
    asking.add_argument("--addresses", type=int, default=4, help="of the flood; 0: any number, behind a proxy")
    asking.add_argument("--svg", type=Path, default=Path("build/overload.svg"))
    options = asking.parse_args()
    with tempfile.TemporaryDirectory() as data:
        for org in (OTHER, FLOODED):
            with running_service(data, "--log", "off", org=org, api_key=f"{org}-{KEY}", password=PASSWORD):
                pass  # so both are there
        with running_service(data, "--log", "off", org=FLOODED, api_key=KEY, password=PASSWORD) as service:
            return _run(service, options)


def _run(service: RunningService, options: argparse.Namespace) -> int:
    port = int(service.base.rsplit(":", 1)[1])
    able = sustainable(port, options)
    watchers = [
        Watcher("/healthz"),
        Watcher(f"/ui/{FLOODED}/users", cookie=signed_in(service.base)),
        Watcher("/v2/users", authorization=f"Basic {KEY}"),
    ]
    people, other, answers = asyncio.run(overloaded(service, options, able, watchers))
    begin, end = REST_S, REST_S + options.seconds
    sent = sum(answers.values())
    missing = lost(service.base, people.stored)
    memory = peak_mb(service.process.pid)
    print(f"The service takes {able:,.0f} bundles of {options.operations} events a second; the flood offered"
          f" {sent / options.seconds:,.0f} a second, {sent / options.seconds / able:.1f} times as many,"
          f" for {options.seconds:.0f} s.\n")  # fmt: skip
    print("| what | measured | promised |\n|---|---|---|")
    print(f"| memory at its most | {memory} MB | ≤ {SERVICE_MB_MAX} MB |")
    for one in watchers:
        print(f"| {one.path}, slowest | {one.worst_ms(begin, end):,.0f} ms ({one.worst_ms(0, begin):,.0f} at rest),"
              f" {one.failed} failed | ≤ {ANSWER_S_MAX * 1000:,.0f} ms |")  # fmt: skip
    for status, count in sorted(answers.items()):
        print(f"| the flood's bundles answered {status} | {count / options.seconds:,.0f} a second | |")
    print(f"| people who logged in: at the first try | {people.at_first:.0%} of {len(people.tries)},"
          f" at most {max(people.tries)} tries and {max(people.seconds):.1f} s | |")  # fmt: skip
    print(f"| of them lost | {missing} | 0 |")
    print(f"| the other org's bundles: at the first try | {other.at_first:.0%} of {len(other.tries)},"
          f" slowest {max(other.seconds):.1f} s | ≥ 99% |")  # fmt: skip
    options.svg.parent.mkdir(parents=True, exist_ok=True)
    options.svg.write_text(drawn([(one.path, one.seen) for one in watchers], begin, end, ANSWER_S_MAX))
    print(f"\nHow long answers took, over time: {options.svg}")
    in_time = all(one.worst_ms(begin, end) <= ANSWER_S_MAX * 1000 and not one.failed for one in watchers)
    return 0 if memory <= SERVICE_MB_MAX and in_time and not missing and other.at_first >= 0.99 else 1


if __name__ == "__main__":
    sys.exit(main())
