"""One device with very much on it, whose ends then arrive dated ever earlier: how long others wait (AT-2, AT-3).

It has events; or identifies, each of which is a fact; or user properties, of which the older one stands when the later
one goes; or events of very many pages. At last, somebody of 100,000 events is erased.
"""

from __future__ import annotations

import http.client
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tests.attacks.outside import KEY, Bystanders, Client, Figure, Victim, attacked, bundle

_EVENTS = 100_000
_A_BUNDLE = 500
_EVERY_MS = 10
_SEALS = 5
_PLAIN_EVENTS = 500
_PLACED_S = 300
Operation = Callable[[int], dict[str, Any]]
_KINDS: Final[Mapping[str, tuple[Operation, int]]] = {
    "events": (lambda _: {"op": "event", "name": "e"}, 1),
    "identifies": (lambda _: {"op": "identify", "uid": "ann"}, 1),
    "user properties": (lambda n: {"op": "properties", "type": "user", "properties": {f"p{n % 50}": n}}, 1),
    "events of 200 pages": (lambda _: {"op": "event", "name": "e"}, 200),
}
"""What stands on the device, and of how many pages."""


def attack() -> Iterator[Figure]:
    """For each kind: store them, seal five times, and look how others fare meanwhile."""
    for kind, (operation, pages) in _KINDS.items():
        with attacked() as victim:
            yield from _sealed(victim, kind, operation, pages)
    with attacked() as victim:
        yield from _erased(victim)


def _sealed(victim: Victim, kind: str, operation: Operation, pages: int) -> Iterator[Figure]:
    ids = {"device": str(uuid.uuid4()), "session": str(uuid.uuid4())}
    since_ms = time.time_ns() // 1_000_000 - 3_600_000
    client = Client(victim, timeout_s=300)
    took_s = _stored(client, ids, since_ms, _EVENTS, operation, pages)
    print(f"    {_EVENTS:,} {kind} were stored in {took_s:.0f} s", flush=True)
    plain = {"device": str(uuid.uuid4()), "session": str(uuid.uuid4())}
    _stored(client, plain, since_ms, _PLAIN_EVENTS, operation, 1)
    yield Figure(f"{kind}: the session's first events against a plain one's", _against(victim, ids, plain), 3, "times")
    with Bystanders(victim) as others:
        for n in range(_SEALS):
            at_ms = since_ms + _EVENTS * _EVERY_MS * (_SEALS - n) // (_SEALS + 1)
            ended = {**bundle([{"op": "end", "why": "anonymize", "t": at_ms}], at_ms=at_ms, **ids)}
            began = time.monotonic()
            try:
                status: object = client("POST", "/rec/bundle", {**ended, "sent": time.time_ns() // 1_000_000})[0]
            except (OSError, http.client.HTTPException) as error:
                status = type(error).__name__
            print(f"    end {n + 1} of {_SEALS}: {status} after {time.monotonic() - began:.2f} s", flush=True)
        took_s = _until_placed(victim)
        print(f"    all is placed again after {took_s:.0f} s", flush=True)
    yield from (Figure(f"{kind}: {one.name}", one.value, one.most, one.unit) for one in others.figures())
    yield Figure(f"{kind}: commits of more than a quarter of a second", _long_commits(victim), 0)
    yield Figure(f"{kind}: memory at most", victim.peak_mb(), 400, "MB")


def _erased(victim: Victim) -> Iterator[Figure]:
    ids = {"device": str(uuid.uuid4()), "session": str(uuid.uuid4())}
    since_ms = time.time_ns() // 1_000_000 - 3_600_000
    client = Client(victim, timeout_s=300)
    _stored(client, ids, since_ms, _EVENTS, _KINDS["identifies"][0], 1)
    admin = Client(victim, "127.0.0.1", key=KEY)
    with Bystanders(victim) as others:
        assert admin("DELETE", "/v2/users?uid=ann")[0] == 200
        until = time.monotonic() + 120
        while _has_pieces(admin) and time.monotonic() < until:
            time.sleep(0.2)
    yield from (Figure(f"an erasure: {one.name}", one.value, one.most, one.unit) for one in others.figures())


def _has_pieces(admin: Client) -> bool:
    return b'"ann"' in admin("GET", "/v2/users?uid=ann")[1]


def _metrics(victim: Victim) -> dict[str, float]:
    told = Client(victim, "127.0.0.1", key=KEY)("GET", "/metrics")[1].decode()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in told.splitlines() if line[0] != "#")}


def _until_placed(victim: Victim) -> float:
    began = time.monotonic()
    while _metrics(victim)["passerby_devices_being_placed"] and time.monotonic() - began < _PLACED_S:
        time.sleep(0.2)
    assert not _metrics(victim)["passerby_devices_being_placed"], "it is not placed yet"
    return time.monotonic() - began


def _long_commits(victim: Victim) -> float:
    told = _metrics(victim)
    name = "passerby_commit_seconds_bucket"
    every, short = told[f'{name}{{le="+Inf"}}'], (told[f'{name}{{le="{most}"}}'] for most in ("0.1", "0.25"))
    tenth, quarter = short
    print(f"    of {every:.0f} commits {every - tenth:.0f} took over 0.1 s, {every - quarter:.0f} over 0.25 s")
    return every - quarter


def _stored(client: Client, ids: dict[str, str], since_ms: int, count: int, operation: Operation, pages: int) -> float:
    began = time.monotonic()
    names = [str(uuid.uuid4()) for _ in range(pages)]
    for number, first in enumerate(range(0, count, _A_BUNDLE)):
        at_ms = since_ms + first * _EVERY_MS
        ops = [{**operation(first + n), "n": first + n + 1, "t": at_ms + n * _EVERY_MS} for n in range(_A_BUNDLE - 1)]
        sent = {
            **bundle(ops, at_ms=at_ms, **ids, page=names[number % pages]),
            "started": since_ms,
            "sent": time.time_ns() // 1_000_000,  # what a queue held while it was offline: all under one clock
        }
        while (status := client("POST", "/rec/bundle", sent)[0]) in (429, 503):
            time.sleep(0.1)
        assert status == 200, status
    return time.monotonic() - began


def _against(victim: Victim, many: dict[str, str], plain: dict[str, str]) -> float:
    """How much longer a read takes; the quickest of some, so that others' work does not show."""
    client = Client(victim, "127.0.0.1", key=KEY)

    def read(ids: dict[str, str]) -> float:
        took: list[float] = []
        for _ in range(5):
            began = time.monotonic()
            status, _ = client("GET", f"/v2/sessions/{ids['device']}:{ids['session']}/events?limit=100")
            took.append(time.monotonic() - began)
            assert status == 200, status
        return min(took)

    many_s, plain_s = read(many), read(plain)
    print(f"    100 events of the long session take {many_s * 1000:.1f} ms, of a plain one {plain_s * 1000:.1f} ms")
    return many_s / plain_s
