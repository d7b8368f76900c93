"""The collector: what SDKs speak to (WI). Bare ASGI, because every operation of every app comes through here.

It sets no cookie and reads none; identity is in the body (contract: relays drop cookies).
"""

from __future__ import annotations

import functools
import gzip
import logging
import re
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

import msgspec

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.ingest.pipeline import Pipeline
from passerby.observe.counters import Counters
from passerby.store.contract import Store
from passerby.wire.limits import BODY_BYTES_MAX
from passerby.wire.replies import error_body

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BUNDLE_PATHS: Final = frozenset({"/rec/bundle", "/rec/bundle/v2"})
_CORS: Final = (b"access-control-allow-origin", b"*")
_JSON: Final = (b"content-type", b"application/json")
_NO_STORE: Final = (b"cache-control", b"no-store")
_PREFLIGHT: Final = [
    _CORS,
    _NO_STORE,
    (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (b"access-control-allow-headers", b"content-type, content-encoding"),
    (b"access-control-max-age", b"86400"),
]
_SCRIPT: Final = [
    _CORS,
    (b"content-type", b"text/javascript; charset=utf-8"),
    (b"cache-control", b"public, max-age=300"),
    (b"vary", b"accept-encoding"),
]
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
_HOST_MARK: Final = b"__PASSERBY_HOST__"
_HOSTS_MAX: Final = 64
_GZIP_ACCEPTED: Final = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0+)?\s*(?:,|$))")
_LOG: Final = logging.getLogger("uvicorn.error")

_Headers = list[tuple[bytes, bytes]]
_Answer = tuple[int, _Headers, bytes]


class Collector:
    """Answers `/rec/*` and `/s/*`. `scripts` are the files under `/s/`, by name."""

    def __init__(self, pipeline: Pipeline, store: Store, scripts: Mapping[str, bytes], counters: Counters) -> None:
        self._pipeline = pipeline
        self._store = store
        self._scripts = scripts
        self._served = functools.lru_cache(_HOSTS_MAX)(self._script)
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        try:
            answer = await self._answer(scope, receive)
        except Exception as error:
            # Where it failed, but not its text, which may hold a value (PV-3).
            place = "".join(traceback.format_tb(error.__traceback__))
            _LOG.error("a request failed: %s\n%s", type(error).__name__, place)
            answer = _refused(500, "internal_error", "the service failed: send it again")
        status, headers, body = answer
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, receive: Receive) -> _Answer:
        method, path = scope["method"], scope["path"]
        if method == "OPTIONS":
            return 204, _PREFLIGHT, b""
        if path in BUNDLE_PATHS:
            return await self._bundle(scope, receive) if method == "POST" else _not_allowed(b"POST")
        if method not in ("GET", "HEAD"):
            return _not_allowed(b"GET, HEAD")
        return self._static(path, _header(scope, b"accept-encoding"), _header(scope, b"host"))

    async def _bundle(self, scope: Scope, receive: Receive) -> _Answer:
        try:
            body = await _body(scope, receive)
        except Refusal as refused:
            status, reply = self._pipeline.refuse(refused)
            return status, [_CORS, _JSON, _NO_STORE, (b"connection", b"close")], reply
        started = time.perf_counter()
        status, reply = await self._pipeline.take(body, _header(scope, b"content-encoding"))
        self._counters.observe_bundle(time.perf_counter() - started)
        headers = [_CORS, _JSON, _NO_STORE]
        if status in (429, 503):
            headers.append((b"retry-after", str(self._pipeline.retry_after_s()).encode()))
        return status, headers, reply

    def _script(self, name: str, host: str) -> tuple[bytes, bytes]:
        """A script, plain and compressed, in which stands the host it was asked for at (WI-10)."""
        script = self._scripts[name]
        if _HOST.fullmatch(host):
            script = script.replace(_HOST_MARK, host.encode())
        return script, gzip.compress(script, 9, mtime=0)

    def _static(self, path: str, encodings: str, host: str) -> _Answer:
        if path.removeprefix("/s/") in self._scripts:
            plain, compressed = self._served(path.removeprefix("/s/"), host)
            if _GZIP_ACCEPTED.search(encodings):
                return 200, [*_SCRIPT, (b"content-encoding", b"gzip")], compressed
            return 200, _SCRIPT, plain
        org = path.removeprefix("/s/settings/").removesuffix("/v1/web")
        if path == f"/s/settings/{org}/v1/web":
            return self._settings(OrgId(org))
        return _refused(404, "not_found", "no such path here")

    def _settings(self, name: OrgId) -> _Answer:
        with self._store.read() as reader:
            org = reader.org(name)
        if org is None:
            return _refused(404, "unknown_org", "no such org here: check the id in your snippet")
        settings = {"org": org.id, **msgspec.to_builtins(org.settings)}
        del settings["identify"]
        cache = (b"cache-control", b"public, max-age=60")
        return 200, [_CORS, _JSON, cache], msgspec.json.encode(settings)


def _not_allowed(allowed: bytes) -> _Answer:
    status, headers, body = _refused(405, "method_not_allowed", "that method is not for this path")
    return status, [*headers, (b"allow", allowed + b", OPTIONS")], body


def _refused(status: int, code: str, message: str) -> _Answer:
    return status, [_CORS, _JSON, _NO_STORE], error_body(message, code)


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The whole body, which is not read on once it is too large (WI-1)."""
    declared = _header(scope, b"content-length")
    if declared.isdigit() and int(declared) > BODY_BYTES_MAX:
        raise Refusal("bundle_too_large", f"the body is over {BODY_BYTES_MAX} bytes")
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal("malformed_json", "the body ended early")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > BODY_BYTES_MAX:
            raise Refusal("bundle_too_large", f"the body is over {BODY_BYTES_MAX} bytes")
        if not message.get("more_body", False):
            return b"".join(chunks)
