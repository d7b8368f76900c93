"""Webhooks to where none may go, and to receivers that hang, drip, flood, lie or cannot be reached (AP-11, AP-12)."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any, Final

from tests.attacks.outside import KEY, Client, Figure, Victim, attacked, bundle
from tests.jobs.receivers import BAD, OK, Receiver, answering, receiving, unreachable

_WAITS_S: Final = 12.0
_EVENT: Final = [{"eventName": "recording.event.custom"}]
_PRIVATE: Final = (
    "127.0.0.1:9", "localhost:9", "169.254.169.254/latest/meta-data", "[::1]:9", "[::ffff:127.0.0.1]:9", "0.0.0.0:9",
    "2130706433:9", "0x7f.1:9", "127.1:9", "0177.0.0.1:9", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fec0::1]", "[::7f00:1]:9",
    "[::127.0.0.1]:9", "localhost.:9", "user:pw@127.0.0.1:9", "224.0.0.1", "[ff02::1]", "255.255.255.255", "240.0.0.1",
    "[fd00::1]", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "[2001:db8::1]", "[2001::1]",
    "192.88.99.1", "[::]:9",
)  # fmt: skip
_NO_HOOK: Final = (
    "ftp://a/", "file:///etc/passwd", "gopher://x",
    "http:///x", "http://a b/", "http://a/\r\nX: y", "javascript:alert(1)",
    "http://" + "a" * 3_000, "//a/", "",
)  # fmt: skip
_REFUSED: Final = frozenset({"private_address", "unknown_host"})
"""Errors of a delivery for which nothing was connected to."""
_TOLD: Final = 30
_PAUSE_S: Final = 0.4
"""Together longer than a delivery may take: first all are under way, then those that failed are left alone."""


def attack() -> Iterator[Figure]:
    """Addresses first, then bad receivers beside a good one."""
    with attacked() as victim:
        yield from _addresses(victim)
    with attacked("--webhook-private-hosts") as victim:
        yield from _receivers(victim)


def _created(api: Client, url: str) -> str | None:
    """The id of a webhook to there; None if it was refused."""
    status, body = api("POST", "/webhooks/v1/endpoints", {"url": url, "eventTypes": _EVENT})
    assert status in (200, 400), (status, body)
    return str(json.loads(body)["id"]) if status == 200 else None


def _attempts(api: Client, hook: str) -> list[dict[str, Any]]:
    _, body = api("GET", f"/webhooks/v1/endpoints/{hook}/deliveries")
    return [attempt for found in json.loads(body)["results"] for attempt in found["attempts"]]


def _addresses(victim: Victim) -> Iterator[Figure]:
    api = Client(victim, "127.0.0.1", key=KEY)
    yield Figure(
        "addresses that are no webhook's and were taken", sum(_created(api, url) is not None for url in _NO_HOOK), 0
    )
    made: dict[str, str] = {}
    for start in range(0, len(_PRIVATE), 10):
        for hook in made.values():
            api("DELETE", f"/webhooks/v1/endpoints/{hook}")
        made = {at: hook for at in _PRIVATE[start : start + 10] if (hook := _created(api, f"http://{at}/"))}
        api("POST", "/rec/bundle", bundle([{"op": "event", "name": f"told {start}"}]))
        until = time.monotonic() + _WAITS_S
        left = dict(made)
        while left and time.monotonic() < until:
            time.sleep(0.2)
            left = {at: hook for at, hook in made.items() if not _attempts(api, hook)}
        told = {at: _attempts(api, hook) for at, hook in made.items()}
        tried = [at for at, attempts in told.items() if any(one.get("error") not in _REFUSED for one in attempts)]
        if tried or left:
            print(f"    tried: {[(at, told[at][0]) for at in tried]}; not judged in time: {sorted(left)}")
        yield Figure(f"addresses that are not public and were tried, of {len(made)} not refused at once", len(tried), 0)


def _receivers(victim: Victim) -> Iterator[Figure]:
    api, app = Client(victim, "127.0.0.1", key=KEY), Client(victim, "127.0.0.1")
    with contextlib.ExitStack() as stack:
        good = stack.enter_context(receiving(answering(OK)))
        bad = {name: stack.enter_context(receiving(act)) for name, act in BAD.items()}
        urls = [*(receiver.url for receiver in bad.values()), *stack.enter_context(unreachable()).values()]
        assert _created(api, good.url)
        made = [hook for url in urls if (hook := _created(api, url))]
        assert len(made) == len(urls)
        waits = []
        for n in range(_TOLD):
            waits.append(_told(app, good, f"beside {n}"))
            time.sleep(_PAUSE_S)
        yield Figure(f"the good receiver's longest wait beside {len(made)} bad ones", max(waits), 1, "s")
        yield Figure("bad receivers that were told nothing", sum(not one.heard for one in bad.values()), 0)
        for hook in made:
            api("DELETE", f"/webhooks/v1/endpoints/{hook}")
        yield Figure("its wait once they are gone", _told(app, good, "after"), 1, "s")
        time.sleep(_WAITS_S)
        lasted = max(max(receiver.kept_s, default=0.0) for receiver in bad.values())
        held = sum(len(receiver.heard) - len(receiver.kept_s) for receiver in bad.values())
        yield Figure("the longest that a bad receiver kept a connection", lasted, 12, "s")
        yield Figure(f"connections to bad receivers still open {_WAITS_S:g} s later", held, 0)
        yield Figure("memory at most", victim.peak_mb(), 400, "MB")


def _told(app: Client, good: Receiver, name: str) -> float:
    """How long it takes until the good receiver is told of an event; 15 s if it is not by then."""
    before, began = len(good.heard), time.monotonic()
    assert app("POST", "/rec/bundle", bundle([{"op": "event", "name": name}]))[0] == 200
    while len(good.heard) == before and time.monotonic() - began < 15:
        time.sleep(0.005)
    return time.monotonic() - began
