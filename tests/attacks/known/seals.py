"""One device with very many events, whose ends then arrive dated ever earlier: how long others wait (AT-2, AT-3)."""

from __future__ import annotations

import http.client
import time
import uuid
from collections.abc import Iterator

from tests.attacks.outside import KEY, Bystanders, Client, Figure, Victim, attacked, bundle

_EVENTS = 100_000
_A_BUNDLE = 500
_EVERY_MS = 10
_SEALS = 5
_PLAIN_EVENTS = 500


def attack() -> Iterator[Figure]:
    """Store them, seal five times, and read the user meanwhile and afterwards."""
    with attacked() as victim:
        ids = {"device": str(uuid.uuid4()), "session": str(uuid.uuid4())}
        since_ms = time.time_ns() // 1_000_000 - 3_600_000
        client = Client(victim, timeout_s=300)
        took_s = _stored(client, ids, since_ms, _EVENTS)
        print(f"    {_EVENTS:,} events were stored in {took_s:.0f} s")
        plain = {"device": str(uuid.uuid4()), "session": str(uuid.uuid4())}
        _stored(client, plain, since_ms, _PLAIN_EVENTS)
        yield Figure("the session's first events against a plain one's", _against(victim, ids, plain), 3, "times")
        with Bystanders(victim) as others:
            for n in range(_SEALS):
                at_ms = since_ms + _EVENTS * _EVERY_MS * (_SEALS - n) // (_SEALS + 1)
                ended = {**bundle([{"op": "end", "why": "anonymize", "t": at_ms}], at_ms=at_ms, **ids)}
                began = time.monotonic()
                try:
                    status: object = client("POST", "/rec/bundle", {**ended, "sent": since_ms + _EVENTS * _EVERY_MS})[0]
                except (OSError, http.client.HTTPException) as error:
                    status = type(error).__name__
                print(f"    end {n + 1} of {_SEALS}: {status} after {time.monotonic() - began:.1f} s", flush=True)
            time.sleep(2)
        yield from others.figures()
        yield Figure("memory at most", victim.peak_mb(), 400, "MB")


def _stored(client: Client, ids: dict[str, str], since_ms: int, count: int) -> float:
    began = time.monotonic()
    for first in range(0, count, _A_BUNDLE):
        at_ms = since_ms + first * _EVERY_MS
        ops = [{"op": "event", "name": "e", "t": at_ms + n * _EVERY_MS} for n in range(_A_BUNDLE - 1)]
        sent = {**bundle(ops, at_ms=at_ms, **ids), "started": since_ms, "sent": at_ms + _A_BUNDLE * _EVERY_MS}
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
