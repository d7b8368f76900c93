"""What taking bundles in costs, end to end over HTTP, against a route that only reads the body and against bare SQLite.

    python -m bench.ingest [--rounds N] [--seconds S] [--connections N]

Three sides, one after the other in each round, so that what else the machine does meets all of them:

    service   `passerby serve` on a fresh SQLite file: decode, attribute, store; 200 only when it is on disk
    route     uvicorn, set up the same, with a bare ASGI route that reads the body and answers
    inserts   the same bodies, one row each with the service's indexes, 64 a commit, synchronous=FULL, in this process

Both servers are processes of their own, asked over kept-alive connections by one process that is itself the limit where
a server is faster than it. The medians over the rounds are shown, and the ratios to the service: of bundles a second,
and of the CPU time that a side's process took for one, which says more where other programs want the same cores.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import random
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn

ORG: Final = "bench"
OPERATIONS: Final = 20
BEGAN_MS: Final = 1_750_000_000_000
BUNDLES_A_COMMIT: Final = 64
_LISTENS: Final = re.compile(r"Dashboard\s+http://[^:]+:(\d+)/")


def bodies(seed: int) -> Iterator[bytes]:
    """Bundles of 20 operations, as pages send them: one in twenty identifies, every bundle a page of its own."""
    draw = random.Random(seed)
    for number in itertools.count():
        device, session, page = (str(uuid.UUID(int=draw.getrandbits(128), version=4)) for _ in range(3))
        made: list[dict[str, Any]] = [{"op": "page", "url": "https://shop.example/cart", "title": "Cart"}]
        for _ in range(OPERATIONS - 2):
            properties = {"price": 49.99, "sku": "A-1", "in_stock": True}
            made.append({"op": "event", "name": "Product Viewed", "properties": properties})
        last = (
            {"op": "identify", "uid": f"user-{number}"}
            if number % 20 == 0
            else {"op": "log", "level": "info", "message": "done"}
        )
        made.append(last)
        operations = [{**one, "n": n, "t": BEGAN_MS + n} for n, one in enumerate(made, 1)]
        ids = {"device": device, "session": session, "page": page}
        envelope = {"v": 1, "org": ORG, **ids, "started": BEGAN_MS, "sent": BEGAN_MS + 100, "ops": operations}
        yield json.dumps(envelope, separators=(",", ":")).encode()


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and answer."""
    if scope["type"] != "http":
        return
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"13")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"stored":20}'})


@contextmanager
def process(*command: str) -> Iterator[tuple[int, int]]:
    """A server in a process of its own; its port and process id."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PASSERBY_")}
    running = subprocess.Popen(
        [sys.executable, "-u", *command],
        env=environment
        | {
            "PASSERBY_ORG": ORG,
            "PASSERBY_API_KEY": "na1.key-of-the-measurement",
            "PASSERBY_PASSWORD": "only for measuring",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdout is not None
    try:
        yield next(int(found[1]) for line in running.stdout if (found := _LISTENS.search(line))), running.pid
    finally:
        running.terminate()
        running.wait(timeout=30)
        running.stdout.close()


def cpu_seconds(pid: int) -> float:
    """What a process has taken so far, user and system (Linux)."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def asked(port: int, supply: Iterator[bytes], connections: int, seconds: float) -> tuple[int, float]:
    """Bundles answered, and seconds, over so many connections. RuntimeError on an answer that is not 200."""
    answered = 0
    until = time.perf_counter() + seconds

    async def ask() -> None:
        nonlocal answered
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < until:
            body = next(supply)
            writer.write(b"POST /rec/bundle HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            answered += 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(connections)))
    return answered, time.perf_counter() - began


def inserted(folder: Path, supply: Iterator[bytes], seconds: float) -> tuple[int, float]:
    """Bundles that bare SQLite took as rows, and seconds, under the indexes that the service's table of pieces has."""
    path = folder / f"{uuid.uuid4()}.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(
        "CREATE TABLE pieces (piece INTEGER PRIMARY KEY, device BLOB, session BLOB, page BLOB,"
        " at INTEGER, n INTEGER, body BLOB)"
    )
    for number, columns in enumerate(("device, at", "session, at", "page, n")):
        db.execute(f"CREATE INDEX index{number} ON pieces ({columns})")
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        db.execute("BEGIN IMMEDIATE")
        for body in itertools.islice(supply, BUNDLES_A_COMMIT):
            ids = (uuid.uuid4().bytes, uuid.uuid4().bytes, uuid.uuid4().bytes)
            db.execute(
                "INSERT INTO pieces (device, session, page, at, n, body) VALUES (?, ?, ?, 1, 20, ?)", (*ids, body)
            )
            count += 1
        db.execute("COMMIT")
    took = time.perf_counter() - began
    db.close()
    path.unlink()
    return count, took


def measured(rounds: int, seconds: float, connections: int) -> dict[str, tuple[float, float]]:
    """The median bundles a second of each side, and CPU ms a bundle."""
    found: dict[str, list[tuple[float, float]]] = {"service": [], "route": [], "inserts": []}
    made = list(itertools.islice(bodies(0), 50_000))

    def take(side: str, cpu: float, taken: int, took: float) -> None:
        found[side].append((taken / took, cpu * 1000 / taken))

    with tempfile.TemporaryDirectory() as folder, process("-m", "bench.ingest", "--route") as route:
        for number in range(rounds):
            data = Path(folder) / str(number)
            serve = ("-m", "passerby", "serve", "--port", "0", "--log", "off", "--data", str(data))
            with process(*serve) as service:
                for side, (port, pid) in (("service", service), ("route", route)):
                    before = cpu_seconds(pid)
                    taken, took = asyncio.run(asked(port, itertools.cycle(made), connections, seconds))
                    take(side, cpu_seconds(pid) - before, taken, took)
            before = time.process_time()
            taken, took = inserted(Path(folder), itertools.cycle(made), seconds)
            take("inserts", time.process_time() - before, taken, took)
    return {
        side: (statistics.median(r for r, _ in all_), statistics.median(c for _, c in all_))
        for side, all_ in found.items()
    }


def serve_route() -> None:
    """The bare route, until it is stopped."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"Dashboard  http://localhost:{listener.getsockname()[1]}/", flush=True)
    config = uvicorn.Config(
        bare, http="httptools", lifespan="off", access_log=False, server_header=False, log_level="critical"
    )
    uvicorn.Server(config).run(sockets=[listener])


def main() -> None:
    """Measure and print a table."""
    asking = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("--rounds", type=int, default=5)
    asking.add_argument("--seconds", type=float, default=4.0)
    asking.add_argument("--connections", type=int, default=64)
    asking.add_argument("--route", action="store_true", help="serve the bare route, for this program's own use")
    options = asking.parse_args()
    if options.route:
        serve_route()
        return
    rates = measured(options.rounds, options.seconds, options.connections)
    print(f"{OPERATIONS} operations a bundle, {options.connections} connections, median of {options.rounds} rounds;"
          f" {os.cpu_count()} cores, Python {platform.python_version()}\n")  # fmt: skip
    print("| side | bundles a second | times the service | CPU ms a bundle | of the service's |\n|---|---|---|---|---|")
    rate_of_service, cpu_of_service = rates["service"]
    for side, (rate, cpu) in rates.items():
        print(f"| {side} | {rate:,.0f} | {rate / rate_of_service:.2f} | {cpu:.3f} | {cpu / cpu_of_service:.2f} |")


if __name__ == "__main__":
    main()
