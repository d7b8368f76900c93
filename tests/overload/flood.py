"""The flood: one process that sends far more than the service can take, and obeys no answer."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import time
import uuid
from collections import Counter

UNDER_WAY_MAX = 3000
Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]
EVENT = {"name": "Product Viewed", "properties": {"price": 49.99, "sku": "A-1", "in_stock": True}}


def fresh_id(draw: random.Random) -> str:
    """The text of a random id."""
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))


def bundle(org: str, *operations: dict[str, object], draw: random.Random | None = None) -> dict[str, object]:
    """A bundle of a fresh device, made now."""
    draw = draw or random.Random()
    now = int(time.time() * 1000)
    ids = {name: fresh_id(draw) for name in ("device", "session", "page")}
    stamped = [{**one, "n": n, "t": now} for n, one in enumerate(operations, 1)]
    return {"v": 1, "org": org, **ids, "started": now, "sent": now, "ops": stamped}


def request(body: bytes, forwarded_for: str) -> bytes:
    """The bytes of a request, which a proxy of ours brought if it says for whom."""
    forwarded = f"x-forwarded-for: {forwarded_for}\r\n" if forwarded_for else ""
    return f"POST /rec/bundle HTTP/1.1\r\nhost: x\r\n{forwarded}content-length: {len(body)}\r\n\r\n".encode() + body


def address_of(draw: random.Random) -> str:
    """Some address."""
    return f"198.18.{draw.randrange(200)}.{draw.randrange(250)}"


class Flood:
    """Sends so many bundles a second, whatever is answered, over as many connections as that takes.

    With a rate of 0 each of `connections` sends one bundle after the other, as fast as it is answered.
    """

    def __init__(self, port: int, org: str, operations: int, addresses: int) -> None:
        self._port = port
        self._addresses = addresses
        self._draw = random.Random(0)
        events = [{"op": "event", **EVENT}] * operations
        marked = {name: f"@{name}@" for name in ("device", "session", "page")}
        self._template = json.dumps({**bundle(org, *events), **marked})
        self._free: list[Link] = []
        self._under_way = 0
        self.answers: Counter[str] = Counter()

    async def steadily(self, per_second: float, seconds: float) -> None:
        """As many a second as that, for so long."""
        began = time.perf_counter()
        due, tasks = began, set()
        while due < began + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            due = max(due + 1 / per_second, time.perf_counter() - 0.1)
            if self._under_way >= UNDER_WAY_MAX:
                self.answers["unsent"] += 1
                continue
            tasks.add(task := asyncio.create_task(self._send()))
            task.add_done_callback(tasks.discard)
        await asyncio.wait(tasks, timeout=5) if tasks else None

    async def in_turn(self, connections: int, seconds: float) -> None:
        """Over so many connections, each of which waits for its answer before it goes on."""
        until = time.perf_counter() + seconds

        async def go_on() -> None:
            while time.perf_counter() < until:
                await self._send()

        await asyncio.gather(*(go_on() for _ in range(connections)))

    async def _send(self) -> None:
        self._under_way += 1
        try:
            link = self._free.pop() if self._free else await self._connect()
            self.answers[await self._answer(*link)] += 1
            self._free.append(link)
        except (OSError, EOFError):
            self.answers["dropped"] += 1
        finally:
            self._under_way -= 1

    async def _connect(self) -> Link:
        """From one of the flood's addresses."""
        host = f"127.0.1.{1 + self._draw.randrange(self._addresses)}" if self._addresses else "127.0.0.1"
        return await asyncio.open_connection("127.0.0.1", self._port, local_addr=(host, 0))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        body = self._template
        for name in ("device", "session", "page"):
            body = body.replace(f"@{name}@", fresh_id(self._draw), 1)
        writer.write(request(body.encode(), "" if self._addresses else address_of(self._draw)))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        return head[9:12].decode()


def main() -> None:
    """Flood, and print what was answered."""
    asking = argparse.ArgumentParser(description=__doc__)
    asking.add_argument("port", type=int)
    asking.add_argument("org")
    asking.add_argument("--operations", type=int, default=200)
    asking.add_argument("--per-second", type=float, default=0.0)
    asking.add_argument("--connections", type=int, default=8)
    asking.add_argument("--seconds", type=float, default=5.0)
    asking.add_argument("--addresses", type=int, default=4, help="0: any number, behind a proxy")
    options = asking.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    flood = Flood(options.port, options.org, options.operations, options.addresses)
    if options.per_second:
        asyncio.run(flood.steadily(options.per_second, options.seconds))
    else:
        asyncio.run(flood.in_turn(options.connections, options.seconds))
    print(json.dumps(flood.answers))


if __name__ == "__main__":
    main()
