"""A million malformed bundles over sockets, against a service of its own; the story of the first that does harm.

script/soak malformed [COUNT [SEED]]
"""

from __future__ import annotations

import argparse
import http.client
import random
import sys
import time
from collections import Counter

import msgspec

from tests.attacks.malformed import broken
from tests.attacks.outside import ATTACKER, ORG, Client, Figure, Victim, attacked, bundle, understands

_GROWTH_MB: float = 60
"""What caches, the database's page cache and the allocator may take up once it is warm."""
_BODY_MAX: int = 1 << 20
_WARM: int = 250_000
"""By then whatever remembers a bounded number of devices and addresses is full."""
_STEP: int = 5_000
_FORWARDED: str = "--trusted-proxies"


def run(victim: Victim, count: int, seed: int, forwarded: bool) -> list[Figure]:
    """Send them, one after another, as from many addresses if the service lets itself be told of those."""
    chance, told, client = random.Random(seed), Counter[tuple[int, str]](), Client(victim)
    now_ms, warm_mb, began = time.time_ns() // 1_000_000, 0.0, time.monotonic()
    harmful = hung_up = 0
    for n in range(count):
        body, encoding = broken(chance, ORG, now_ms)
        headers = {"Content-Encoding": encoding} if encoding and encoding.isprintable() else {}
        if forwarded:
            headers["X-Forwarded-For"] = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
        try:
            status, reply = client("POST", "/rec/bundle", body, headers)
        except (OSError, http.client.HTTPException):
            status, reply = 0, b""  # it may hang up on a body that is too large; whether it lives is looked at below
            hung_up += len(body) <= _BODY_MAX
        code = str(msgspec.json.decode(reply).get("code", "")) if reply else "empty"
        told[status, code] += 1
        if status >= 500 and not harmful:
            print(f"  seed {seed}, bundle {n}: {status} {code} {headers} {body[:2000]!r}", flush=True)
        harmful += status >= 500
        if n + 1 == min(_WARM, count // 2):
            warm_mb = victim.memory_mb()
        if (n + 1) % _STEP == 0:
            rate = (n + 1) / (time.monotonic() - began)
            print(f"  {n + 1:>9,}  {rate:6.0f} a second  {victim.memory_mb():6.1f} MB", flush=True)
    fine = client("POST", "/rec/bundle", bundle([{"op": "event", "name": "Good"}]))[0]
    print("  " + ", ".join(f"{status} {code or 'stored'} {n:,}" for (status, code), n in told.most_common()))
    shed = sum(n for (status, _), n in told.items() if status == 429)
    return [
        Figure("answers of 500 and more", harmful, 0),
        Figure("bundles of a proper size that were not answered", hung_up, 0),
        Figure("memory at most", victim.peak_mb(), 400, "MB"),
        Figure("growth once warm", victim.memory_mb() - warm_mb, _GROWTH_MB, "MB"),
        Figure("processes that died", 0 if victim.is_alive() else 1, 0),
        Figure("good bundles refused afterwards", 0 if fine == 200 else 1, 0),
        Figure("share answered 429, which tests nothing", 100 * shed / count, 10, "%"),
    ]


def main() -> int:
    """0 if every figure holds."""
    parser = argparse.ArgumentParser(prog="script/soak malformed")
    parser.add_argument("count", nargs="?", type=int, default=1_000_000)
    parser.add_argument("seed", nargs="?", type=int, default=0)
    given = parser.parse_args()
    forwarded = understands(_FORWARDED)
    with attacked(*((_FORWARDED, ATTACKER) if forwarded else ())) as victim:
        figures = run(victim, given.count, given.seed, forwarded)
    print("\n".join(map(str, figures)))
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
