"""Connections that say little: heads and bodies by the drop, keep-alives by the hundred, more than anybody needs."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

from tests.attacks.outside import Bystanders, Figure, Victim, attacked, is_over

_DRIPS_EVERY_S = 1.0
_HEAD_S = 15.0
_BODY_S = 30.0
_IDLE_S = 20.0
_DRIPPING = 40
_CONNECTIONS = 1_200
_KEPT_OF_ONE = 130
_KEPT_OF_ALL = 1_050


def attack() -> Iterator[Figure]:
    """Slow ones of each kind together, then many idle ones from one address and from many."""
    with attacked() as victim, Bystanders(victim) as others:
        lasted = _dripped(victim)
        for kind, most_s in (("head", _HEAD_S), ("body", _BODY_S), ("idle", _IDLE_S)):
            yield Figure(f"the longest that a slow {kind} kept a connection", max(lasted[kind]), most_s, "s")
    yield from others.figures()
    with attacked() as victim:
        for name, kept_max, sources in (
            ("one address", _KEPT_OF_ONE, ["127.0.0.66"]),
            ("many addresses", _KEPT_OF_ALL, [f"127.0.{n}.66" for n in range(1, 61)]),
        ):
            with Bystanders(victim) as others:
                yield Figure(f"of {_CONNECTIONS} idle connections from {name}: kept", _crowd(victim, sources), kept_max)
            yield from others.figures() if name == "one address" else ()
            time.sleep(1)


def _dripped(victim: Victim) -> dict[str, list[float]]:
    """How long each kind lasted; as long as was waited, if it was not hung up on."""
    body = b"POST /rec/bundle HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"
    kinds = {
        "head": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ", b"a", _HEAD_S + 5),
        "body": (body, b"a", _BODY_S + 5),
        "idle": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"", _IDLE_S + 5),
    }
    lasted: dict[str, list[float]] = {kind: [] for kind in kinds}

    def drip(kind: str) -> None:
        begun, drop, within_s = kinds[kind]
        began = time.monotonic()
        with contextlib.suppress(OSError), victim.connect() as one:
            one.sendall(begun)
            while time.monotonic() - began < within_s and not is_over(one, _DRIPS_EVERY_S):
                one.sendall(drop)
        lasted[kind].append(time.monotonic() - began)

    threads = [threading.Thread(target=drip, args=(kind,)) for kind in kinds for _ in range(_DRIPPING // 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return lasted


def _crowd(victim: Victim, sources: list[str]) -> int:
    """How many of many connections are still open after a while; each has asked once."""
    held: list[socket.socket] = []
    for n in range(_CONNECTIONS):
        with contextlib.suppress(OSError):
            one = victim.connect(sources[n % len(sources)], timeout_s=2)
            held.append(one)
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(1)
    kept = 0
    for one in held:
        one.setblocking(False)
        kept += _is_open(one)
        one.close()
    return kept


def _is_open(one: socket.socket) -> bool:
    try:
        while one.recv(65_536):
            pass
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
