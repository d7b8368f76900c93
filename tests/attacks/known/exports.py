"""A person of very much whose document many ask for and read by the drop, and who is erased meanwhile (PV-2.3)."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator

from tests.attacks.outside import KEY, Bystanders, Client, Figure, Victim, attacked, bundle

_EVENTS = 60_000
_A_BUNDLE = 500
_READERS = 20
_DROP = 16_384
_EVERY_S = 0.2
_DRIPPED_S = 8.0
_ERASED_S = 20.0


def attack() -> Iterator[Figure]:
    """Readers by the drop, then the erasure, then whatever is left for them."""
    with attacked(scrub_delay_s="0") as victim:
        client = Client(victim, "127.0.0.1", timeout_s=300, key=KEY)
        user = _filled(client)
        before_mb = victim.memory_mb()
        readers = [_Reader(victim, user) for _ in range(_READERS)]
        with Bystanders(victim) as others:
            threads = [threading.Thread(target=reader.drip) for reader in readers]
            for thread in threads:
                thread.start()
            time.sleep(_DRIPPED_S)
            erased_s = _erased(client, user)
            for reader in readers:
                reader.is_quick.set()
            for thread in threads:
                thread.join(60)
        yield Figure("the longest until a document begins", max(reader.began_s for reader in readers), 2, "s")
        yield Figure("memory on top of what it was", victim.peak_mb() - before_mb, 150, "MB")
        yield Figure("until no byte of the user was left", erased_s, _ERASED_S, "s")
        yield Figure(f"of {_READERS} documents whole although it began before", sum(map(_is_whole, readers)), 0)
        yield from others.figures()


class _Reader:
    """Somebody who asks for the document and reads slowly until told to hurry."""

    def __init__(self, victim: Victim, user: str) -> None:
        self._victim, self._user = victim, user
        self.is_quick = threading.Event()
        self.began_s = 60.0
        self.end = b""

    def drip(self) -> None:
        """Read to the end, which `end` keeps."""
        began = time.monotonic()
        asked = f"GET /v2/users/{self._user}/export HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {KEY}\r\n\r\n"
        with contextlib.suppress(OSError), self._victim.connect("127.0.0.1") as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * _DROP)
            one.sendall(asked.encode())
            while part := one.recv(_DROP):
                if not self.end:
                    self.began_s = time.monotonic() - began
                self.end = (self.end + part)[-100:]
                self.is_quick.wait(_EVERY_S)


def _is_whole(reader: _Reader) -> bool:
    return reader.end.endswith(b"0\r\n\r\n")


def _filled(client: Client) -> str:
    """The id of a user who has done very much on one device."""
    ids = {"device": str(uuid.uuid4()), "session": str(uuid.uuid4())}
    properties = {"product": "p" * 40, "price": 12.5}
    for number in range(_EVENTS // _A_BUNDLE):
        viewed = [{"op": "event", "name": "Viewed", "properties": properties} for _ in range(_A_BUNDLE - 1)]
        ops = [{"op": "identify", "uid": "much"}, *viewed] if not number else viewed
        while (status := client("POST", "/rec/bundle", bundle(ops, **ids))[0]) in (429, 503):
            time.sleep(0.1)
        assert status == 200, status
    (found,) = json.loads(client("GET", "/v2/users?uid=much")[1])["results"]
    return str(found["id"])


def _erased(client: Client, user: str) -> float:
    """How long it takes from the wish until the receipt says that no byte is left."""
    began = time.monotonic()
    assert client("DELETE", f"/v2/users/{user}")[0] == 200
    while time.monotonic() - began < 2 * _ERASED_S:
        (receipt,) = json.loads(client("GET", "/v2/erasures")[1])["results"]
        if "erased" in receipt:
            break
        time.sleep(0.1)
    return time.monotonic() - began
