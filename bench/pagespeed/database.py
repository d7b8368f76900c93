"""The database of the measurement: many events, and a few of every kind of scene beside them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from passerby.base.units import DAY_MS
from passerby.boot import Service, compose
from passerby.config import Settings
from passerby.demo.filling import fill
from passerby.demo.people import GOODS, SHOP, make_up
from passerby.demo.traffic import traffic
from passerby.demo.visitor import Sent, Visitor

PASSWORD: Final = "only for measuring"
_EVENTS_A_BUNDLE: Final = 50
_BUNDLES_A_SESSION: Final = 2
_SESSIONS_A_VISITOR: Final = 2
_SCENES: Final = 2000


def heavy_traffic(org: str, events: int, until_ms: int) -> Iterator[list[Sent]]:
    """Visitors who do a great deal: two sessions each of two bundles of fifty events; every other one is identified."""
    rng = random.Random(7)
    made, number = 0, 0
    while made < events:
        number += 1
        visitor = Visitor(rng, org, "browser/0.1.0", until_ms - rng.randrange(DAY_MS, 27 * DAY_MS))
        if number % 2:
            person = make_up(rng, number)
            visitor.do("identify", uid=person.uid, properties=person.properties)
        for _ in range(_SESSIONS_A_VISITOR):
            for _ in range(_BUNDLES_A_SESSION):
                slug, title, price = rng.choice(GOODS)
                visitor.visit(f"{SHOP}/goods/{slug}", title)
                for _ in range(_EVENTS_A_BUNDLE):
                    visitor.wait(0.5, 8)
                    visitor.do("event", name="Product Viewed", properties={"sku": slug, "price": price})
                made += _EVENTS_A_BUNDLE
            visitor.wait(3600, 7200)
            visitor.begin_session()
        visitor.flush()
        yield visitor.sent


def filled(directory: Path, events: int) -> Service:
    """The service over a database of that many events, filled if it is empty."""
    service = compose(Settings(data=str(directory), org="o-bench", password=PASSWORD))
    with service.store.read() as reader:
        is_empty = reader.count_sessions(service.org) == 0
    if is_empty:
        until_ms = service.clock.now_ms()
        began = time.perf_counter()
        with click.progressbar(length=events, label="Filling") as bar:
            each = _EVENTS_A_BUNDLE * _BUNDLES_A_SESSION * _SESSIONS_A_VISITOR
            asyncio.run(
                fill(service.store, heavy_traffic(service.org, events, until_ms), lambda n: bar.update(n * each))
            )
        asyncio.run(fill(service.store, traffic(service.org, 2000, 1, until_ms), lambda _n: None))
        print(f"filled in {time.perf_counter() - began:.0f} s")
    return service
