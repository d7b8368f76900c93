"""An app whose property names have spaces: what its complaints cost ingest, before and after there are many (PR-4)."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.attacks.outside import Bystanders, Client, Figure, Victim, attacked, bundle

_SECONDS = 3.0
_EVENTS = 20
_PAGES = 250


def attack() -> Iterator[Figure]:
    """Bundles a second with good names, with bad ones, and with bad ones once the hour's table is full."""
    with attacked() as victim:
        with Bystanders(victim) as others:
            good = _speed(victim, "name_", 0)
            filling = _speed(victim, "name ", 1_000_000)
            client = Client(victim, "127.0.0.67")
            for n in range(_PAGES):
                client("POST", "/rec/bundle", _visit(n, f"kind {n} "))
            full = _speed(victim, "name ", 2_000_000)
        print(f"    bundles a second: {good:.0f} with good names, {filling:.0f} with bad ones, {full:.0f} once full")
        yield Figure("good names are faster than bad ones", good / max(filling, 1), 3, "times")
        yield Figure("good names are faster than bad ones once the table is full", good / max(full, 1), 3, "times")
        yield from others.figures()


def _speed(victim: Victim, names: str, first: int) -> float:
    """Bundles a second over one connection, each on a page of its own."""
    client, n = Client(victim), 0
    began = time.monotonic()
    while time.monotonic() - began < _SECONDS:
        status, _ = client("POST", "/rec/bundle", _visit(first + n, names))
        if status == 429:
            time.sleep(0.05)
        n += status == 200
    took = time.monotonic() - began
    client.close()
    return n / took


def _visit(n: int, names: str) -> dict[str, object]:
    properties = {f"{names}{k}": "v" for k in range(8)}
    viewed = [{"op": "event", "name": "Viewed", "properties": properties} for _ in range(_EVENTS)]
    return bundle([{"op": "page", "url": f"https://shop.example/p/{n}"}, *viewed])
