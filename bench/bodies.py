"""What bodies of each kind cost to decode, as a ratio to a plain one of the same size: sent plain, and inflated.

    .venv/bin/python bench/bodies.py

The promise is 3 at most, for what the limits of WI-1 let in. Bodies are made as large as these let them be.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from typing import Final

from passerby.base.errors import Refusal
from passerby.wire.decode import decode
from passerby.wire.limits import BODY_BYTES_MAX, OPERATIONS_MAX

NOW_MS: Final = 1_750_000_000_000
RUNS: Final = 5
HALF: Final = "\\ud800"
ESCAPED: Final = "\\u0041"


def body_of(operations: str) -> bytes:
    """A bundle with these operations."""
    ids = {
        name: f"{place}0000000-0000-4000-8000-000000000000" for place, name in enumerate(("device", "session", "page"))
    }
    envelope = json.dumps({"v": 1, "org": "o", **ids, "started": NOW_MS, "sent": NOW_MS, "ops": 0})
    return envelope.replace('"ops": 0', f'"ops": [{operations}]').encode()


def event(n: int, members: str) -> str:
    """An event with these further members."""
    return f'{{"op":"event","n":{n},"t":{NOW_MS},"name":"x",{members}}}'


def plain(count: int) -> str:
    """Events as a shop sends them."""
    return ",".join(
        event(
            n,
            f'"properties":{{"sku":"sku-{n * 7919 % 1000}","price":{n * 1.37:.2f},"category":"garden",'
            f'"list":"spring sale","position":{n}}}',
        )
        for n in range(1, count + 1)
    )


def kinds(size: int) -> Iterator[tuple[str, bytes]]:
    """Bodies of about `size` bytes, of each kind that was ever slow."""
    yield "many operations", body_of(",".join(['{"x":1}'] * (size // 8)))
    yield "operations that are none", body_of(",".join([f'{{"x":"{"[]" * (size // 1100)}"}}'] * 499))
    yield "empty arrays", body_of(",".join(["[]"] * (size // 3)))
    yield "half characters", body_of(event(1, f'"properties":{{"a":"{HALF * (size // 6)}"}}'))
    names = ",".join(f'"{k}!":1' for k in range(max(1, size // OPERATIONS_MAX // 9)))
    yield (
        "names that are none",
        body_of(",".join(event(n, f'"properties":{{{names}}}') for n in range(1, OPERATIONS_MAX))),
    )
    yield (
        "numbers beyond all",
        body_of(",".join(event(n, '"properties":{"a":1e400}') for n in range(1, OPERATIONS_MAX))),
    )
    yield "digits", body_of(event(1, f'"properties":{{"a":{"9" * (size - 300)}}}'))
    yield "brackets in texts", body_of(event(1, f'"properties":{{"a":"{"[{" * (size // 2)}"}}'))
    yield "escapes", body_of(event(1, f'"properties":{{"a":"{ESCAPED * (size // 6)}"}}'))
    yield "spaces", body_of(" " * size + plain(1))
    each = size * 9 // 10 // OPERATIONS_MAX
    deep, many = "[" * 27 + "]" * 27, ",".join(["[]"] * (each // 3))
    for name, value in (("deep", ",".join([deep] * (each // 55))), ("brackets", many)):
        yield name, body_of(",".join(event(n, f'"properties":{{"a":[{value}]}}') for n in range(1, OPERATIONS_MAX)))
    products = ",".join(['{"a":1}'] * 250)
    ordered = event(1, f'"properties":{{"products":[{products}]}}').replace('"x"', '"Order Completed"')
    yield "products", body_of(",".join(ordered.replace('"n":1,', f'"n":{n},') for n in range(1, size // len(ordered))))
    yield "a wide envelope", body_of(plain(1)).replace(b'{"v"', b'{"x":[' + b"1," * (size // 2) + b'1],"v"')
    yield "a name given again and again", body_of("{" + '"n":1,' * (size // 6) + '"op":"page"}')


def cost_ms(body: bytes, encoding: str = "") -> tuple[float, str]:
    """The best of some runs, and what became of it."""
    best, told = float("inf"), ""
    for _ in range(RUNS):
        began = time.perf_counter()
        try:
            told = f"{len(decode(body, encoding, NOW_MS).operations)} operations"
        except Refusal as refused:
            told = refused.code
        best = min(best, (time.perf_counter() - began) * 1000)
    return best, told


def main() -> None:
    """Print the table."""
    usual = body_of(plain(OPERATIONS_MAX))
    usual_ms, _ = cost_ms(usual)
    compressed = gzip.compress(usual)
    squeezed_ms = cost_ms(compressed, "gzip")[0]
    print(f"plain: {len(usual)} bytes, {usual_ms:.1f} ms; {len(compressed)} compressed, {squeezed_ms:.1f} ms")
    print(f"{'kind':40} {'bytes':>8} {'ms':>7} {'x plain':>8}  compressed {'ms':>7} {'x plain':>8}")
    size = BODY_BYTES_MAX - 1000
    for name, body in kinds(size):
        ms, told = cost_ms(body)
        squeezed = gzip.compress(body)
        squeezed_ms, told_then = cost_ms(squeezed, "gzip")
        same = usual_ms * len(body) / len(usual)
        then = usual_ms * max(len(body), len(usual)) / len(usual)
        print(
            f"{name:40} {len(body):8} {ms:7.1f} {ms / same:8.2f}  "
            f"{len(squeezed):10} {squeezed_ms:7.1f} {squeezed_ms / then:8.2f}  {told}; {told_then}"
        )


if __name__ == "__main__":
    main()
