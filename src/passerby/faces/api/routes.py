"""From requests to endpoints and back: who asks, what for, and in which form it is answered (AP-1 to AP-3).

Endpoints are plain functions and run on threads, where the store's readers are at home; only bodies are read here.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from passerby.base.errors import Refusal, StoreError
from passerby.base.ids import OrgId
from passerby.faces.api.endpoint import Answer, Call, Desk, Endpoint, Idempotency, refusal
from passerby.faces.api.limiter import Limiter
from passerby.model.marks import Marks
from passerby.model.org import Org
from passerby.query.keys import allows, find_key
from passerby.wire.requests import read, read_query

_LOG: Final = logging.getLogger("uvicorn.error")
_ENCODER: Final = msgspec.json.Encoder()
_NO_STORE: Final = {"Cache-Control": "no-store"}
_IDEMPOTENCY_KEY_CHARS_MAX: Final = 255
_NOBODY: Final = Org(OrgId(""), b"")
"""The org of who speaks to an open endpoint without a key."""


def routes_of(endpoints: Sequence[Endpoint], desk: Desk, limiter: Limiter) -> list[Route]:
    """The routes of these endpoints, with their `/v2beta` aliases."""
    paths: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, []).append(endpoint)
    routes = []
    for path, together in paths.items():
        door = _Door(together, desk, limiter)
        routes.append(Route(path, door))
        if path.startswith("/v2/"):
            routes.append(Route(path.replace("/v2/", "/v2beta/", 1), door))
    return routes


class _TooOften(Refusal):
    """A key that asks too often."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too_many_requests", "too many requests under this key")
        self.retry_after_s = retry_after_s


class _Door:
    """The endpoints of one path, as an ASGI application."""

    def __init__(self, endpoints: Sequence[Endpoint], desk: Desk, limiter: Limiter) -> None:
        self._endpoints = {endpoint.method: endpoint for endpoint in endpoints}
        self._desk = desk
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        method = "GET" if request.method == "HEAD" else request.method
        endpoint = self._endpoints.get(method)  # type: ignore[call-overload]
        if endpoint is None:
            response = _response(self._no_endpoint(), request.method)
        else:
            response = await self._answered(endpoint, request)
        await response(scope, receive, send)

    def _no_endpoint(self) -> Answer:
        answer = refusal(Refusal("method_not_allowed", "that method is not for this path"))
        return msgspec.structs.replace(answer, headers={"Allow": ", ".join(sorted(self._endpoints))})

    async def _answered(self, endpoint: Endpoint, request: Request) -> Response:
        try:
            if endpoint.body is None:
                answer = await run_in_threadpool(self._answer, endpoint, request)
            else:
                org = await run_in_threadpool(self._admitted, endpoint, request)
                body = await _body(request, endpoint)
                answer = await run_in_threadpool(self._run, endpoint, request, org, body)
        except _TooOften as refused:
            headers = {"Retry-After": str(refused.retry_after_s)}
            answer = msgspec.structs.replace(refusal(refused), headers=headers)
        except Refusal as refused:
            answer = refusal(refused)
        except ClientDisconnect:
            answer = refusal(Refusal("malformed_json", "the body ended early"))
        except StoreError:
            answer = refusal(Refusal("unavailable", "the store cannot take this now: send it again"))
        except Exception as error:  # a bug of ours: the caller gets a code, the log where, neither a value (PV-3)
            where = "".join(traceback.format_tb(error.__traceback__))
            _LOG.error("%s in %s %s\n%s", type(error).__name__, endpoint.method, endpoint.path, where)
            answer = refusal(Refusal("server_error", "the service failed; the log says where"))
        return _response(answer, request.method)

    def _admitted(self, endpoint: Endpoint, request: Request) -> Org | None:
        """The org of the key, judged by the head alone, before a byte of the body is taken in (AP-1)."""
        if endpoint.is_open:
            return None
        with self._desk.store.read() as reader:
            key = find_key(reader, request.headers.get("authorization", ""))
            org = reader.org(key.org) if key else None
        if key is None or org is None:
            raise Refusal("unauthorized", "send your API key: Authorization: Basic <key>")
        if not allows(key, endpoint.scope):
            raise Refusal("forbidden", f"this key has not the scope {endpoint.scope}")
        retry_after_s = self._limiter.take(key.digest, self._desk.clock.now_ms())
        if retry_after_s:
            raise _TooOften(retry_after_s)
        return org

    def _answer(self, endpoint: Endpoint, request: Request) -> Answer:
        return self._run(endpoint, request, self._admitted(endpoint, request), b"")

    def _run(self, endpoint: Endpoint, request: Request, org: Org | None, body: bytes) -> Answer:
        return endpoint.run(
            Call(
                self._desk,
                org or _NOBODY,
                request.path_params,
                read_query(dict(request.query_params), endpoint.query) if endpoint.query else None,
                read(body, endpoint.body) if endpoint.body is not None else None,
                self._desk.public_url or f"{request.url.scheme}://{request.url.netloc}",
                _idempotency(endpoint, request, body, org),
                request.headers,
            )
        )


def _idempotency(endpoint: Endpoint, request: Request, body: bytes, org: Org | None) -> Idempotency | None:
    key = request.headers.get("idempotency-key")
    if not endpoint.creates or key is None or org is None:
        return None
    if not 1 <= len(key) <= _IDEMPOTENCY_KEY_CHARS_MAX:
        raise Refusal("invalid_argument", f"Idempotency-Key has 1 to {_IDEMPOTENCY_KEY_CHARS_MAX} characters")
    marks = Marks(org.secret)
    asked = b"\0".join((endpoint.method.encode(), request.url.path.encode(), body))
    return Idempotency(marks.of_bytes(key.encode()), marks.of_bytes(asked))


async def _body(request: Request, endpoint: Endpoint) -> bytes:
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Refusal("unsupported_encoding", "send the body without Content-Encoding")
    too_large = Refusal("body_too_large", f"the body has at most {endpoint.body_bytes_max} bytes")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > endpoint.body_bytes_max:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > endpoint.body_bytes_max:
            raise too_large
        chunks.append(chunk)
    return b"".join(chunks)


def _response(answer: Answer, method: str) -> Response:
    headers = {**_NO_STORE, **answer.headers}
    if answer.stream is not None:
        parts = () if method == "HEAD" else answer.stream
        return StreamingResponse(iter(parts), answer.status, headers, answer.media_type)
    content = answer.body if isinstance(answer.body, bytes) else _ENCODER.encode(answer.body)
    return Response(content, answer.status, headers, answer.media_type)
