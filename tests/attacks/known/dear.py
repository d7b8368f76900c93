"""Small bodies that are dear to judge, sent over many connections: what they cost everybody else (WI-1, AT-6, PR-4)."""

from __future__ import annotations

import base64
import gzip
import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from passerby.wire.limits import INFLATED_BYTES_MAX, INFLATED_RATIO_MAX
from tests.attacks.outside import ORG, Bystanders, Client, Figure, Victim, attacked, bundle

_CONNECTIONS = 8
_SECONDS = 5.0
_FRESH = 12
"""So many bodies of a kind are made, each with ids of its own: what came before costs little."""
_NOISE = base64.b64encode(random.Random(12).randbytes(INFLATED_BYTES_MAX // INFLATED_RATIO_MAX)).decode()
"""Hardly to be compressed: beside so much of it, anything may inflate to the most there may be (WI-1)."""


def _with_ops(ops: str, org: str = ORG) -> bytes:
    return json.dumps(bundle([], org)).replace('"ops": []', f'"ops": [{ops},"{_NOISE}"]').encode()


def _named(events: int, names: int, end: str) -> bytes:
    told = ",".join(f'"a{n}{end}":1' for n in range(names))
    now_ms = time.time_ns() // 1_000_000
    events = (f'{{"op":"event","n":{n},"t":{now_ms},"name":"a","properties":{{{told}}}}}' for n in range(1, events + 1))
    return _with_ops(",".join(events))


def _own(kind: str, ops: int) -> bytes:
    """Operations of 500 names each, which none of the others has."""
    now_ms = time.time_ns() // 1_000_000
    told = (",".join(f'"p{name}":1' for name in range(n * 500, n * 500 + 500)) for n in range(ops))
    made = (f'{{{kind},"n":{n},"t":{now_ms},"properties":{{{one}}}}}' for n, one in enumerate(told, 1))
    return json.dumps(bundle([])).replace('"ops": []', f'"ops": [{",".join(made)}]').encode()


BODIES: Mapping[str, Callable[[], bytes]] = {
    "device repeated 290,000 times, of no org": lambda: _with_ops(",".join(['{"device":1}'] * 290_000), "nobody"),
    "device repeated 290,000 times": lambda: _with_ops(",".join(['{"device":1}'] * 290_000)),
    "1,300,000 empty lists": lambda: _with_ops(",".join(["[]"] * 1_300_000)),
    "650,000 lone surrogates": lambda: _with_ops('"' + "\\ud800" * 650_000 + '"'),
    "499 events with 750 bad names each": lambda: _named(499, 750, "!"),
    "490 events with 500 good names each": lambda: _named(490, 500, ""),
    "490 events with 500 names of their own each": lambda: _own('"op":"event","name":"a"', 490),
    "490 calls, 500 user properties of its own each": lambda: _own('"op":"properties","type":"user"', 490),
    "20 calls, 500 user properties of its own each": lambda: _own('"op":"properties","type":"user"', 20),
    "3.9 MB of spaces": lambda: _with_ops(" " * 3_900_000 + "0"),
    "brackets in a string": lambda: _with_ops('"' + "[{" * 1_900_000 + '"'),
    "a number of 3,900,000 digits": lambda: _with_ops("1" * 3_900_000),
    "100,000 numbers beyond bounds": lambda: _with_ops(",".join(["1e400"] * 100_000)),
    "100,000 unknown members": lambda: json.dumps({**bundle([]), **{f"x{n}": 1 for n in range(100_000)}}).encode(),
}
"""What each body holds, once it is inflated; all are at most 4 MB."""


def attack() -> Iterator[Figure]:
    """Each kind in turn, at a service of its own."""
    for name, made in BODIES.items():
        bodies = [gzip.compress(made(), 9) for _ in range(_FRESH)]
        with attacked() as victim:
            with Bystanders(victim) as others:
                told = _sent(victim, bodies)
            answers = ", ".join(f"{status} {count}" for status, count in told.most_common())
            print(f"    {name}: {len(bodies[0]):,} bytes compressed; answers {answers}")
            worst = max(max(waits, default=60.0) for waits in others.waits.values())
            yield Figure(f"{name}: the longest wait of others", worst, 1, "s")
            yield Figure(f"{name}: memory at most", victim.peak_mb(), 400, "MB")
            yield Figure(f"{name}: answers of 500", told[500], 0)


def _sent(victim: Victim, bodies: Sequence[bytes]) -> Counter[int]:
    """Send them in turn, again and again, over all connections; how they were answered (0: not at all)."""
    told: Counter[int] = Counter()
    turns = itertools.cycle(bodies)
    until = time.monotonic() + _SECONDS

    def send(n: int) -> None:
        client = Client(victim, f"127.0.1.{n + 1}")
        while time.monotonic() < until:
            try:
                told[client("POST", "/rec/bundle", next(turns), {"Content-Encoding": "gzip"})[0]] += 1
            except (OSError, http.client.HTTPException):
                told[0] += 1
        client.close()

    threads = [threading.Thread(target=send, args=(n,)) for n in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told
