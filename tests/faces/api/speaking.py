"""Speaking with the API in tests: the real routes over a real store, with a clock that is set and a worker by hand."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.testclient import TestClient

from passerby.base.token import digest
from passerby.faces.api import Desk, api_routes
from passerby.faces.dashboard import page_beside
from passerby.faces.errors import error_handlers
from passerby.ingest.recording import record
from passerby.jobs.work import work_of
from passerby.jobs.worker import Worker
from passerby.store.contract import Key, Store
from passerby.wire.decode import decode
from tests.worlds import ORG, CountedIds, SetClock

KEYS = {"admin": "na1.all", "read": "na1.read", "capture": "na1.write"}


class Api:
    """One service and everyone who speaks with it."""

    def __init__(self, store: Store, requests_per_second: int = 0) -> None:
        self.store, self.clock, self.ids = store, SetClock(), CountedIds()
        for scope, key in KEYS.items():
            store.submit(lambda t, s=scope, k=key: t.add_key(Key(digest(k), ORG.id, s, s, 0))).result()
        self.worker = Worker(store, self.clock, work_of(store, self.clock, self.ids), "test")
        desk = Desk(store, self.clock, self.ids, lambda: None)
        routes = api_routes(desk, requests_per_second)
        app = Starlette(routes=routes, exception_handlers=error_handlers(page_beside()))
        self.client = TestClient(app, "http://api.example", headers={"Authorization": f"Basic {KEYS['admin']}"})

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        answer = self.client.post(path, json=body, headers={n.replace("_", "-"): v for n, v in headers.items()})
        assert answer.status_code == status, answer.text
        return answer.json()

    def delete(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = self.client.delete(path, params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    def work(self) -> None:
        """Do all that is due."""
        while self.worker.run_due():
            pass

    def browse(self, body: bytes) -> None:
        """A bundle arrives from a browser."""
        bundle = decode(body, "", self.clock.ms)
        self.store.submit(lambda t: record(t, bundle)).result()
