"""A stranger guesses passwords as fast as they can: whether the admin still gets in, and how long all wait (DA-2)."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlencode

from tests.attacks.outside import ORG, PASSWORD, Bystanders, Client, Figure, Victim, attacked

_CONNECTIONS = 32
_SECONDS = 8.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


def attack() -> Iterator[Figure]:
    """The admin signs in once before, then again and again during the guesses, as a known browser and as a new one."""
    with attacked() as victim:
        known = Client(victim, "127.0.0.1")
        cookies = _signed_in(victim)
        with Bystanders(victim) as others:
            told: Counter[int] = Counter()
            until = time.monotonic() + _SECONDS
            threads = [threading.Thread(target=_guess, args=(victim, n, until, told)) for n in range(_CONNECTIONS)]
            for thread in threads:
                thread.start()
            time.sleep(1)
            waits, refused = [], 0
            while time.monotonic() < until - 1:
                began = time.monotonic()
                status, _ = _try(known, PASSWORD, cookies)
                waits.append(time.monotonic() - began)
                refused += status != 303
                time.sleep(0.5)
            for thread in threads:
                thread.join()
        rate = sum(told.values()) / _SECONDS
        print(f"    {rate:.0f} guesses a second, answered {dict(told)}; {len(waits)} sign-ins of the admin")
        yield Figure("sign-ins of the admin's own browser that were refused", refused, 0)
        yield Figure("the longest that the admin's sign-in took", max(waits, default=60), 1, "s")
        yield Figure("guesses that got in", told[303], 0)
        yield Figure("memory at most", victim.peak_mb(), 400, "MB")
        yield from others.figures()


def _signed_in(victim: Victim) -> str:
    """The cookies of a browser that signed in before the attack."""
    asking = http.client.HTTPConnection(victim.host, victim.port, source_address=("127.0.0.1", 0))
    body = urlencode({"name": "admin", "password": PASSWORD})
    asking.request("POST", f"/ui/{ORG}/sign-in", body, _FORM)
    answer = asking.getresponse()
    answer.read()
    assert answer.status == 303, answer.status
    return "; ".join(value.split(";")[0] for value in answer.headers.get_all("set-cookie", []))


def _guess(victim: Victim, n: int, until: float, told: Counter[int]) -> None:
    client = Client(victim, f"127.0.2.{n + 1}")
    guesses = 0
    while time.monotonic() < until:
        guesses += 1
        try:
            told[_try(client, f"guess {n} {guesses}", "")[0]] += 1
        except (OSError, http.client.HTTPException):
            told[0] += 1
            time.sleep(0.05)
    client.close()


def _try(client: Client, password: str, cookies: str) -> tuple[int, bytes]:
    headers = {**_FORM, **({"Cookie": cookies} if cookies else {})}
    return client("POST", f"/ui/{ORG}/sign-in", urlencode({"name": "admin", "password": password}).encode(), headers)
