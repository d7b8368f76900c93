"""Large bodies that are held open before their last byte: memory without a key, and with one (WI-1, AP-1)."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

from tests.attacks.outside import KEY, Bystanders, Figure, Victim, attacked

_SOCKETS = 12
_DECLARED = 63 << 20
_SENT = 60 << 20
_CHUNK = b"x" * (1 << 18)
_HOLDS_S = 4.0
_SENDS_S = 2.0


def attack() -> Iterator[Figure]:
    """Strangers first, then somebody whose key is good for it, then strangers at the collector's door."""
    for who, path, key in (
        ("without a key", "/v2/users/batch", ""),
        ("with a key", "/v2/users/batch", f"Authorization: Basic {KEY}\r\n"),
        ("at the collector", "/rec/bundle", ""),
    ):
        with attacked() as victim:
            before_mb = victim.memory_mb()
            with Bystanders(victim) as others:
                taken = _held(victim, path, key)
                held_mb = victim.memory_mb()
            yield Figure(f"memory while {_SOCKETS} bodies of 60 MB are held {who}", held_mb, 400, "MB")
            if "without" in who:
                yield Figure(f"bytes of bodies kept {who}", held_mb - before_mb, 20, "MB")
            print(f"    {taken / (1 << 20):.0f} MB went out, peak {victim.peak_mb():.0f} MB")
            yield from others.figures()


def _held(victim: Victim, path: str, key: str) -> int:
    """Send what it takes on all connections at once, then hold them; how many bytes went out."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\n{key}Content-Type: application/json\r\nContent-Length: {_DECLARED}\r\n\r\n"
    )
    sent, held = 0, []
    for _ in range(_SOCKETS):
        with contextlib.suppress(OSError):
            one = victim.connect(timeout_s=_SENDS_S)
            held.append(one)
            one.sendall(head.encode())
            sent += _poured(one)
    time.sleep(_HOLDS_S)
    for one in held:
        one.close()
    return sent


def _poured(one: socket.socket) -> int:
    sent = 0
    until = time.monotonic() + _SENDS_S
    with contextlib.suppress(OSError):
        while sent < _SENT and time.monotonic() < until:
            one.sendall(_CHUNK)
            sent += len(_CHUNK)
    return sent
