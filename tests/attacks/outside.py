"""What an attacker has: sockets, addresses of this machine's own, and a look at how the service is doing meanwhile."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from tests.running import clean_environment, running_service

ORG: Final = "o-attacked"
KEY: Final = "key-of-the-attacked-org-0123456789"
PASSWORD: Final = "staple horse battery 4711"
ATTACKER: Final = "127.0.0.66"
"""Attacks come from here, and other people from 127.0.0.1: all of 127.0.0.0/8 is this machine on Linux."""


class Figure(msgspec.Struct, frozen=True):
    """A measurement and what it may be at most. It holds unless it is over that."""

    name: str
    value: float
    most: float
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is within its limit."""
        return self.value <= self.most

    def __str__(self) -> str:
        mark = "ok    " if self.holds else "BROKEN"
        return f"  {mark} {self.name:<66} {self.value:>10.2f} of {self.most:g} {self.unit}"


class Victim(msgspec.Struct, frozen=True):
    """The service that is attacked."""

    host: str
    port: int
    pid: int

    def memory_mb(self) -> float:
        """Resident memory now, of the process and of those it started."""
        return sum(_status(pid, "VmRSS") for pid in [self.pid, *_children(self.pid)])

    def peak_mb(self) -> float:
        """The most resident memory that the process has had."""
        return _status(self.pid, "VmHWM")

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return Path(f"/proc/{self.pid}").exists() and _state(self.pid) != "Z"

    def connect(self, source: str = ATTACKER, timeout_s: float = 30) -> socket.socket:
        """A connection from that address. OSError if it is refused."""
        return socket.create_connection((self.host, self.port), timeout_s, (source, 0))


def _status(pid: int, field: str) -> float:
    with contextlib.suppress(OSError):
        found = re.search(rf"{field}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def _state(pid: int) -> str:
    found = re.search(r"State:\s+(\w)", Path(f"/proc/{pid}/status").read_text())
    return found[1] if found else "Z"


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


@contextmanager
def attacked(*flags: str, **settings: str) -> Iterator[Victim]:
    """A service of its own with an org, a key and a password, and an empty database on disk."""
    with (
        tempfile.TemporaryDirectory(prefix="passerby-attacked-") as data,
        running_service(data, "--log", "off", *flags, org=ORG, api_key=KEY, password=PASSWORD, **settings) as running,
    ):
        port = urlsplit(running.base).port
        assert port is not None
        yield Victim("127.0.0.1", port, running.process.pid)


def understands(flag: str) -> bool:
    """Whether `passerby serve` has that flag."""
    line = [sys.executable, "-m", "passerby", "serve", "--help"]
    return flag in subprocess.run(line, capture_output=True, text=True, env=clean_environment(), check=True).stdout


class Client:
    """Asks over one connection, and over another when that was closed. Not for threads to share."""

    def __init__(self, victim: Victim, source: str = ATTACKER, timeout_s: float = 60, key: str = "") -> None:
        self._victim, self._source, self._timeout_s, self._key = victim, source, timeout_s, key
        self._open: http.client.HTTPConnection | None = None

    def __call__(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body. OSError or HTTPException if there is no answer the second time either."""
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        told = {**({"Authorization": f"Basic {self._key}"} if self._key else {}), **(headers or {})}
        for again in (False, True):
            try:
                return self._answer(method, path, sent, told)
            except (OSError, http.client.HTTPException):
                self.close()
                if again:
                    raise
        raise AssertionError

    def _answer(self, method: str, path: str, sent: bytes | None, told: Mapping[str, str]) -> tuple[int, bytes]:
        if self._open is None:
            at = (self._victim.host, self._victim.port)
            self._open = http.client.HTTPConnection(*at, timeout=self._timeout_s, source_address=(self._source, 0))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may answer before it has read all
            self._open.request(method, path, sent, told)
        answer = self._open.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open.close()
            self._open = None


def bundle(ops: Sequence[Mapping[str, Any]], org: str = ORG, at_ms: int = 0, **ids: str) -> dict[str, Any]:
    """A bundle; `n` and `t` of operations are filled in, fresh ids too."""
    now_ms = at_ms or time.time_ns() // 1_000_000
    names = {name: ids.get(name) or str(uuid.uuid4()) for name in ("device", "session", "page")}
    stamped = [{"n": n, "t": now_ms, **op} for n, op in enumerate(ops, 1)]
    return {"v": 1, "org": org, **names, "started": now_ms, "sent": now_ms, "ops": stamped}


class Bystanders:
    """Other people: an app that reports, whoever asks `/healthz`, and whoever asks the API; how long each waits.

    What is refused, or not answered at all, counts as having waited for as long as it took and at least `_REFUSED_S`.
    """

    _REFUSED_S: Final = 60.0

    def __init__(self, victim: Victim) -> None:
        self._victim = victim
        self._leaving = threading.Event()
        self.waits: dict[str, list[float]] = {"bundle": [], "healthz": [], "api": []}
        self._threads = [
            threading.Thread(target=self._watch, args=(name, ask), daemon=True)
            for name, ask in (("bundle", self._report), ("healthz", _health), ("api", _users))
        ]

    def __enter__(self) -> Bystanders:
        for thread in self._threads:
            thread.start()
        time.sleep(0.5)
        for waits in self.waits.values():
            waits.clear()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        for thread in self._threads:
            thread.join(90)

    def _report(self, client: Client) -> tuple[int, bytes]:
        return client("POST", "/rec/bundle", bundle([{"op": "event", "name": "Looked"}]))

    def _watch(self, name: str, ask: Callable[[Client], tuple[int, bytes]]) -> None:
        client = Client(self._victim, "127.0.0.1", key=KEY if name == "api" else "")
        while not self._leaving.is_set():
            began = time.monotonic()
            try:
                is_good = ask(client)[0] == 200
            except (OSError, http.client.HTTPException):
                is_good = False
            took = time.monotonic() - began
            self.waits[name].append(took if is_good else max(took, self._REFUSED_S))
            self._leaving.wait(0.05)
        client.close()

    def figures(self, most_s: float = 1.0) -> list[Figure]:
        """The longest that each of them waited."""
        return [
            Figure(f"the longest wait of {name}", max(waits or [self._REFUSED_S]), most_s, "s")
            for name, waits in self.waits.items()
        ]


def _health(client: Client) -> tuple[int, bytes]:
    return client("GET", "/healthz")


def _users(client: Client) -> tuple[int, bytes]:
    return client("GET", "/v2/users")


def is_over(connection: socket.socket, within_s: float) -> bool:
    """Whether the service ends a connection within that time, whatever it says before."""
    until = time.monotonic() + within_s
    try:
        while (left := until - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(65_536):
                return True
    except TimeoutError:
        return False
    except OSError:
        return True
    return False
