"""Receivers of webhooks that behave as they are told, on real sockets."""

from __future__ import annotations

import gzip
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Final, TypeAlias

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Act: TypeAlias = Callable[[socket.socket], None]


class Receiver(socketserver.ThreadingTCPServer):
    """Listens on this host and does with each connection what it was told to do.

    `heard` are requests, `heard_at` when they came, and `kept_s` how long those connections lasted that are over.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, act: Act) -> None:
        self.act = act
        self.heard: list[bytes] = []
        self.heard_at: list[float] = []
        self.kept_s: list[float] = []
        self.closed = threading.Event()
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)

    def finish_request(self, request: object, client_address: object) -> None:  # noqa: ARG002
        assert isinstance(request, socket.socket)
        began_at = time.monotonic()
        with suppress(OSError):
            self.heard.append(request.recv(65536))
            self.heard_at.append(time.monotonic())
            self.act(request)
        self.kept_s.append(time.monotonic() - began_at)
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


def without_end(begin: bytes, more: bytes, pause_s: float = 0) -> Act:
    """Begin so, and then say `more` again and again until the other side has gone."""

    def act(connection: socket.socket) -> None:
        connection.sendall(begin)
        while True:
            connection.sendall(more)
            time.sleep(pause_s)

    return act


def then_silent(begin: bytes) -> Act:
    """Begin so, and say nothing more until the other side has gone."""

    def act(connection: socket.socket) -> None:
        connection.sendall(begin)
        until_closed(connection)

    return act


def reset(connection: socket.socket) -> None:
    """Tear the connection down without an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


_HEAD: Final = b"HTTP/1.1 200 OK\r\n"
drip: Final = without_end(_HEAD + b"X-A: ", b"a", 0.02)
"""A header without end, a byte at a time."""
flood: Final = without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
"""Answers without end that are none."""
endless_header: Final = without_end(_HEAD + b"X-A: ", b"a" * 65536)
"""A header without end, as fast as it goes."""
answer_for_ever: Final = then_silent(_HEAD + b"\r\n")
"""A body without end, of which nothing comes."""

BAD: Final[Mapping[str, Act]] = {
    "hangs": until_closed,
    "drips a header": drip,
    "drips a status": without_end(b"HTTP/1.1 ", b"2", 0.5),
    "says now and then that it goes on": without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.5),
    "says for ever that it goes on": flood,
    "a header without end": endless_header,
    "headers without end": without_end(_HEAD, b"X-A: a\r\n" * 1000),
    "a first line without end": without_end(b"", b"a" * 65536),
    "a body of which nothing comes": answer_for_ever,
    "a body without end": without_end(_HEAD + b"\r\n", b"a" * 65536),
    "chunks that are none": answering(_HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "a body that inflates": answering(_HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(1 << 24))),
    "leads elsewhere": answering(b"HTTP/1.1 307 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
    "nonsense": answering(b"nonsense"),
    "bytes that are no text": answering(b"HTTP/1.1 200 \xff\x00\r\n\xff: \x00\r\n\r\n"),
    "ends without a word": answering(b""),
    "tears down": reset,
    "is always broken": answering(b"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n"),
    "speaks something else": then_silent(b"HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "two lengths": then_silent(_HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
}
"""What receivers may do to whoever tells them something."""


@contextmanager
def unreachable() -> Iterator[dict[str, str]]:
    """Where nobody answers at all: URLs, by what is wrong with them."""
    with ExitStack() as stack:
        hangs = stack.enter_context(receiving(until_closed))
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with socket.create_server(("127.0.0.1", 0)) as closed:
            closed_port = closed.getsockname()[1]
        yield {
            "a name that is none": "http://hooks..example.com/x",
            "a name that nobody has": "http://nowhere.invalid/",
            "a port that is closed": f"http://127.0.0.1:{closed_port}/",
            "a port that takes nobody in": f"http://127.0.0.1:{full.getsockname()[1]}/",
            "TLS that hangs": f"https{hangs.url[4:]}/",
        }
