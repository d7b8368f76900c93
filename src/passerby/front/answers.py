"""What the front itself answers, when it lets a request go no further (LI-5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_NO_LAST_WORD: Final = (400, 414, 431)
COLLECTOR: Final = b"/rec/"
_ANY_ORIGIN: Final = (b"access-control-allow-origin", b"*")


class Refused(msgspec.Struct, frozen=True):
    """An answer to what comes no further. `code` is for counting; `retry_after_s` 0 says nothing of it.

    A client takes a 4xx with a code for the last word on a bundle, and drops it. So who sends one gets none with 400,
    414 and 431, which say nothing of it; everybody else does.
    """

    status: int
    code: str
    message: str
    retry_after_s: int = 0

    def body(self, *, is_bundle: bool) -> bytes:
        """`{"message"}`, with `code` where that loses nothing."""
        code = {} if is_bundle and self.status in _NO_LAST_WORD else {"code": self.code}
        return msgspec.json.encode({"message": self.message, **code})

    def headers(self, size: int) -> list[tuple[bytes, bytes]]:
        """The headers of a body of so many bytes. Whoever sent a bundle may read them (WI-8)."""
        found = [
            _ANY_ORIGIN,
            (b"content-type", b"application/json"),
            (b"cache-control", b"no-store"),
            (b"content-length", str(size).encode()),
        ]
        if self.retry_after_s:
            found.append((b"retry-after", str(self.retry_after_s).encode()))
        return found

    def text(self, *, is_bundle: bool) -> bytes:
        """The whole answer, after which the connection is closed; `is_bundle` where it may be a bundle's."""
        body = self.body(is_bundle=is_bundle)
        head = [b"HTTP/1.1 %d %s" % (self.status, HTTPStatus(self.status).phrase.encode())]
        head += [b"%s: %s" % header for header in self.headers(len(body))]
        return b"\r\n".join([*head, b"connection: close", b"", body])

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """The answer as an application, which leaves the connection open for the next request."""
        body = self.body(is_bundle=True)
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers(len(body))})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


BAD_REQUEST: Final = Refused(400, "malformed_request", "this is no HTTP/1.1 request")
HEAD_TOO_LARGE: Final = Refused(431, "head_too_large", "the head of the request is too large, or has too many headers")
URL_TOO_LONG: Final = Refused(414, "url_too_long", "the address of the request is too long")
TOO_SLOW: Final = Refused(408, "too_slow", "the request did not come in time: send it again", 1)
TOO_MANY_CONNECTIONS: Final = Refused(503, "unavailable", "too many connections: come again", 2)
NO_ROOM: Final = Refused(503, "unavailable", "too much is being received at once: send it again", 2)


def too_often(retry_after_s: int) -> Refused:
    """The answer to an address that comes too often."""
    return Refused(429, "too_many_requests", "too many requests from this address: come again later", retry_after_s)
