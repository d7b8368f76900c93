"""How long it takes to keep data, and how large they are: backup, check, erasure, migration, start.

    python -m bench.upkeep [--bundles N]

A file is filled through the one way in, with bundles of 20 events of two properties, each of a device of its own. What
is measured is told a GB of the file, beside plain reading and writing of a copy of it in the same run.
"""

from __future__ import annotations

import argparse
import functools
import platform
import random
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from passerby import upkeep
from passerby.base.ids import DeviceId, OrgId, PageId, SessionId
from passerby.base.progress import silent
from passerby.boot import DATABASE
from passerby.ingest.recording import record
from passerby.model.bundle import Bundle
from passerby.model.operation import Event
from passerby.model.org import Org
from passerby.model.properties import Property
from passerby.store.sqlite import SqliteStore

ORG: Final = Org(OrgId("bench"), b"b" * 32)
BEGAN_MS: Final = 1_750_000_000_000
EVENTS: Final = 20
AT_ONCE: Final = 2000
GB: Final = 1e9


def bundle(number: int, rng: random.Random) -> Bundle:
    """One bundle of a device of its own."""
    device, session, page = (str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(3))
    at_ms = BEGAN_MS + number * 1000
    properties = (Property("value", "real", 9.5), Property("plan", "str", "pro"))
    events = tuple(
        Event(n=n, t=at_ms + n, at=at_ms + n, name="Order Completed", properties=properties)
        for n in range(1, EVENTS + 1)
    )
    return Bundle(
        ORG.id, DeviceId(device), SessionId(session), PageId(page), at_ms, at_ms, at_ms + 50, "browser/1", events
    )


def fill(store: SqliteStore, bundles: int) -> None:
    """Take so many bundles in."""
    rng = random.Random(1)
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    for first in range(0, bundles, AT_ONCE):
        made = [bundle(number, rng) for number in range(first, min(first + AT_ONCE, bundles))]
        for future in [store.submit(functools.partial(record, bundle=one)) for one in made]:
            future.result()


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(bundles: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="passerby-bench-") as folder:
        data, copy = Path(folder) / "data", Path(folder) / "copy.db"
        data.mkdir()
        path = data / DATABASE
        store = SqliteStore(path)
        fill(store, bundles)
        measured = {"an erasure's rewriting": seconds(store.scrub), "making lists anew": seconds(store.rebuild)}
        store.close()
        size = path.stat().st_size
        measured["plain copy"] = seconds(lambda: shutil.copyfile(path, Path(folder) / "plain"))
        measured["backup"] = seconds(lambda: upkeep.back_up(str(data), str(copy), silent))
        measured["check"] = seconds(lambda: list(upkeep.check(str(data), silent)))
        start_s = seconds(lambda: SqliteStore(path, for_service=True).close())
    print(f"Python {platform.python_version()}, {bundles * EVENTS:,} events, {size / GB:.2f} GB\n")
    print(f"{size / bundles / EVENTS:.0f} bytes an event; a start takes {start_s:.2f} s\n")
    print("| what | s a GB |\n|---|---|")
    for what, took_s in measured.items():
        print(f"| {what} | {took_s / (size / GB):.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundles", type=int, default=30_000)
    main(parser.parse_args().bundles)
