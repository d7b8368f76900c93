"""One connection: uvicorn's HTTP protocol, with a bound on everything before it is worked on (LI-6 to LI-8).

What arrives is handed to the parser in pieces no longer than may come yet. So a head that is too large is seen before
its next piece is parsed. What is refused here is answered here: no application hears of it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from passerby.front import answers
from passerby.front.answers import COLLECTOR, App, Receive, Refused, Scope, Send
from passerby.front.budget import Charge
from passerby.front.connections import Phase

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from passerby.front.front import Front

_PIECE: Final = 16 << 10
_LINGER_BYTES_MAX: Final = 1 << 20
_SENT_AWAY: Final = (429, 503)


class BoundedProtocol(HttpToolsProtocol):
    """One connection, from its first byte to its last."""

    def __init__(
        self,
        front: Front,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.peer: str | None = None
        self.phase = Phase.HEAD
        self.since_s = self.loop.time()
        self._front = front
        self._limits = front.limits
        self._app: App = self.app
        self._refused: Refused | None = None
        self._lingered, self._misread, self.url = 0, b"", b""
        self._stalled: asyncio.TimerHandle | None = None
        self._charge = front.charge(None)
        self._open: deque[tuple[RequestResponseCycle, Charge]] = deque()
        self._in_head, self._had_head = True, False
        self._head_bytes = self._framing_bytes = self._body_bytes = self._trailers = 0
        self._body_left: int | None = None
        self._paused_s = self._looked_s = 0.0

    # Coming and going

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected."""
        super().connection_made(transport)
        self.peer = self._front.addresses.of_peer(self.client[0] if self.client else "")
        if not self._front.connections.admit(self):
            self._refuse(answers.TOO_MANY_CONNECTIONS)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._front.connections.leave(self)
        self._unstall()
        self._give_up()
        super().connection_lost(exc)
        self.app = self._app  # the last one knew this connection: freed at once, it is no work for the collector

    def drop(self) -> None:
        """See `Connection`."""
        if self.phase in (Phase.IDLE, Phase.HELD) or (self.phase is Phase.HEAD and not self._head_bytes):
            self.transport.abort() if self.transport.get_write_buffer_size() else self.transport.close()
        else:
            self._refuse(answers.TOO_SLOW)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for a while."""
        self.drop()

    def pause_writing(self) -> None:
        """The client does not read what it asked for."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self._limits.write_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It reads."""
        super().resume_writing()
        self._unstall()

    def _unstall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def is_too_slow(self, now_s: float) -> bool:
        """See `Connection`. While it is we who do not read on, no time runs."""
        waited_s = now_s - self.since_s
        if self.phase is Phase.HEAD:
            return waited_s >= self._limits.head_s
        if self.flow.read_paused:
            self._paused_s += now_s - max(self._looked_s, self.since_s)
        self._looked_s = now_s
        waited_s -= self._paused_s
        if waited_s > self._limits.body_s + self._body_bytes / self._limits.body_bytes_per_extra_second:
            return True
        behind = self._body_bytes < waited_s * self._limits.body_bytes_per_second_min
        return behind and waited_s > self._limits.body_grace_s

    # Bytes

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        self._unset_keepalive_if_required()
        rest: bytes | memoryview = data
        while rest and self._refused is None:
            room = self._room()
            if len(rest) <= room:
                piece, rest = rest, b""
            else:
                rest = memoryview(rest)
                piece, rest = rest[:room], rest[room:]
            self._parse(piece)
        self._enter()
        if rest or self._refused is not None:
            self._linger(len(rest))

    def _enter(self) -> None:
        """Note what the connection is at, now that all that came is parsed."""
        if self._refused is not None:
            return
        if not self._in_head and self.phase is not Phase.BODY:
            self._front.connections.enter(self, Phase.BODY, self.loop.time())
        elif self._head_bytes and self.phase is Phase.IDLE:
            self._front.connections.enter(self, Phase.HEAD, self.loop.time())

    def _room(self) -> int:
        """How many bytes may be parsed before it must be looked again; 1 at least."""
        if self._in_head:
            return self._limits.head_bytes_max - self._head_bytes
        return min(self._body_left, 1 << 18) if self._body_left else _PIECE

    def _parse(self, piece: bytes | memoryview) -> None:
        began_in_head, body_before, self._had_head = self._in_head, self._body_bytes, False
        refused: Refused | None = None
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            if self.cycle is not None:
                self.cycle.keep_alive = False  # nothing else is spoken here: it is answered as if it had not asked
        except httptools.HttpParserError:
            refused = answers.BAD_REQUEST
            self._misread = bytes(piece)  # a path may have been in what was not understood
        if self._in_head:
            is_one_head = began_in_head and not self._had_head
            self._head_bytes = self._head_bytes + len(piece) if is_one_head else 0
            if self._head_bytes >= self._limits.head_bytes_max:
                refused = answers.HEAD_TOO_LARGE
        elif not began_in_head and not self._had_head:
            self._framing_bytes += len(piece) - (self._body_bytes - body_before)
            if self._framing_bytes > self._limits.head_bytes_max + self._body_bytes:
                refused = answers.HEAD_TOO_LARGE
        refused = self._refused or refused
        if refused is not None:
            self._refuse(refused, lingers=True)

    def _linger(self, size: int) -> None:
        """What comes after a refusal is read away for a moment: closed at once, the client might not see the answer."""
        self._lingered += size
        if self._lingered > _LINGER_BYTES_MAX:
            self.transport.abort()

    def _refuse(self, refused: Refused, lingers: bool = False) -> None:
        """Answer what is under way with this, if nothing of another answer was sent, and close."""
        self._refused = refused
        self._front.count(refused.code)
        cycle = self.cycle
        is_clear = not self.pipeline and (cycle is None or cycle.response_complete or not cycle.response_started)
        is_of_another = cycle is not None and cycle.response_complete != self._in_head
        self._give_up()
        if self.transport.is_closing():
            return
        if not is_clear or is_of_another:
            self.transport.close()
            return
        self.transport.write(refused.text(is_bundle=COLLECTOR in self.url or COLLECTOR in self._misread))
        if not lingers:
            self.transport.close()
            return
        self.flow.resume_reading()
        self._front.connections.enter(self, Phase.IDLE, self.loop.time())
        self.loop.call_later(self._limits.linger_s, self.transport.close)

    def _give_up(self) -> None:
        """Tell whoever works for this connection that it is over."""
        for number, (cycle, charge) in enumerate(self._open):
            cycle.disconnected = True
            cycle.message_event.set()
            if number:  # its application was not begun, and will not be
                charge.close()
        self.pipeline.clear()

    # What the parser found

    def on_url(self, url: bytes) -> None:
        """A part of its address."""
        self.url += url
        if len(self.url) > self._limits.url_bytes_max:
            self._refused = self._refused or answers.URL_TOO_LONG

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which counts as one and is nobody's to see."""
        self._trailers += not self._in_head
        if max(len(self.headers) + self._in_head, self._trailers) > self._limits.headers_max:
            self._refused = self._refused or answers.HEAD_TOO_LARGE
        elif self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self._refused is None and len(self.pipeline) >= self._limits.pipelined_max:
            self._refused = answers.TOO_MANY_CONNECTIONS
        if self._refused is not None:
            return
        address = self._front.addresses.of_request(self.client[0] if self.client else "", self.headers)
        refusal = self._front.judged(address, self.url, self.loop.time())
        self._charge = charge = self._front.charge(address)
        app = refusal or self._app

        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            async def told(message: MutableMapping[str, Any]) -> None:
                if message.get("status") in _SENT_AWAY:
                    charge.close()
                    await self._hold()
                await send(message)

            try:
                await app(scope, receive, told)
            finally:
                charge.close()

        self.app = run
        super().on_headers_complete()
        if self.pipeline:  # bounded here by number and by bytes; who is not read is not noticed to hang up
            self.flow.resume_reading()
        self._open.append((self.cycle, charge))
        self._in_head, self._had_head = False, True
        self._head_bytes = self._framing_bytes = self._body_bytes = self._trailers = 0
        self._body_left = _declared(self.headers)
        self._paused_s = 0.0

    async def _hold(self) -> None:
        """Let who is sent away wait for that word: it does not come again sooner, and may be let go meanwhile."""
        if self.phase is Phase.BUSY and not self.pipeline:
            self._front.connections.enter(self, Phase.HELD, self.loop.time())
        await asyncio.sleep(self._limits.hold_s)

    def on_body(self, body: bytes) -> None:
        """A part of a body."""
        if self._refused is not None:
            return
        self._body_bytes += len(body)
        if self._body_left is not None:
            self._body_left -= len(body)
        if not self._charge.take(len(body)):
            self._refused = answers.NO_ROOM
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        if self._refused is not None:
            return
        self._in_head = True
        is_answered = self.cycle.response_complete
        self._front.connections.enter(self, Phase.IDLE if is_answered else Phase.BUSY, self.loop.time())
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """A request is answered."""
        self._open.popleft()
        super().on_response_complete()
        if self.expect_100_continue and not self._in_head:
            self.transport.close()  # it may never send the body, or send another request in its place
        elif self.phase in (Phase.BUSY, Phase.HELD) and not self.pipeline:
            self._front.connections.enter(self, Phase.HEAD if self._head_bytes else Phase.IDLE, self.loop.time())


def _declared(headers: list[tuple[bytes, bytes]]) -> int | None:
    """How long the body is said to be; None if it is not."""
    return next((int(value) for name, value in headers if name == b"content-length" and value.isdigit()), None)
