"""What reading costs over the one SQL statement that it comes to, at ten million events.

    python bench/api.py [--events N] [--keep DIRECTORY] [--write PAGE]

Builds a database by handing pieces to the store, as the service does, then times each question three ways, interleaved:
the bare statement on the same file, the query that the API asks, and the whole API in this process (HTTP without a
network). The medians' ratio to the bare statement is what counts; the first must be at most 3.
"""

from __future__ import annotations

import argparse
import platform
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.testclient import TestClient

from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid
from passerby.base.token import digest
from passerby.faces.api import Desk, api_routes
from passerby.host import RandomIds, SystemClock
from passerby.ingest import erasing
from passerby.model.bundle import Piece
from passerby.model.device import Binding, Instant
from passerby.model.effect import Bind, Effect, Keep
from passerby.model.operation import Event, Identify, Operation, Page
from passerby.model.org import Org
from passerby.model.outcome import Outcome
from passerby.model.properties import Property
from passerby.query.sessions import latest_happenings
from passerby.query.users import find_user, list_users
from passerby.store.contract import Key, PersonFilter, Store, Transaction
from passerby.store.sqlite import SqliteStore

ORG = Org(OrgId("bench"), b"b" * 32)
KEY = "na1.key-of-the-measurement"
EVENTS_IN_PIECE = 20
PIECES_OF_USER = 10
BEGAN_MS = 1_700_000_000_000
RUNS = 201
AT_MOST = 3.0

PEOPLE = "SELECT id, uid, display_name, email, first_at_ms, last_at_ms"
LISTED = (
    PEOPLE + ", (SELECT count(*) FROM people WHERE org = 1{0}) FROM people WHERE org = 1{0}"
    " ORDER BY last_at_ms DESC, id LIMIT 101"
)
NEWEST = """
SELECT device, session, page, op.value FROM (
  SELECT p.device, p.session, p.page, p.body FROM bindings b JOIN pieces p ON p.org = b.org AND p.device = b.device
  WHERE b.org = 1 AND b.uid = ? ORDER BY p.last_at_ms DESC LIMIT 100
), json_each(body, '$.ops') op ORDER BY op.value ->> 'at' DESC LIMIT 100"""


def built(store: Store, events: int) -> int:
    """Fills the store; how many users there are then."""
    chance = random.Random(7)
    users = max(1, events // (EVENTS_IN_PIECE * PIECES_OF_USER))
    store.submit(lambda t: t.add_org(ORG)).result()
    store.submit(lambda t: t.add_key(Key(digest(KEY), ORG.id, "admin", "bench", 0))).result()
    waiting: list[Effect] = []
    for round_ in range(PIECES_OF_USER):
        for user in range(users):
            waiting += effects_of(user, round_, chance)
            if len(waiting) >= 2000:
                store.submit(partial(apply, effects=tuple(waiting))).result()
                waiting.clear()
        print(f"  {(round_ + 1) * users * EVENTS_IN_PIECE:,} events", file=sys.stderr)
    store.submit(partial(apply, effects=tuple(waiting))).result()
    return users


def apply(transaction: Transaction, effects: tuple[Effect, ...]) -> None:
    """One piece of work."""
    transaction.apply(ORG.id, effects)


def effects_of(user: int, round_: int, chance: random.Random) -> Iterator[Effect]:
    """One bundle of a user, as the store would be asked to keep it; the first identifies them."""
    device = DeviceId(str(uuid.UUID(int=(1 << 120) + user)))
    page = PageId(str(uuid.UUID(int=chance.getrandbits(128))))
    at = BEGAN_MS + (round_ * 86_400_000) + chance.randrange(86_400_000)
    operations: list[Operation] = []
    for n in range(1, EVENTS_IN_PIECE + 1):
        at += chance.randrange(1, 9000)
        properties = (Property("amount", "real", float(n)), Property("plan", "str", "pro" if user % 3 else "free"))
        if n == 1:
            operations.append(
                Page(n=n, t=at, at=at, url=f"https://shop.example/p/{user % 997}?ref={n}", title="A page")
            )
        elif n == 2 and round_ == 0:
            named = (Property("displayName", "str", f"Name {user}"), Property("email", "str", f"u{user}@example.com"))
            yield Bind(device, Binding(Uid(f"user-{user}"), Instant(page, n, at, at, 0)))
            operations.append(Identify(n=n, t=at, at=at, uid=f"user-{user}", properties=named))
        else:
            operations.append(Event(n=n, t=at, at=at, name=f"Event {n}", properties=properties))
    session = SessionId(str(uuid.UUID(int=chance.getrandbits(128))))
    outcomes = (Outcome.STORED,) * len(operations)
    yield Keep(Piece(device, session, page, at, 0, at, "browser/bench", tuple(operations), outcomes))


def asked(store: SqliteStore, path: Path, users: int) -> Iterator[tuple[str, dict[str, Callable[[int], Any]]]]:
    """Each question with its three ways; they take the number of the user they are about."""
    bare = sqlite3.connect(path)
    bare.execute("PRAGMA cache_size = -65536")
    client = TestClient(
        Starlette(routes=api_routes(Desk(store, SystemClock(), RandomIds(), lambda: None))),
        headers={"Authorization": f"Basic {KEY}"},
    )
    ids = {}
    with store.read() as reader:
        for user in range(0, users, max(1, users // RUNS)):
            (person,) = reader.people(ORG.id, PersonFilter(uid=f"user-{user}"), None, 1)
            ids[user] = person.id

    def listed(where: str, name: str | None, value: Callable[[int], str]) -> dict[str, Callable[[int], Any]]:
        sql = LISTED.format(where)

        def statement(user: int) -> Any:
            return bare.execute(sql, (value(user),) * sql.count("?")).fetchall()

        def query(user: int) -> Any:
            with store.read() as reader:
                wanted = msgspec.convert({name: value(user)} if name else {}, PersonFilter)
                return list_users(reader, ORG.id, wanted, None)

        def api(user: int) -> Any:
            return client.get("/v2/users", params={name: value(user)} if name else {}).raise_for_status()

        return {"statement": statement, "query": query, "api": api}

    def newest_query(user: int) -> Any:
        with store.read() as reader:
            found = find_user(reader, ORG.id, ids[user])
            assert found is not None
            return latest_happenings(reader, ORG.id, found.person.id, 100)

    yield "list users, with how many there are", listed("", None, str)
    yield "search by uid", listed(" AND uid = ?", "uid", lambda user: f"user-{user}")
    yield "search by e-mail", listed(" AND email = ?", "email", lambda user: f"u{user}@example.com")
    yield "search by name", listed(" AND display_name = ?", "display_name", lambda user: f"Name {user}")
    yield (
        "newest 100 events of a user",
        {
            "statement": lambda user: bare.execute(NEWEST, (f"user-{user}",)).fetchall(),
            "query": newest_query,
            "api": lambda user: client.get(f"/v2/users/{ids[user]}/events?limit=100").raise_for_status(),
        },
    )
    bare.close()


def timed(ways: dict[str, Callable[[int], Any]], chosen: list[int]) -> dict[str, float]:
    """Median ms of each way, asked in turn about the same users."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for user in chosen:
        for name, way in ways.items():
            began = time.perf_counter()
            way(user)
            times[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(found) for name, found in times.items()}


def streamed(store: SqliteStore, rows_max: int) -> tuple[float, float, int]:
    """An export, broken off after `rows_max`: rows a second, by how many MB the process grew, and the rows read.

    SQLite's page cache, at most 64 MB a connection, is part of that.
    """
    client = TestClient(
        Starlette(routes=api_routes(Desk(store, SystemClock(), RandomIds(), lambda: None))),
        headers={"Authorization": f"Basic {KEY}"},
    )
    asked = {"segmentId": "everyone", "format": "FORMAT_NDJSON"}
    made = client.post("/segments/v1/exports", json=asked).raise_for_status().json()
    location = client.get(f"/search/v1/exports/{made['operationId']}/results").json()["location"]
    rows = 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    unpack = zlib.decompressobj(wbits=31)
    for chunk in chunks_of(client, location):
        rows += unpack.decompress(chunk).count(b"\n")
        if rows >= rows_max:
            break
    seconds = time.perf_counter() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return rows / seconds, grown / 1024, rows


def chunks_of(client: TestClient, location: str) -> Iterator[bytes]:
    """The file, chunk by chunk."""
    with client.stream("GET", location) as answer:
        yield from answer.iter_bytes()


def erased(store: SqliteStore) -> tuple[float, float]:
    """Seconds to remove one user's rows, and to rewrite the file."""
    with store.read() as reader:
        (person,) = reader.people(ORG.id, PersonFilter(identified=True), None, 1)
    store.submit(lambda t: erasing.accept(t, ORG, person, 1, RandomIds())).result()
    with store.read() as reader:
        ((org, entry),) = reader.due_entries([erasing.ERASING], 1, 9)
    began = time.perf_counter()
    erasing.remove(store, org, entry, 1)
    removed = time.perf_counter() - began
    began = time.perf_counter()
    store.scrub()
    return removed, time.perf_counter() - began


def main() -> int:
    """Build, measure, print; 1 if a question costs more than it may."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--keep", type=Path, help="where the database is, or is to stay")
    parser.add_argument("--export-rows", type=int, default=1_000_000, help="how much of an export to read")
    parser.add_argument("--write", type=Path, help="the page to write")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        return measured(given.events, given.keep or Path(scratch), given.export_rows, given.write)


def measured(events: int, directory: Path, export_rows: int, page: Path | None) -> int:
    """The measurement over a database in `directory`, which is built if it is not there."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "passerby.db"
    is_new = not path.exists()
    store = SqliteStore(path)
    began = time.perf_counter()
    users = built(store, events) if is_new else events // (EVENTS_IN_PIECE * PIECES_OF_USER)
    building = time.perf_counter() - began
    lines = [
        f"{events:,} events of {users:,} users in {EVENTS_IN_PIECE}-event bundles, {path.stat().st_size / 1e9:.2f} GB"
        + (f", built through the store in {building:.0f} s." if is_new else "."),
        "",
        "| question | bare statement ms | query ms | query ÷ statement | whole API ms |",
        "|---|---:|---:|---:|---:|",
    ]
    worst = 0.0
    chosen = list(range(0, users, max(1, users // RUNS)))
    for name, ways in asked(store, path, users):
        timed(ways, chosen[:5])
        found = timed(ways, chosen)
        ratio = found["query"] / found["statement"]
        worst = max(worst, ratio)
        lines.append(f"| {name} | {found['statement']:.3f} | {found['query']:.3f} | {ratio:.2f} | {found['api']:.2f} |")
        print(lines[-1], file=sys.stderr)
    removed, rewritten = erased(store)
    lines += ["", f"Erasing one user: its rows in {removed:.2f} s, rewriting the file in {rewritten:.1f} s.", ""]
    print(lines[-2], file=sys.stderr)
    rate, grown, rows = streamed(store, export_rows)
    lines.append(
        f"Export as NDJSON: the first {rows:,} rows, {rate:,.0f} a second; the process grew by {grown:.1f} MB."
    )
    store.close()
    text = "\n".join(lines)
    print(text)
    if page is not None:
        page.write_text(PAGE.format(table=text, python=platform.python_version(), sqlite=sqlite3.sqlite_version))
    return 0 if worst <= AT_MOST else 1


PAGE = """# What the API costs

Written by `python bench/api.py --write docs/benchmarks-api.md`. Each question is asked three ways in turn about the
same users, on one file: the bare SQL statement that it comes to, the query that the API asks, and the whole API within
one process (routing, key, query, JSON; no network). Medians. The limit is 3 for query ÷ statement.

Events are kept in bundles, so that the bare statement for a user's newest events has to take them apart with
`json_each`.

Python {python}, SQLite {sqlite}, on a shared machine of two cores: read the ratios, not the milliseconds.

{table}
"""

if __name__ == "__main__":
    sys.exit(main())
