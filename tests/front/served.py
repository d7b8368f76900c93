"""An application behind a front, on a thread of its own, and sockets to speak to it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import uvicorn

from passerby.front import Front, Limits

QUICK = {"hold_s": 0.01, "sweep_s": 0.05, "linger_s": 0.2}
"""What makes tests short."""


class Served:
    """The front, where it listens, and what the application behind it saw: each request's path and body, or None."""

    def __init__(self, limits: Limits) -> None:
        self.counted: list[str] = []
        self.front = Front(limits, self.counted.append)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.seen: list[tuple[str, bytes | None]] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.hung_up = threading.Event()
        self._links: list[socket.socket] = []

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Reads the body, unless the path says not to; waits until it may answer."""
        body, more = b"", not scope["path"].endswith("/unread")
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.seen.append((scope["path"], None))
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.seen.append((scope["path"], body))
        while not self.may_answer.is_set():
            await asyncio.sleep(0.01)
        if scope["path"] == "/large":
            await self._answer_without_end(send)
            return
        answer = str(len(body)).encode()
        headers = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer_without_end(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while len(self.front.connections):
            await send({"type": "http.response.body", "body": b"x" * (1 << 16), "more_body": True})
            await asyncio.sleep(0)
        self.hung_up.set()

    def close(self) -> None:
        """Close all sockets."""
        for link in [*self._links, self.listener]:
            link.close()

    def connect(self) -> socket.socket:
        """A new connection, which is closed at the latest when the front is."""
        self._links.append(link := socket.create_connection(("127.0.0.1", self.port), timeout=10))
        return link

    def ask(self, raw: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send these bytes on a new connection; the first answer."""
        with self.connect() as link:
            link.sendall(raw)
            return answered(link)


def answered(link: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The next answer on this connection; status 0 when it was closed without one."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = link.recv(1)
        if not part:
            return 0, {}, b""
        received += part
    lines = received.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    body = b""
    while len(body) < int(headers["content-length"]):
        body += link.recv(int(headers["content-length"]) - len(body))
    return int(lines[0].split()[1]), headers, body


def is_closed(link: socket.socket) -> bool:
    """Whether the other side has closed, or closes within ten seconds."""
    try:
        return link.recv(1) == b""
    except ConnectionResetError:
        return True


def code_of(body: bytes) -> str | None:
    """The code in an answer."""
    found: str | None = json.loads(body).get("code")
    return found


def until(is_so: Any, seconds: float = 10) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


@contextmanager
def served(**limits: Any) -> Iterator[Served]:
    """An application behind a front with these limits, until the block ends; nobody is a trusted proxy."""
    made = Served(Limits(**{"trusted_proxies": (), **QUICK, **limits}))
    config = uvicorn.Config(
        made.app,
        http=cast(Any, made.front.protocol),
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        timeout_keep_alive=made.front.limits.idle_s,
        timeout_graceful_shutdown=1,
        forwarded_allow_ips=[],
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: server.run(sockets=[made.listener]))
    thread.start()
    until(lambda: server.started)
    try:
        yield made
    finally:
        made.may_answer.set()
        server.should_exit = True
        thread.join(10)
        made.close()
