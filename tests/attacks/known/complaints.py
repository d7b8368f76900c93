"""An app whose property names have spaces: what its complaints cost ingest, before and after there are many (PR-4)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from tests.attacks.outside import Bystanders, Client, Figure, Victim, attacked, bundle

_EVENTS = 20
_PAIRS = 150
_PAGES = 250


def attack() -> Iterator[Figure]:
    """Bundles with good names and with bad ones in turn, while the hour's table fills and once it is full."""
    with attacked() as victim:
        with Bystanders(victim) as others:
            filling = _in_turn(victim, 1_000_000)
            client = Client(victim, "127.0.0.67")
            for n in range(_PAGES):
                _took(client, n, f"kind {n} ")
            full = _in_turn(victim, 2_000_000)
        for when, (good_s, bad_s) in (("while the table fills", filling), ("once it is full", full)):
            print(f"    {when}: {good_s * 1000:.1f} ms a bundle with good names, {bad_s * 1000:.1f} ms with bad ones")
            yield Figure(f"a bundle with bad names against one with good ones {when}", bad_s / good_s, 3, "times")
        yield from others.figures()


def _in_turn(victim: Victim, first: int) -> tuple[float, float]:
    """The median time of a bundle with good names, and of one with bad ones, each on a page of its own."""
    client = Client(victim)
    good, bad = [], []
    for n in range(_PAIRS):
        good.append(_took(client, first + 2 * n, "name_"))
        bad.append(_took(client, first + 2 * n + 1, "name "))
    client.close()
    return statistics.median(good), statistics.median(bad)


def _took(client: Client, n: int, names: str) -> float:
    """How long a bundle took that was let in."""
    while True:
        began = time.monotonic()
        if client("POST", "/rec/bundle", _visit(n, names))[0] == 200:
            return time.monotonic() - began
        time.sleep(0.05)


def _visit(n: int, names: str) -> dict[str, object]:
    properties = {f"{names}{k}": "v" for k in range(8)}
    viewed = [{"op": "event", "name": "Viewed", "properties": properties} for _ in range(_EVENTS)]
    return bundle([{"op": "page", "url": f"https://shop.example/p/{n}"}, *viewed])
