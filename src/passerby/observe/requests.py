"""One line a request, of which nobody can tell whose it was (PV-3, OP-7).

Neither addresses nor paths, queries, headers or bodies: those hold uids and ids. In place of the path stands the
pattern that it matched.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final, Protocol

_LOG: Final = logging.getLogger("uvicorn.requests")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OF_CLIENTS: Final = ("/rec/", "/s/")
_UNKNOWN: Final = "unmatched"

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Pattern(Protocol):
    """What is known of a route: its pattern, and what it leads to."""

    path: str
    endpoint: Any


class RequestLog:
    """`app`, with a line for each request once it is answered; `routes` are those whose patterns may be told."""

    def __init__(self, app: App, routes: Iterable[Pattern]) -> None:
        self._app = app
        self._patterns: dict[int, str] = {}
        self._endpoints = []
        for route in routes:
            self._endpoints.append(route.endpoint)  # so that no other object gets its id
            self._patterns.setdefault(id(route.endpoint), route.path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection of ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 0, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            self._tell(scope, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        line = {"method": method, "route": self._route(scope), "status": status, "ms": round(seconds * 1000, 1)}
        _LOG.info("%s %s %s in %s ms", *line.values(), extra={"fields": line})

    def _route(self, scope: Scope) -> str:
        for prefix in _OF_CLIENTS:
            if scope["path"].startswith(prefix):
                return f"{prefix}*"
        return self._patterns.get(id(scope.get("endpoint")), _UNKNOWN)
