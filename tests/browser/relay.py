"""What stands between the browser and the service, hands everything on, and remembers it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import random
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from tests.browser.serving import Receive, Scope, Send, answer, make_certificate, read_body, serving

HOST: Final = "collect.shop.test"
_CORS: Final = (b"access-control-allow-origin", b"*")
_OF_THE_CONNECTION: Final = frozenset({b"connection", b"content-length", b"transfer-encoding", b"host"})


class Carried(msgspec.Struct, frozen=True):
    """A request that a browser made, with its body inflated, and the status it was answered with."""

    method: str
    target: str
    headers: dict[str, str]
    body: str
    status: int
    is_carried: bool
    """Whether the service had it; a stand-in answered it otherwise."""

    def bundle(self) -> dict[str, Any] | None:
        """The body as a bundle; None if the request carried none."""
        if self.method != "POST" or not self.target.startswith("/rec/bundle"):
            return None
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found


class Relay:
    """A recording proxy for one service. While `is_down`, it answers 502 and hands nothing on. `stand_ins` are answers
    of its own, `(status, type, body)` by the beginning of a path. It holds each bundle up for at most `jitter_ms`, at
    random, and its answer as well.
    """

    def __init__(self, upstream: str, trust: ssl.SSLContext, jitter_ms: int = 0) -> None:
        self._jitter_s = jitter_ms / 1000
        self._client = httpx.Client(base_url=upstream, verify=trust)
        self._carried: list[Carried] = []
        self._arrival = threading.Condition()
        self._gate = threading.Event()
        self._gate.set()
        self.is_down = False
        self.stand_ins: dict[str, tuple[int, str, str]] = {}
        self.port = 0

    @property
    def host(self) -> str:
        """Host and port, as a page names the relay."""
        return f"{HOST}:{self.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        body = await read_body(receive)
        headers = [(name, value) for name, value in scope["headers"] if name not in _OF_THE_CONNECTION]
        target = scope["raw_path"].decode() + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        if target.startswith("/rec/"):
            await asyncio.to_thread(self._gate.wait)
            await self._dawdle()
        stand_in = next((one for path, one in self.stand_ins.items() if target.startswith(path)), None)
        if self.is_down:
            status, replied, content = 502, [_CORS], b""
        elif stand_in is not None:
            status, content = stand_in[0], stand_in[2].encode()
            replied = [_CORS, (b"content-type", stand_in[1].encode())]
        else:
            reply = await asyncio.to_thread(
                self._client.request, scope["method"], target, headers=headers, content=body
            )
            dropped = _OF_THE_CONNECTION | {b"content-encoding"}
            replied = [(name.lower(), value) for name, value in reply.headers.raw if name.lower() not in dropped]
            status, content = reply.status_code, reply.content
        is_carried = stand_in is None and not self.is_down
        self._remember(scope["method"], target, headers, body, status, is_carried)
        if target.startswith("/rec/"):
            await self._dawdle()
        await answer(send, status, replied, content)

    async def _dawdle(self) -> None:
        if self._jitter_s:
            await asyncio.sleep(random.uniform(0, self._jitter_s))

    def _remember(
        self, method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes, status: int, is_carried: bool
    ) -> None:
        named = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        text = gzip.decompress(body) if named.get("content-encoding") == "gzip" else body
        with self._arrival:
            self._carried.append(Carried(method, target, named, text.decode(errors="replace"), status, is_carried))
            self._arrival.notify_all()

    def hold(self) -> None:
        """Let bundles wait until `let_go`."""
        self._gate.clear()

    def let_go(self) -> None:
        """Hand on what waits, and what comes."""
        self._gate.set()

    def close(self) -> None:
        """Hang up on the service."""
        self._client.close()

    def carried(self) -> list[Carried]:
        """Every request so far, in the order of their answers."""
        with self._arrival:
            return list(self._carried)

    def forget(self) -> None:
        """Begin an empty record."""
        with self._arrival:
            self._carried.clear()

    def operations(self) -> list[dict[str, Any]]:
        """Every operation that the service stored, each with the `device`, `session` and `page` of its bundle.

        What came again is there once (AT-1). They stand as they were made, by page, since bundles that are under way at
        the same time arrive in any order. Pages stand by when they began; those of the same millisecond as they came.
        """
        found: dict[tuple[str, int], dict[str, Any]] = {}
        began: dict[str, int] = {}
        for carried in self.carried():
            if carried.is_carried and carried.status == 200 and (bundle := carried.bundle()) is not None:
                page = bundle["page"]
                stamp = {name: bundle[name] for name in ("device", "session", "page")}
                for operation in bundle["ops"]:
                    found.setdefault((page, operation["n"]), {**operation, **stamp})
                    began[page] = min(began.get(page, operation["t"]), operation["t"])
        place = {page: at for at, page in enumerate(sorted(began, key=began.__getitem__))}
        return sorted(found.values(), key=lambda op: (place[op["page"]], op["n"]))

    def wait_for(self, what: Callable[[list[dict[str, Any]]], bool], within_s: float = 30) -> list[dict[str, Any]]:
        """The operations, as soon as `what` holds for them. AssertionError if it does not in time."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: what(self.operations()), within_s):
                raise AssertionError(f"never arrived; what did: {[_brief(op) for op in self.operations()]}")
            return self.operations()

    def wait_for_event(self, name: str, within_s: float = 30) -> dict[str, Any]:
        """The first event of that name, as soon as it is stored."""
        found = self.wait_for(lambda ops: any(op.get("name") == name for op in ops), within_s)
        return next(op for op in found if op.get("name") == name)


def _brief(operation: dict[str, Any]) -> str:
    return " ".join(str(operation[name]) for name in ("op", "name", "uid", "why") if name in operation)


@contextlib.contextmanager
def relaying(directory: Path, upstream: str, trust: ssl.SSLContext) -> Iterator[Relay]:
    """A relay before the service at `upstream`, until the block ends. `PASSERBY_JITTER_MS` is its jitter (soak)."""
    relay = Relay(upstream, trust, int(os.environ.get("PASSERBY_JITTER_MS", "0")))
    with serving(relay, make_certificate(directory / "relay.pem", HOST)) as port:
        relay.port = port
        try:
            yield relay
        finally:
            relay.let_go()
    relay.close()
