"""Malformed bundles, by the million: good ones that were broken in one of the ways in which things break.

    script/soak malformed [COUNT [SEED]]

They go to a service of their own. It must answer each with a code of the contract, stay alive, and not grow.
"""

from __future__ import annotations

import copy
import gzip
import json
import random
import uuid
import zlib
from collections.abc import Callable
from typing import Any, Final

Bundle = dict[str, Any]

STRANGE: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, 2**53, 2**64, -(2**80), 1e308, "", " ", "\0", "\ud800", "\U0010ffff", "null", "NaN",
    "undefined", "[object Object]", "{{ user.id }}", "x" * 9000, "é" * 300, "../../etc/passwd",
    "'; DROP TABLE people; --",
    "<script>", "%00", [], [[]], {}, {"": {}}, [None], {"a": [None, {}]}, {"__proto__": {"a": 1}}, ["a", 1, None],
    "9999-12-31T23:59:59+14:00", "00000000-0000-0000-0000-000000000000", 10**30,
)  # fmt: skip
"""Values that nobody expects."""
_RAW: Final = (
    b"1e400", b"-1e400", b"1" * 5000, b"-0", b"0.1e-999999", b"NaN", b"Infinity", b"01", b"\xff\xfe", b'"\\ud800"',
    b'"\\u00', b'"\\x"', b"'a'", b"[" * 40, b"{" * 40, b"]", b"}", b",", b"\0", b"\xed\xa0\x80", b"/**/", b"tru",
    b'"' + b"a" * 70_000 + b'"',
)  # fmt: skip
"""Bytes that are no JSON, or hardly."""
_NAMES: Final = ("", " ", "a b", "1a", "é", "x" * 600, "a" * 512, "__proto__", "device", "uid", "a_str", "a_strs", "\0")


def good(chance: random.Random, org: str, now_ms: int) -> Bundle:
    """A bundle with something of every kind of operation."""
    ids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(3)]
    ops: list[Bundle] = [
        {"op": "page", "url": "https://shop.example/", "title": "Shop", "referrer": ""},
        {"op": "event", "name": "Bought", "properties": {"price": 9.5, "tags": ["a"]}, "schema": {"price": "real"}},
        {"op": "identify", "uid": f"u{chance.randrange(50)}", "properties": {"displayName": "A", "email": "a@b.io"}},
        {"op": "properties", "type": "user", "properties": {"plan": "plus", "seats": 3}},
        {"op": "consent", "granted": True},
        {"op": "log", "level": "warn", "message": "something"},
        {"op": "end", "why": "anonymize"},
    ]  # fmt: skip
    chosen = [op for op in ops if chance.random() < 0.6] or ops[:1]
    stamped = [{"n": n, "t": now_ms + n, **op} for n, op in enumerate(chosen, 1)]
    bundle = {"v": 1, "org": org, "device": ids[0], "session": ids[1], "page": ids[2]}
    return {**bundle, "started": now_ms, "sent": now_ms + 100, "sdk": "browser/1", "ops": stamped}


def places(bundle: Bundle) -> list[tuple[Any, Any]]:
    """Every member of `bundle` at any depth, as its container and its key."""
    found: list[tuple[Any, Any]] = []
    waiting: list[Any] = [bundle]
    while waiting:
        value = waiting.pop()
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, member in members:
            found.append((value, key))
            waiting.append(member)
    return found or [({"": None}, "")]


def _strange(chance: random.Random) -> Any:
    return copy.deepcopy(chance.choice(STRANGE))


def broken(chance: random.Random, org: str, now_ms: int) -> tuple[bytes, str]:
    """A body and its `Content-Encoding`: a good bundle broken a few times, as a value, as text or as a stream."""
    bundle = good(chance, org, now_ms)
    for _ in range(chance.choice((0, 1, 1, 2))):
        chance.choice(_VALUES)(chance, bundle)
    raw = json.dumps(bundle).encode()
    for _ in range(chance.choice((0, 0, 1, 2))):
        raw = chance.choice(_TEXTS)(chance, raw)
    if chance.random() < 0.25:
        return _compressed(chance, raw)
    return raw, chance.choice(
        ("", "", "", "identity", "br", "gzip", "\x00", "gzip, gzip")
    ) if chance.random() < 0.1 else ""


# In a value


def _replaced(chance: random.Random, bundle: Bundle) -> None:
    container, key = chance.choice(places(bundle))
    container[key] = _strange(chance)


def _removed(chance: random.Random, bundle: Bundle) -> None:
    container, key = chance.choice(places(bundle))
    del container[key]


def _renamed(chance: random.Random, bundle: Bundle) -> None:
    container, key = chance.choice(places(bundle))
    if isinstance(container, dict):
        container[chance.choice(_NAMES)] = container.pop(key)


def _added(chance: random.Random, bundle: Bundle) -> None:
    container, _ = chance.choice(places(bundle))
    if isinstance(container, dict):
        container[chance.choice(_NAMES)] = _strange(chance)


def _repeated(chance: random.Random, bundle: Bundle) -> None:
    ops = bundle.get("ops")
    if isinstance(ops, list) and ops:
        bundle["ops"] = ops * chance.choice((2, 3, 40, 200))


def _renumbered(chance: random.Random, bundle: Bundle) -> None:
    ops = bundle.get("ops")
    for op in ops if isinstance(ops, list) else []:
        if isinstance(op, dict):
            op["n"] = chance.choice((0, 1, 2, 2**31 - 1, 2**31, -5, "1", 1.0, None))


def _misnamed(chance: random.Random, bundle: Bundle) -> None:
    ops = bundle.get("ops")
    if isinstance(ops, list):
        properties = {f"{n} {chance.choice(_NAMES)}": _strange(chance) for n in range(chance.randrange(60))}
        ops.append({"op": "event", "n": 99, "t": 0, "name": "Odd", "properties": properties})


def _deep(chance: random.Random, bundle: Bundle) -> None:
    value: Any = 1
    for _ in range(chance.choice((10, 30, 33, 300, 600))):
        value = [value] if chance.random() < 0.5 else {"a": value}
    bundle[chance.choice(("ops", "sdk", "extra"))] = value


# In its text


def _cut(chance: random.Random, raw: bytes) -> bytes:
    return raw[: chance.randrange(len(raw) + 1)]


def _flipped(chance: random.Random, raw: bytes) -> bytes:
    found = bytearray(raw)
    for _ in range(chance.randint(1, 8)):
        if found:
            found[chance.randrange(len(found))] = chance.randrange(256)
    return bytes(found)


def _inserted(chance: random.Random, raw: bytes) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return raw[:at] + chance.choice(_RAW) + raw[at:]


def _exchanged(chance: random.Random, raw: bytes) -> bytes:
    return raw.replace(chance.choice((b"1", b"true", b'"a"', b"9.5", b"{}", b"[")), chance.choice(_RAW), 1)


def _doubled(chance: random.Random, raw: bytes) -> bytes:
    key = chance.choice((b'"device"', b'"ops"', b'"v"', b'"org"', b'"\\u0064evice"'))
    return b"{" + key + b":" + chance.choice((b'"x"', b"1", b"[]", b"null")) + b"," + raw[1:]


def _otherwise(chance: random.Random, raw: bytes) -> bytes:
    return chance.choice(
        (b"", b" ", b"null", b"[]", b"0", b'""', b"\xef\xbb\xbf" + raw, raw + raw, raw + b" ", raw * 2)
    )


def _utf16(_chance: random.Random, raw: bytes) -> bytes:
    return raw.decode("utf-8", "replace").encode("utf-16")


_VALUES: Final[tuple[Callable[[random.Random, Bundle], None], ...]] = (
    _replaced, _replaced, _removed, _renamed, _added, _repeated, _renumbered, _misnamed, _deep,
)  # fmt: skip
_TEXTS: Final[tuple[Callable[[random.Random, bytes], bytes], ...]] = (
    _cut, _flipped, _inserted, _exchanged, _doubled, _otherwise, _utf16,
)  # fmt: skip


def _compressed(chance: random.Random, raw: bytes) -> tuple[bytes, str]:
    packed = gzip.compress(raw, 1)
    match chance.randrange(7):
        case 0:
            packed = packed[: chance.randrange(len(packed))]
        case 1:
            packed = _flipped(chance, packed)
        case 2:
            packed += chance.choice((b"\0", packed, b"tail"))
        case 3:
            packed = zlib.compress(raw)
        case 4:
            packed = gzip.compress(raw + b" " * chance.choice((1 << 10, 1 << 17)), 1)
        case _:
            pass
    return packed, chance.choice(("gzip", "gzip", "GZIP", "x-gzip", " gzip "))
