"""A document about a user that may not be told on is seen to be broken by whoever asked for it (PV-2.3)."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from passerby.ingest import erasing
from passerby.query import exporting
from tests.faces.api.speaking import Api


@contextmanager
def served(api: Api) -> Iterator[str]:
    """The API on a port of its own: where it listens."""
    server = uvicorn.Server(uvicorn.Config(api.client.app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def path(api: Api, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a user with ten events whose document comes in many chunks, and who begins to be erased after some."""
    monkeypatch.setattr(exporting, "_CHUNK_BYTES", 1)
    monkeypatch.setattr(exporting, "PAGE_PIECES_MAX", 1)
    made = api.post("/v2/users", {"uid": "u"})
    for n in range(10):
        api.post("/v2/events", {"name": f"e{n}", "user": {"uid": "u"}})
    asked = itertools.count()
    monkeypatch.setattr(erasing, "is_erased_device", lambda *_: next(asked) > 9)
    return f"/v2/users/{made['id']}/export"


def test_the_connection_ends_before_the_answer_and_what_came_is_no_json(api: Api, path: str) -> None:
    came: list[bytes] = []
    with served(api) as base, httpx.stream("GET", base + path, headers=api.client.headers) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            came.extend(answer.iter_bytes())
    text = b"".join(came)
    assert b'"operations"' in text
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def test_of_somebody_who_is_being_erased_there_is_no_document(api: Api) -> None:
    made = api.post("/v2/users", {"uid": "u"})
    api.delete("/v2/users", uid="u")
    assert api.get(f"/v2/users/{made['id']}/export", 410)["code"] == "erased"
    api.work()
    api.get(f"/v2/users/{made['id']}/export", 404)
