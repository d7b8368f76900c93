"""Where fuzzing begins: for each target things that are right, or nearly."""

from __future__ import annotations

import gzip
import random
from collections.abc import Mapping
from typing import Final

import msgspec

from passerby.query import cursor
from tests.attacks.malformed import broken, good
from tests.fuzz.targets import NOW_MS

_DEVICE: Final = "d0000001-0000-4000-8000-000000000000"
_SESSION: Final = "50000001-0000-4000-8000-000000000000"
_KEY: Final = "0123456789abcdef0123456789abcdef"
_OUTBOX: Final = [
    {
        "device": _DEVICE, "session": _SESSION, "page": "p", "started": NOW_MS, "key": _KEY,
        "ops": [{"op": "event", "n": 1, "t": NOW_MS, "name": "a"}, {"op": "end", "n": 2, "t": NOW_MS, "why": "forget"}],
    }
]  # fmt: skip


def _bundles() -> tuple[bytes, ...]:
    chance = random.Random(12)
    whole = [msgspec.json.encode(good(chance, "o1", NOW_MS)) for _ in range(6)]
    hurt = [body for body, encoding in (broken(chance, "o1", NOW_MS) for _ in range(60)) if not encoding]
    return tuple(body for body in (*whole, *hurt) if len(body) < 4_000)


BUNDLES: Final = _bundles()
SEEDS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "decoding": BUNDLES,
    "inflating": tuple(b"\1" + gzip.compress(body, 1) for body in BUNDLES[:12]),
    "requests": (
        b'{"uid":"a","display_name":"A","email":"a@b.io","properties":{"a":1},"schema":{"a":"int"}}',
        b'{"name":"e","timestamp":"2025-06-15T15:00:00Z","user":{"uid":"a"},"session":{"use_most_recent":true}}',
        b'{"name":"e","properties":{"a":[1,2],"b":{"c":"d"}},"schema":{"properties":{"a":"ints","b.c":"str"}}}',
        b'{"name":"e","properties":{"a":1,"a.b":2,"products":[{"n":1},{"s":{"w":2}},{"n":3}],"products.n":[4]}}',
        b'{"name":"e","context":{"browser":{"url":"https://x/"},"location":{"latitude":1.5}}}',
    ),
    "cursors": (cursor.written(NOW_MS, _DEVICE).encode(), b"W10", b"WzEsIngiXQ", b""),
    "cookies": (
        f"#o1#{_DEVICE}:{_SESSION}:{NOW_MS}:{_KEY}:3#0123456789abcdef#/1781536000".encode(),
        f"#o1#{_DEVICE}:{_SESSION}:{NOW_MS}::3#01234567#/1781536000".encode(),
        f"#o1#{_DEVICE}:{_SESSION}:{NOW_MS}:x:0#/0".encode(),
    ),
    "remains": (msgspec.json.encode(_OUTBOX), msgspec.json.encode(_OUTBOX * 3), b"[]", b"{}"),
    "instants": (
        b"2025-06-15T15:00:00Z",
        b"2025-06-15",
        b"9999-12-31T23:59:59+14:00",
        b"2025-W24-7",
        b"20250615T150000",
        b"71111111111111111111",
    ),
}
