"""What a crowd of wrong sign-ins costs everybody else (DA-2.1): `python -m bench.signin --seconds 10`.

Strangers try wrong passwords as fast as they can, from one address and then from many (127.0.1.x), while a member
signs in from another address once a second and somebody asks for /healthz. Prints the slowest of each.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

from tests.running import running_service

PASSWORD = "a password for the bench"


def _client(n: int) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(verify=False, local_address=f"127.0.1.{n + 1}")
    return httpx.AsyncClient(transport=transport, timeout=30)


async def _flood(base: str, clients: list[httpx.AsyncClient], until: float, told: Counter[int]) -> None:
    async def one(turns: itertools.cycle[httpx.AsyncClient]) -> None:
        while time.monotonic() < until:
            answer = await next(turns).post(f"{base}/sign-in", data={"name": "admin", "password": "wrong"})
            told[answer.status_code] += 1

    turns = itertools.cycle(clients)
    await asyncio.gather(*(one(turns) for _ in range(32)))


async def _member(base: str, health: str, until: float, cookies: httpx.Cookies) -> tuple[list[int], float, float]:
    statuses, slowest, slowest_health = list[int](), 0.0, 0.0
    async with httpx.AsyncClient(cookies=cookies, timeout=30) as client:
        while time.monotonic() < until:
            began = time.monotonic()
            answer = await client.post(f"{base}/sign-in", data={"name": "admin", "password": PASSWORD})
            slowest = max(slowest, time.monotonic() - began)
            statuses.append(answer.status_code)
            began = time.monotonic()
            await client.get(health)
            slowest_health = max(slowest_health, time.monotonic() - began)
            await asyncio.sleep(0.5)
    return statuses, slowest, slowest_health


async def _measure(base: str, health: str, addresses: int, seconds: float, cookies: httpx.Cookies) -> None:
    clients = [_client(n) for n in range(addresses)]
    told, until = Counter[int](), time.monotonic() + seconds
    _, (statuses, slowest, slowest_health) = await asyncio.gather(
        _flood(base, clients, until, told), _member(base, health, until, cookies)
    )
    for client in clients:
        await client.aclose()
    rate = sum(told.values()) / seconds
    print(
        f"{addresses:3} addresses: {rate:.0f} wrong tries/s {dict(told)}; member let in {statuses.count(303)} of ",
        end="",
    )
    print(f"{len(statuses)}, slowest {slowest * 1000:.0f} ms; /healthz slowest {slowest_health * 1000:.0f} ms")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, running_service(Path(folder), password=PASSWORD) as service:
        base = f"{service.base}/ui/{service.org}"
        for addresses in (1, 200):
            first = httpx.post(f"{base}/sign-in", data={"name": "admin", "password": PASSWORD})
            asyncio.run(_measure(base, f"{service.base}/healthz", addresses, seconds, first.cookies))


if __name__ == "__main__":
    main()
