"""The network as a browser without Playwright sees it: every host under .test is this machine, and no other exists.

Each visitor has a way of its own into it, a proxy to which their browser sends all it asks for. What Playwright does
inside Chromium is done here on the way: requests are held, answered or cut off, and the whole way can be down.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from tests.browser.serving import Receive, Scope, Send, answer, make_certificate, read_body, serving

COMPLAINTS: Final = "/--complaints--"
_OF_THE_CONNECTION: Final = frozenset({b"connection", b"content-length", b"transfer-encoding"})
_NOT_KEPT: Final = (b"cache-control", b"no-store")
_CHUNK_BYTES: Final = 65_536


class Passed(msgspec.Struct, frozen=True):
    """A request, or a response with its status and headers."""

    url: str
    status: int = 0
    headers: dict[str, str] = {}


class Route:
    """A request that waits for what a test decides about it; each decision may come from any thread."""

    def __init__(self) -> None:
        self.decision: Future[tuple[int, bytes] | str] = Future()

    def _decide(self, decision: tuple[int, bytes] | str) -> None:
        if not self.decision.done():
            self.decision.set_result(decision)

    def abort(self) -> None:
        """The connection breaks, without an answer."""
        self._decide("abort")

    def continue_(self) -> None:
        """The request goes where it was going."""
        self._decide("continue")

    def fulfill(self, json: object) -> None:
        """The request is answered with this, as JSON."""
        self._decide((200, msgspec.json.encode(json)))


Handler = Callable[[Route], object]
Listener = Callable[[Passed], object]


class Way:
    """One visitor's way into the network. `script` is put before everything else on every page."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.port = 0
        self.is_down = False
        self.script = ""
        self.on_complaints: Callable[[bytes], object] = lambda _: None
        self.requests: list[Listener] = []
        self.responses: list[Listener] = []
        self._loop = loop
        self._routes: list[tuple[re.Pattern[str], Handler]] = []
        self._held: list[Route] = []
        self._open: set[asyncio.StreamWriter] = set()

    def route(self, pattern: re.Pattern[str], handler: Handler) -> None:
        """From now on `handler` decides about these requests."""
        self._routes.append((pattern, handler))

    def unroute(self, pattern: re.Pattern[str]) -> None:
        """From now on nobody decides about them."""
        self._routes = [kept for kept in self._routes if kept[0] != pattern]

    def set_down(self, is_down: bool) -> None:
        """Down, every connection breaks and none is made."""
        self.is_down = is_down
        if is_down:
            self._loop.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in tuple(self._open)])

    def break_off(self, writer: asyncio.StreamWriter) -> None:
        """One connection breaks."""
        self._loop.call_soon_threadsafe(writer.transport.abort)

    async def decide(self, url: str) -> tuple[int, bytes] | str:
        """What becomes of a request."""
        handler = next((handler for pattern, handler in reversed(self._routes) if pattern.fullmatch(url)), None)
        if handler is None:
            return "continue"
        route = Route()
        self._held.append(route)
        handler(route)
        return await asyncio.wrap_future(route.decision)

    def let_go(self) -> None:
        """Nothing is held any longer."""
        for route in self._held:
            route.abort()

    @contextlib.contextmanager
    def carrying(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        """While a connection is open."""
        self._open.add(writer)
        try:
            yield
        finally:
            self._open.discard(writer)


class Network:
    """All ways, and the one server at their end that hands requests on to where they belong."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.port = 0
        self._loop = loop
        # Each request has a connection of its own: a server that stops waits for those that are open.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.AsyncClient(verify=False, timeout=None, limits=limits)
        self._client.headers.clear()
        self._pipes: dict[int, tuple[Way, asyncio.StreamWriter]] = {}

    @contextlib.contextmanager
    def way(self) -> Iterator[Way]:
        """A way for one visitor, until the block ends."""
        way = Way(self._loop)
        accept = asyncio.start_server(lambda reader, writer: self._accept(way, reader, writer), "127.0.0.1", 0)
        server = self._wait_for(accept)
        way.port = server.sockets[0].getsockname()[1]
        try:
            yield way
        finally:
            way.let_go()
            way.set_down(True)
            self._loop.call_soon_threadsafe(server.close)

    def _wait_for(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _accept(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a browser: asked through to a host, then bytes both ways."""
        with contextlib.suppress(OSError, EOFError, asyncio.IncompleteReadError), contextlib.closing(writer):
            method, target, *_ = (await reader.readuntil(b"\r\n\r\n")).split(maxsplit=2)
            if method != b"CONNECT" or not target.rpartition(b":")[0].endswith(b".test") or way.is_down:
                return
            inner_reader, inner = await asyncio.open_connection("127.0.0.1", self.port)
            name = inner.get_extra_info("sockname")[1]
            self._pipes[name] = (way, writer)
            with contextlib.closing(inner), way.carrying(writer):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.wait(
                    [asyncio.ensure_future(_pump(reader, inner)), asyncio.ensure_future(_pump(inner_reader, writer))],
                    return_when=asyncio.FIRST_COMPLETED,
                )
            del self._pipes[name]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request on its way."""
        way, writer = self._pipes[scope["client"][1]]
        headers = scope["headers"]
        path = scope["raw_path"].decode() + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        url = f"https://{dict(headers)[b'host'].decode()}{path}"
        body = await read_body(receive)
        if path == COMPLAINTS:
            way.on_complaints(body)
            return await answer(send, 204, [], b"")
        _tell(way.requests, Passed(url))
        decision = await way.decide(url)
        if decision == "abort":
            way.break_off(writer)
            await receive()
        elif decision == "continue":
            await self._hand_on(way, scope["method"], url, (headers, body), send)
        else:
            await answer(send, int(decision[0]), [(b"content-type", b"application/json")], bytes(decision[1]))
        return None

    async def _hand_on(
        self, way: Way, method: str, url: str, asked: tuple[list[tuple[bytes, bytes]], bytes], send: Send
    ) -> None:
        there = re.sub(r"^https://[^:/]*", "https://127.0.0.1", url)
        headers = [(name, value) for name, value in asked[0] if name not in _OF_THE_CONNECTION]
        request = self._client.build_request(method, there, headers=headers, content=asked[1])
        reply = await self._client.send(request, stream=True)
        content = b"".join([part async for part in reply.aiter_raw()])
        await reply.aclose()
        replied = [(name.lower(), value) for name, value in reply.headers.raw if name.lower() not in _OF_THE_CONNECTION]
        if reply.headers.get("content-type", "").startswith("text/html"):
            content = content.replace(b"<head>", b"<head><script>" + way.script.encode() + b"</script>", 1)
        else:
            # What a browser keeps, it does not ask for, and nobody can hold it. A page that may not be kept is not
            # kept alive behind another either, so pages may.
            replied = [*((name, value) for name, value in replied if name != b"cache-control"), _NOT_KEPT]
        _tell(way.responses, Passed(url, reply.status_code, dict(reply.headers)))
        await answer(send, reply.status_code, replied, content)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()


def _tell(listeners: list[Listener], what: Passed) -> None:
    for listener in tuple(listeners):
        listener(what)


def matching(glob: str) -> re.Pattern[str]:
    """Addresses as Playwright writes them: `**` is anything, `*` anything without a slash."""
    return re.compile(re.escape(glob).replace(r"\*\*", ".*").replace(r"\*", "[^/]*"))


@contextlib.contextmanager
def networking(directory: Path) -> Iterator[Network]:
    """A network, until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    network = Network(loop)
    with serving(network, make_certificate(directory / "network.pem", "*.test", "*.shop.test")) as port:
        network.port = port
        yield network
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
