"""Asking an ASGI application without a socket, so that thousands of odd requests cost little."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import unquote

import msgspec

App = Callable[..., Awaitable[None]]
Header = tuple[str, str]


class Answer(msgspec.Struct, frozen=True):
    """What came back. `headers` are in lower case; of two of one name the last counts."""

    status: int
    headers: dict[str, str]
    body: bytes


async def ask(
    app: App, method: str, target: str, headers: Iterable[Header] = (), body: bytes = b"", address: str = "192.0.2.1"
) -> Answer:
    """One request. Whoever asks hangs up once the body is sent, so that an answer without end has one.

    Whatever the application raises is raised here: a server would have lost the request.
    """
    path, _, query = target.partition("?")
    named = [(name.lower(), value) for name, value in headers]
    if not any(name == "host" for name, _ in named):
        named.append(("host", "passerby.example"))
    scope: MutableMapping[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(path), "raw_path": path.encode("latin-1", "replace"), "root_path": "",
        "query_string": query.encode("latin-1", "replace"), "client": (address, 40_000),
        "server": ("passerby.example", 80),
        "headers": [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in named],
    }  # fmt: skip
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start.get("headers", ())}
    return Answer(start["status"], told, b"".join(message.get("body", b"") for message in sent[1:]))
