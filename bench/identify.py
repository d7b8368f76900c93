"""What an identify costs on a device with one earlier event and on one with a million (ID-2, on SQLite).

    python -m bench.identify [--events N] [--runs N]

Both devices are in one file. The same work, record a bundle with an identify, is done in turn on either and taken back,
so that it can be done again. An anonymize is measured likewise, and so is reading the user once they are bound. What
counts is the ratio of the medians: it must be at most 2.
"""

from __future__ import annotations

import argparse
import functools
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid
from passerby.ingest.recording import record
from passerby.model.bundle import Bundle, Piece
from passerby.model.effect import Keep
from passerby.model.operation import End, Event, Identify, Operation
from passerby.model.org import Org
from passerby.model.outcome import Outcome
from passerby.query.users import find_user
from passerby.store.contract import PersonFilter, Store, Transaction
from passerby.store.sqlite import SqliteStore

ORG: Final = Org(OrgId("bench"), b"b" * 32)
BEGAN_MS: Final = 1_750_000_000_000
EVENTS_A_PIECE: Final = 100
PIECES_A_SESSION: Final = 5
PIECES_A_COMMIT: Final = 200
AT_MOST: Final = 2.0
FEW: Final = "one event"
MANY: Final = "many events"


class _Undone(Exception):
    pass


def device(name: str) -> DeviceId:
    """The device of one of the two sides."""
    return DeviceId(f"d000000{int(name == MANY)}-0000-4000-8000-000000000000")


def moment(number: int) -> int:
    """When the event of that number was made: one a second."""
    return BEGAN_MS + number * 1000


def history(name: str, events: int) -> Iterator[Piece]:
    """The earlier events of a device, as they are stored."""
    for number in range(-(-events // EVENTS_A_PIECE)):
        first = number * EVENTS_A_PIECE
        made = tuple(
            Event(n=n + 1, t=moment(first + n), at=moment(first + n), name="Product Viewed")
            for n in range(min(EVENTS_A_PIECE, events - first))
        )
        session, page = number // PIECES_A_SESSION, number
        yield Piece(
            device(name),
            SessionId(f"5e{session:06x}-0000-4000-8000-00000000000{int(name == MANY)}"),
            PageId(f"9a{page:06x}-0000-4000-8000-00000000000{int(name == MANY)}"),
            BEGAN_MS, 0, BEGAN_MS, "bench", made, (Outcome.STORED,) * len(made),
        )  # fmt: skip


def fill(store: Store, name: str, events: int) -> None:
    """Hand the earlier events of a device to the store."""
    waiting: list[Keep] = []
    for piece in history(name, events):
        waiting.append(Keep(piece))
        if len(waiting) == PIECES_A_COMMIT:
            _hand_over(store, waiting)
            waiting.clear()
    _hand_over(store, waiting)


def _hand_over(store: Store, effects: Sequence[Keep]) -> None:
    store.submit(lambda transaction: transaction.apply(ORG.id, effects)).result()


def bundle(name: str, *made: Operation) -> Bundle:
    """A bundle of the device's last session on a page of its own."""
    side = int(name == MANY)
    return Bundle(
        ORG.id, device(name), SessionId(f"5effffff-0000-4000-8000-00000000000{side}"),
        PageId(f"9affffff-0000-4000-8000-00000000000{side}"), BEGAN_MS, made[-1].t, made[-1].t, "bench", made,
    )  # fmt: skip


def undone(work: Callable[[Transaction], object], transaction: Transaction) -> None:
    """Do work and take it back."""
    work(transaction)
    raise _Undone


def timed_in_turn(runs: int, sides: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The median seconds of each, done in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(runs):
        for name, do in sides.items():
            began = time.perf_counter()
            do()
            seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(found) for name, found in seconds.items()}


def again(store: Store, work: Callable[[Transaction], Any]) -> Callable[[], object]:
    """Submit work that is taken back."""
    return lambda: store.submit(functools.partial(undone, work)).exception()


def measured(events: int, runs: int) -> list[tuple[str, float, float]]:
    """(what, median seconds with one event, median seconds with many)."""
    at = moment(events) + 10_000
    identify, end = Identify(n=1, t=at, at=at, uid="ann"), End(n=2, t=at + 1, at=at + 1, why="anonymize")
    found: list[tuple[str, float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "passerby.db")
        store.submit(lambda transaction: transaction.add_org(ORG)).result()
        for name, number in ((FEW, 1), (MANY, events)):
            fill(store, name, number)
        for what, made in (("identify", (identify,)), ("identify, then anonymize", (identify, end))):
            sides = {name: again(store, functools.partial(record, bundle=bundle(name, *made))) for name in (FEW, MANY)}
            medians = timed_in_turn(runs, sides)
            found.append((what, medians[FEW], medians[MANY]))
        for name in (FEW, MANY):
            uid = Uid("ann" if name == FEW else "bob")
            kept = bundle(name, Identify(n=1, t=at, at=at, uid=uid))
            store.submit(functools.partial(record, bundle=kept)).result()
        with store.read() as reader:
            users = {name: reader.people(ORG.id, PersonFilter(uid=uid), None, 1)[0].id
                     for name, uid in ((FEW, "ann"), (MANY, "bob"))}  # fmt: skip
            reading = {name: functools.partial(find_user, reader, ORG.id, user) for name, user in users.items()}
            medians = timed_in_turn(runs, reading)
            found.append(("reading the user", medians[FEW], medians[MANY]))
        store.close()
    return found


def main() -> None:
    """Measure and print a table; exit code 1 if a ratio is over the limit."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--events", type=int, default=1_000_000)
    asked.add_argument("--runs", type=int, default=301)
    options = asked.parse_args()
    print(f"{options.events} earlier events against 1; {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| what | with 1 event, ms | with many, ms | ratio |\n|---|---|---|---|")
    worst = 0.0
    for what, few, many in measured(options.events, options.runs):
        worst = max(worst, many / few)
        print(f"| {what} | {few * 1000:.3f} | {many * 1000:.3f} | {many / few:.2f} |")
    raise SystemExit(worst > AT_MOST)


if __name__ == "__main__":
    main()
