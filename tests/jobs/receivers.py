"""Receivers of webhooks that behave as they are told, on real sockets."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Act: TypeAlias = Callable[[socket.socket], None]


class Receiver(socketserver.ThreadingTCPServer):
    """Listens on this host and does with each connection what it was told to do."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, act: Act) -> None:
        self.act = act
        self.heard: list[bytes] = []
        self.heard_at: list[float] = []
        self.closed = threading.Event()
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)

    def finish_request(self, request: object, client_address: object) -> None:  # noqa: ARG002
        assert isinstance(request, socket.socket)
        with suppress(OSError):
            self.heard.append(request.recv(65536))
            self.heard_at.append(time.monotonic())
            self.act(request)
        self.closed.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def receiving(act: Act) -> Iterator[Receiver]:
    """A receiver, until the block ends."""
    with Receiver(act) as found:
        threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
        yield found
        found.shutdown()


def answering(answer: bytes) -> Act:
    """Answer, and close."""
    return lambda connection: connection.sendall(answer)


def until_closed(connection: socket.socket) -> None:
    """Say nothing until the other side has gone."""
    while connection.recv(65536):
        pass


def drip(connection: socket.socket) -> None:
    """A header without end, a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
    while True:
        connection.sendall(b"a")
        time.sleep(0.02)


def flood(connection: socket.socket) -> None:
    """Answers without end that are none."""
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def endless_header(connection: socket.socket) -> None:
    """A header without end, as fast as it goes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
    while True:
        connection.sendall(b"a" * 65536)


def answer_for_ever(connection: socket.socket) -> None:
    """A body without end, of which nothing comes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    until_closed(connection)
