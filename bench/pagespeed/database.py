"""The database of the measurement: many events, and a few of every kind of scene beside them.

The many events are handed to the store as effects, past the wire: what is measured is looking, and decoding ten
million events would only take its time.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import click

from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid
from passerby.base.units import DAY_MS, HOUR_MS
from passerby.boot import Service, compose
from passerby.config import Settings
from passerby.demo.filling import fill
from passerby.demo.people import GOODS, SHOP, make_up
from passerby.demo.traffic import traffic
from passerby.model.bundle import Piece, Receipt
from passerby.model.device import Binding, Instant
from passerby.model.effect import Answer, Bind, Effect, Keep
from passerby.model.operation import Event, Identify, Operation, Page
from passerby.model.outcome import Outcome
from passerby.model.properties import Property
from passerby.store.contract import Transaction

PASSWORD: Final = "only for measuring"
EVENTS_A_VISITOR: Final = 200
_EVENTS_A_PIECE: Final = 50
_PIECES_A_SESSION: Final = 2
_SESSIONS: Final = 2
_VISITORS_AT_ONCE: Final = 50
_SCENES: Final = 2000
_STORED: Final = Outcome.STORED


def visitor(rng: random.Random, number: int, until_ms: int) -> list[Effect]:
    """What a busy visitor leaves: two sessions of a hundred events each. Every other one is identified."""
    device = _minted(rng)
    at_ms = until_ms - rng.randrange(DAY_MS, 27 * DAY_MS)
    effects: list[Effect] = []
    for ordinal in range(_SESSIONS):
        session, began_at_ms = SessionId(_minted(rng)), at_ms
        for part in range(_PIECES_A_SESSION):
            page = PageId(_minted(rng))
            slug, title, price = rng.choice(GOODS)
            operations: list[Operation] = [Page(n=1, t=at_ms, at=at_ms, url=f"{SHOP}/goods/{slug}", title=title)]
            if ordinal == part == 0 and number % 2:
                person = make_up(rng, number)
                named = tuple(
                    Property(name, "str", value) for name, value in person.properties.items() if isinstance(value, str)
                )
                operations.append(Identify(n=2, t=at_ms, at=at_ms, uid=person.uid, properties=named))
                instant = Instant(page, 2, at_ms, at_ms, 40)
                effects.append(Bind(DeviceId(device), Binding(Uid(person.uid), instant)))
            told = (Property("sku", "str", slug), Property("price", "real", price))
            step_ms = rng.randrange(500, 8000)
            for n in range(len(operations) + 1, len(operations) + 1 + _EVENTS_A_PIECE):
                at_ms += step_ms
                operations.append(Event(n=n, t=at_ms, at=at_ms, name="Product Viewed", properties=told))
            outcomes = (_STORED,) * len(operations)
            made = (began_at_ms, 40, at_ms, "browser/0.1.0", tuple(operations), outcomes)
            effects.append(Keep(Piece(DeviceId(device), session, page, *made)))
            answered = tuple((op.n, _STORED) for op in operations)
            effects.append(Answer(Receipt(page, DeviceId(device), answered)))
        at_ms += HOUR_MS
    return effects


def _minted(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128)))


def filled(directory: Path, events: int) -> Service:
    """The service over a database of that many events, filled if it is empty."""
    service = compose(Settings(data=str(directory), org="o-bench", password=PASSWORD))
    with service.store.read() as reader:
        is_empty = reader.count_sessions(service.org) == 0
    if is_empty:
        began = time.perf_counter()
        until_ms = service.clock.now_ms()
        crowds, count = _crowds(events // EVENTS_A_VISITOR, until_ms), events // EVENTS_A_VISITOR // _VISITORS_AT_ONCE
        with click.progressbar(crowds, count, label="Filling") as bar:
            for effects in bar:
                service.store.submit(partial(_keep, org=service.org, effects=effects)).result()
        asyncio.run(fill(service.store, traffic(service.org, _SCENES, 1, until_ms), lambda _more: None))
        click.echo(f"filled in {time.perf_counter() - began:.0f} s")
    return service


def _crowds(visitors: int, until_ms: int) -> Iterator[list[Effect]]:
    """The effects of some visitors at a time."""
    rng = random.Random(7)
    each = (visitor(rng, number, until_ms) for number in range(1, visitors + 1))
    while crowd := list(islice(each, _VISITORS_AT_ONCE)):
        yield [effect for effects in crowd for effect in effects]


def _keep(transaction: Transaction, org: OrgId, effects: Sequence[Effect]) -> None:
    transaction.apply(org, effects)
