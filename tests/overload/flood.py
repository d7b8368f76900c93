"""The flood: one process that sends far more than the service can take, and obeys no answer."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
import uuid
from collections import Counter

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


def request(body: bytes, address: str) -> bytes:
    """The bytes of a request that a proxy of ours brought from `address`."""
    head = f"POST /rec/bundle HTTP/1.1\r\nhost: x\r\nx-forwarded-for: {address}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def address_of(draw: random.Random, spread: bool) -> str:
    """Some address, or always the same."""
    return f"198.18.{draw.randrange(200)}.{draw.randrange(250)}" if spread else "198.18.0.1"


class Flood:
    """Connections that send one bundle after the other, so many a second in all, whatever is answered."""

    def __init__(self, port: int, org: str, operations: int, per_second: float, spread: bool) -> None:
        self._port = port
        self._org = org
        self._operations = operations
        self._per_second = per_second
        self._spread = spread
        self._due = 0.0
        self.answers: Counter[str] = Counter()

    async def run(self, connections: int, seconds: float) -> None:
        """Until so many seconds have passed."""
        self._due = time.perf_counter()
        until = self._due + seconds
        await asyncio.gather(*(self._send(random.Random(number), until) for number in range(connections)))

    async def _send(self, draw: random.Random, until: float) -> None:
        events = [{"op": "event", **EVENT}] * self._operations
        first = bundle(self._org, *events, draw=draw)
        marked = {name: f"@{name}@" for name in ("device", "session", "page")}
        template = json.dumps({**first, **marked})
        while time.perf_counter() < until:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                while time.perf_counter() < until:
                    await self._wait()
                    body = template
                    for name in ("device", "session", "page"):
                        body = body.replace(f"@{name}@", fresh_id(draw), 1)
                    writer.write(request(body.encode(), address_of(draw, self._spread)))
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                    await reader.readexactly(length)
                    self.answers[head[9:12].decode()] += 1
                writer.close()
            except (OSError, EOFError):
                self.answers["dropped"] += 1
                await asyncio.sleep(0.05)

    async def _wait(self) -> None:
        """Until it is time for the next one, of all connections together."""
        if self._per_second:
            self._due += 1 / self._per_second
            await asyncio.sleep(max(0.0, self._due - time.perf_counter()))


def main() -> None:
    """Flood, and print what was answered."""
    asking = argparse.ArgumentParser(description=__doc__)
    asking.add_argument("port", type=int)
    asking.add_argument("org")
    asking.add_argument("--operations", type=int, default=200)
    asking.add_argument("--per-second", type=float, default=0.0)
    asking.add_argument("--connections", type=int, default=16)
    asking.add_argument("--seconds", type=float, default=5.0)
    asking.add_argument("--one-address", action="store_true")
    options = asking.parse_args()
    flood = Flood(options.port, options.org, options.operations, options.per_second, not options.one_address)
    asyncio.run(flood.run(options.connections, options.seconds))
    print(json.dumps(flood.answers))


if __name__ == "__main__":
    main()
