"""Heads without end: one header's value, ever more headers, the address, the extension of a chunk, trailers (WI-1)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping

from tests.attacks.outside import Bystanders, Figure, Victim, attacked, is_over

_CHUNKED = b"POST /rec/bundle HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
_ENDLESS: Mapping[str, tuple[bytes, bytes]] = {
    "value": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ", b"a" * 65_536),
    "headers": (
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
        b"".join(b"X-%d: aaaaaaaaaaaaaaaa\r\n" % n for n in range(2_000)),
    ),
    "address": (b"GET /", b"a" * 65_536),
    "extension": (_CHUNKED + b"5;", b"a" * 65_536),
    "trailers": (_CHUNKED + b"0\r\n", b"".join(b"X-%d: aaaaaaaaaaaaaaaa\r\n" % n for n in range(2_000))),
}
_SENT = 24 << 20
_SENDS_S = 10.0


def attack() -> Iterator[Figure]:
    """Each in turn, at the same service."""
    with attacked() as victim, Bystanders(victim) as others:
        for name, (begun, more) in _ENDLESS.items():
            before_mb = victim.memory_mb()
            sent, over = _poured(victim, begun, more)
            yield Figure(f"an endless {name}: connections still open", 0 if over else 1, 0)
            yield Figure(f"an endless {name}: taken before that", sent / (1 << 20), 8, "MB")
            yield Figure(f"an endless {name}: memory that it took", victim.memory_mb() - before_mb, 20, "MB")
    yield from others.figures()


def _poured(victim: Victim, begun: bytes, more: bytes) -> tuple[int, bool]:
    """How much went out (the machine's own buffers take some MB), and whether the service hung up."""
    sent = 0
    one = victim.connect(timeout_s=_SENDS_S)
    until = time.monotonic() + _SENDS_S
    with one, contextlib.suppress(OSError):
        one.sendall(begun)
        while sent < _SENT and time.monotonic() < until:
            one.sendall(more)
            sent += len(more)
        return sent, is_over(one, 1)
    return sent, True
