"""The collector as SDKs and browsers meet it (WI), over ASGI and over a real socket."""

from __future__ import annotations

import asyncio
import gzip
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from passerby.base.errors import StoreError
from passerby.faces.collector import Collector
from passerby.ingest.pipeline import Pipeline
from passerby.model.org import Block, Org, OrgSettings
from passerby.observe.counters import Counters
from passerby.store.contract import Reader, Store, T, Transaction
from passerby.store.memory import MemoryStore
from tests.running import RunningService, running_service
from tests.worlds import NOW_MS, ORG, SetClock

SCRIPTS = {"fs.js": b"window.FS = 1"}


class FailingStore(MemoryStore):
    """A store whose disk is full, or that has a bug."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Fails, whatever the work."""
        del work
        raise self._error

    def read(self) -> AbstractContextManager[Reader]:
        """Fails."""
        raise self._error


class Asked:
    """A collector of its own, asked one request after the other."""

    def __init__(self, store: Store | None = None) -> None:
        self.store: Store = store or MemoryStore()
        if store is None:
            self.store.submit(lambda transaction: transaction.add_org(ORG)).result()
        self.counters = Counters()
        pipeline = Pipeline(self.store, SetClock(), self.counters)
        self._transport = httpx.ASGITransport(Collector(pipeline, self.store, SCRIPTS, self.counters))

    def __call__(self, method: str, path: str, **request: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://collector") as client:
                return await client.request(method, path, **request)

        return asyncio.run(ask())


@pytest.fixture
def ask() -> Asked:
    return Asked()


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with running_service(":memory:", "--log", "off", org=ORG.id, api_key="na1.key-of-the-collector") as running:
        yield running


def bundle(**members: Any) -> bytes:
    """A good bundle with fresh ids."""
    ids = {name: str(uuid.uuid4()) for name in ("device", "session", "page")}
    event = {"op": "event", "n": 1, "t": NOW_MS, "name": "x"}
    return json.dumps(
        {"v": 1, "org": ORG.id, **ids, "started": NOW_MS, "sent": NOW_MS, "ops": [event], **members}
    ).encode()


def is_bare(answer: httpx.Response) -> bool:
    """Whether an answer has CORS, no cookie and no caching (WI-8)."""
    return (
        answer.headers["access-control-allow-origin"] == "*"
        and answer.headers["cache-control"] == "no-store"
        and "set-cookie" not in answer.headers
    )


@pytest.mark.parametrize("kind", ["text/plain;charset=UTF-8", "application/json", "", None])
@pytest.mark.parametrize("path", ["/rec/bundle", "/rec/bundle/v2"])
def test_a_bundle_is_taken_under_any_content_type(ask: Asked, path: str, kind: str | None) -> None:
    answer = ask("POST", path, content=bundle(), headers={} if kind is None else {"Content-Type": kind})
    assert (answer.status_code, answer.json()) == (200, {"stored": 1})
    assert answer.headers["content-type"] == "application/json"
    assert is_bare(answer)


@pytest.mark.parametrize(
    ("status", "code", "body", "headers"),
    [
        (400, "malformed_json", b"{", {}),
        (400, "unsupported_version", bundle(v=2), {}),
        (400, "invalid_encoding", b"no gzip", {"Content-Encoding": "gzip"}),
        (403, "unknown_org", bundle(org="nobody"), {}),
        (413, "bundle_too_large", b" " * (1 << 20) + b"x", {}),
        (413, "bundle_too_large", gzip.compress(b" " * (4 << 20) + b"x"), {"Content-Encoding": "gzip"}),
        (415, "unsupported_encoding", bundle(), {"Content-Encoding": "br"}),
    ],
)
def test_a_refused_bundle_has_a_code_and_is_counted(
    ask: Asked, status: int, code: str, body: bytes, headers: dict[str, str]
) -> None:
    answer = ask("POST", "/rec/bundle", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"message", "code"}
    assert is_bare(answer)
    assert ask.counters.refusals() == {code: 1}


def test_a_page_of_another_device_is_a_conflict(ask: Asked) -> None:
    page = str(uuid.uuid4())
    assert ask("POST", "/rec/bundle", content=bundle(page=page)).status_code == 200
    assert ask("POST", "/rec/bundle", content=bundle(page=page)).status_code == 409


def test_a_body_that_only_grows_too_large_on_the_way_is_refused(ask: Asked) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536

    answer = ask("POST", "/rec/bundle", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "bundle_too_large")


def test_a_store_that_fails_is_said_to_be_unavailable_and_asked_again() -> None:
    answer = Asked(FailingStore(StoreError("disk full")))("POST", "/rec/bundle", content=bundle())
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert is_bare(answer)


@pytest.mark.parametrize(("method", "path"), [("POST", "/rec/bundle"), ("GET", "/s/settings/o1/v1/web")])
def test_a_bug_of_ours_is_answered_without_its_text(method: str, path: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = Asked(FailingStore(RuntimeError("a-secret")))(method, path, content=bundle())
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert is_bare(answer)
    assert "RuntimeError" in caplog.text
    assert "a-secret" not in answer.text + caplog.text


@pytest.mark.parametrize("path", ["/rec/bundle", "/s/fs.js", "/s/settings/o1/v1/web", "/rec/nothing"])
def test_a_preflight_is_answered(ask: Asked, path: str) -> None:
    answer = ask("OPTIONS", path, headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-encoding" in answer.headers["access-control-allow-headers"]
    assert is_bare(answer)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/rec/bundle", "POST"), ("DELETE", "/s/fs.js", "GET, HEAD"), ("PUT", "/rec/bundle", "POST")],
)
def test_another_method_is_not_allowed(ask: Asked, method: str, path: str, allowed: str) -> None:
    answer = ask(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == f"{allowed}, OPTIONS"
    assert is_bare(answer)


def test_the_script_is_javascript_for_every_origin(ask: Asked) -> None:
    answer = ask("GET", "/s/fs.js?org=o1", headers={"Origin": "https://a.example"})
    assert answer.content == SCRIPTS["fs.js"]
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == "*"
    head = ask("HEAD", "/s/fs.js", headers={"Accept-Encoding": "identity"})
    assert (head.content, head.headers["content-length"]) == (b"", str(len(SCRIPTS["fs.js"])))


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, gzip;q=0.8", "gzip"),
        ("identity", None),
        ("gzip;q=0, identity", None),
        ("br, gzip; q=0.0", None),
        ("", None),
    ],
)
def test_the_sdk_is_compressed_for_who_accepts_it(ask: Asked, accepted: str, encoding: str | None) -> None:
    answer = ask("GET", "/s/fs.js", headers={"Accept-Encoding": accepted})
    assert answer.content == SCRIPTS["fs.js"]
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize(
    "path", ["/s/other.js", "/s/../fs.js", "/s/", "/rec/", "/s/settings/o1", "/s/settings//v1/web"]
)
def test_an_unknown_path_is_not_found(ask: Asked, path: str) -> None:
    answer = ask("GET", path)
    assert answer.status_code == 404
    assert is_bare(answer)


def test_settings_have_every_member_of_the_contract(ask: Asked) -> None:
    answer = ask("GET", "/s/settings/o1/v1/web")
    assert answer.json() == {
        "org": "o1",
        "capture": True,
        "idle_ms": 1_800_000,
        "age_ms": 86_400_000,
        "split_on_identify": False,
        "auto": {"click": True, "navigate": True, "exception": True, "visibility": True, "change": True},
        "blocks": [],
    }
    assert "set-cookie" not in answer.headers


def test_settings_say_what_the_org_chose(ask: Asked) -> None:
    chosen = OrgSettings(split_on_identify=True, blocks=(Block(".card", "mask"),))
    ask.store.submit(lambda transaction: transaction.add_org(Org(ORG.id, ORG.secret, chosen))).result()
    told = ask("GET", "/s/settings/o1/v1/web").json()
    assert told["split_on_identify"] is True
    assert told["blocks"] == [{"selector": ".card", "block": "mask"}]


def test_settings_of_an_unknown_org_are_not_found(ask: Asked) -> None:
    answer = ask("GET", "/s/settings/nobody/v1/web")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_org")


def test_a_cookie_that_is_sent_is_neither_read_nor_set(ask: Asked) -> None:
    answer = ask("POST", "/rec/bundle", content=bundle(), headers={"Cookie": "fs_uid=#o1#x:y:1"})
    assert answer.json() == {"stored": 1}
    assert "set-cookie" not in answer.headers


def test_over_a_socket_a_chunked_body_without_content_type_is_taken(service: RunningService) -> None:
    halves = iter([bundle()[:0], bundle()])
    answer = httpx.post(f"{service.base}/rec/bundle", content=halves)
    assert answer.json() == {"stored": 1}


def test_over_a_socket_a_body_too_large_by_its_length_is_refused_and_the_service_goes_on(
    service: RunningService,
) -> None:
    try:
        refused = httpx.post(f"{service.base}/rec/bundle", content=b" " * (3 << 20))
        assert refused.status_code == 413
    except httpx.TransportError:
        pass  # it may hang up while the body is still being sent
    assert httpx.post(f"{service.base}/rec/bundle", content=bundle()).json() == {"stored": 1}


def test_over_a_socket_nothing_is_said_of_the_server_and_no_cookie_is_set(service: RunningService) -> None:
    for path in ("/healthz", "/s/settings/o1/v1/web", "/rec/bundle"):
        answer = httpx.get(f"{service.base}{path}")
        assert "server" not in answer.headers
        assert "set-cookie" not in answer.headers


def test_healthz_says_that_it_is_well(service: RunningService) -> None:
    answer = httpx.get(f"{service.base}/healthz")
    assert answer.json()["status"] == "ok"
    assert answer.headers["cache-control"] == "no-store"


def test_metrics_count_operations_by_outcome(service: RunningService) -> None:
    httpx.post(f"{service.base}/rec/bundle", content=bundle())
    assert (
        'passerby_operations_total{outcome="stored"}'
        in httpx.get(f"{service.base}/metrics", headers={"Authorization": "Basic na1.key-of-the-collector"}).text
    )


def test_a_deep_folder_is_made_for_the_data(tmp_path: Path) -> None:
    with running_service(tmp_path / "a" / "b", "--log", "off") as running:
        assert httpx.get(f"{running.base}/healthz").status_code == 200
    assert (tmp_path / "a" / "b" / "passerby.db").exists()
