"""How the service is: for whoever watches it (OP-5, OP-6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from passerby.base.clock import Clock
from passerby.base.errors import StoreError
from passerby.base.units import SECOND_MS
from passerby.observe.counters import TEXT, Counters
from passerby.query.keys import allows, find_key
from passerby.store.contract import Store, Transaction

_NO_STORE: Final = {"Cache-Control": "no-store"}
_ASKED_EVERY_MS: Final = SECOND_MS
_WRITER_ANSWERS_WITHIN_S: Final = 2.0


class _Readiness:
    """Whether the store does its work. However many ask, it is found out once a second."""

    def __init__(self, store: Store, clock: Clock, is_leaving: Callable[[], bool]) -> None:
        self._store = store
        self._clock = clock
        self._is_leaving = is_leaving
        self._known: tuple[int, str | None] | None = None
        self._asking: asyncio.Task[str | None] | None = None

    async def trouble(self) -> str | None:
        """Why the service is not ready, without a value; None if it is."""
        if self._is_leaving():
            return "the service is stopping"
        now_ms = self._clock.now_ms()
        if self._known is not None and 0 <= now_ms - self._known[0] < _ASKED_EVERY_MS:
            return self._known[1]
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        found = await asyncio.shield(self._asking)
        self._known = (now_ms, found)
        return found

    async def _ask(self) -> str | None:
        try:
            found = self._store.trouble()
            if found is not None:
                return found
            await asyncio.wait_for(asyncio.wrap_future(self._store.submit(_nothing)), _WRITER_ANSWERS_WITHIN_S)
        except TimeoutError:
            return "the store is busy"
        except (StoreError, OSError):
            return "the store cannot write"
        return None


def _nothing(_transaction: Transaction) -> None:
    pass


def health_routes(
    store: Store, clock: Clock, counters: Counters, version: str, is_leaving: Callable[[], bool]
) -> list[Route]:
    """`/healthz` (it is alive), `/readyz` (it can work) and `/metrics` (for an admin's key)."""
    readiness = _Readiness(store, clock, is_leaving)

    async def healthz(_request: Request) -> Response:
        return _json({"status": "ok", "version": version})

    async def readyz(_request: Request) -> Response:
        why = await readiness.trouble()
        return _json({"status": "ready"}) if why is None else _json({"status": "not ready", "why": why}, 503)

    def metrics(request: Request) -> Response:
        with store.read() as reader:
            key = find_key(reader, request.headers.get("authorization", ""))
        if key is None:
            return _json(
                {"code": "unauthorized", "message": "send an admin's API key: Authorization: Basic <key>"}, 401
            )
        if not allows(key, "admin"):
            return _json({"code": "forbidden", "message": "this key has not the scope admin"}, 403)
        return Response(counters.text(), media_type=TEXT, headers=_NO_STORE)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def _json(body: dict[str, str], status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, _NO_STORE, "application/json")
