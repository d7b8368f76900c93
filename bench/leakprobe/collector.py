"""A collector that every SDK takes for its own, and that remembers all it was sent."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from tests.browser.serving import Receive, Scope, Send, answer, make_certificate, read_body, serving

HOST: Final = "collect.vendor.test"
_HOLD_S_MAX: Final = 10.0
_DULL: Final = frozenset({"host", "content-length", "connection"})


class Sent(msgspec.Struct, frozen=True):
    """One request: when it arrived (monotonic s), and its parts. `message` is the body, parsed as far as it goes."""

    at_s: float
    target: str
    headers: dict[str, str]
    message: Any


class Collector:
    """Answers like each vendor's service needs. `files` are served as they are, by path; other scripts are empty."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.port = 0
        self._sent: list[Sent] = []
        self._arrival = threading.Condition()
        self._open = threading.Event()
        self._open.set()

    @property
    def host(self) -> str:
        """Host and port."""
        return f"{HOST}:{self.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        body = await read_body(receive)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        allowed = [
            (b"access-control-allow-origin", headers.get("origin", "*").encode()),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
            (b"access-control-allow-headers", headers.get("access-control-request-headers", "*").encode()),
        ]
        if scope["method"] == "OPTIONS":
            await answer(send, 200, allowed, b"")
            return
        file = self.files.get(scope["path"], b"" if scope["path"].endswith(".js") else None)
        if file is not None:
            await answer(send, 200, [*allowed, (b"content-type", b"text/javascript")], file)
            return
        message = _parsed(body, headers)
        target = scope["path"] + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        self._remember(Sent(time.monotonic(), target, _told(headers), message))
        await asyncio.to_thread(self._open.wait, _HOLD_S_MAX)
        content = msgspec.json.encode(_reply(scope["path"], message))
        await answer(send, 200, [*allowed, (b"content-type", b"application/json")], content)

    def _remember(self, sent: Sent) -> None:
        with self._arrival:
            self._sent.append(sent)
            self._arrival.notify_all()

    def hold(self) -> None:
        """From now on answer nothing, until released."""
        self._open.clear()

    def release(self) -> None:
        """Answer what waits, and all that comes."""
        self._open.set()

    def sent(self) -> list[Sent]:
        """Every request so far."""
        with self._arrival:
            return list(self._sent)

    def forget(self) -> None:
        """Begin an empty record."""
        with self._arrival:
            self._sent.clear()

    def wait_for(self, text: str, within_s: float) -> bool:
        """Whether `text` arrives in some message in time."""
        with self._arrival:
            return self._arrival.wait_for(lambda: any(text in str(sent.message) for sent in self._sent), within_s)


def _told(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in _DULL}


def _parsed(body: bytes, headers: dict[str, str]) -> Any:
    if headers.get("content-encoding") == "gzip" or body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    text = body.decode(errors="replace")
    if not text:
        return None
    with contextlib.suppress(msgspec.DecodeError):
        return msgspec.json.decode(text)
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {name: _json_or_text(value) for name, value in parse_qsl(text)}
    return text


def _json_or_text(text: str) -> Any:
    for decode in (str.encode, base64.b64decode):
        with contextlib.suppress(msgspec.DecodeError, binascii.Error):
            return msgspec.json.decode(decode(text))
    return text


def _reply(path: str, message: Any) -> Any:
    for part, reply in _REPLIES.items():
        if part in path:
            return reply(path, message)
    return {"status": 1, "error": None, "code": 200, "success": True}


def _segment_settings(path: str, _message: Any) -> Any:
    key = path.split("/projects/")[1].split("/")[0]
    return {"integrations": {"Segment.io": {"apiKey": key, "unbundledIntegrations": [], "addBundledMetadata": True}}}


def _rudder_source(_path: str, _message: Any) -> Any:
    source = {"id": "source", "name": "probe", "writeKey": "probe-write-key", "enabled": True, "destinations": []}
    return {"source": {**source, "workspaceId": "workspace", "config": {}, "dataplanes": {}}, "updatedAt": None}


def _posthog_flags(_path: str, _message: Any) -> Any:
    return {"flags": {}, "errorsWhileComputingFlags": False, "requestId": "none", "hasFeatureFlags": False}


def _passerby_stored(_path: str, message: Any) -> Any:
    return {"stored": len(message["ops"])}


def _passerby_settings(path: str, _message: Any) -> Any:
    auto = dict.fromkeys(("clicks", "navigation", "errors", "visibility", "changes"), True)
    org = path.split("/settings/")[1].split("/")[0]
    times = {"idle_ms": 1_800_000, "age_ms": 86_400_000, "split_on_identify": False}
    return {"org": org, "capture": True, **times, "auto": auto, "blocks": []}


_REPLIES: Final[dict[str, Callable[[str, Any], Any]]] = {
    "/projects/": _segment_settings,
    "/sourceConfig": _rudder_source,
    "/flags": _posthog_flags,
    "/rec/bundle": _passerby_stored,
    "/s/settings/": _passerby_settings,
}


@contextlib.contextmanager
def collecting(directory: Path) -> Iterator[Collector]:
    """A collector that listens until the block ends."""
    collector = Collector()
    with serving(collector, make_certificate(directory / "collector.pem", HOST)) as port:
        collector.port = port
        yield collector
