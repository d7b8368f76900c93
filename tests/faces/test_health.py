"""How the service says that it is: alive, ready, and what it counted, to whom it concerns."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from passerby.base.token import digest
from passerby.faces.health import health_routes
from passerby.observe.counters import Counters
from passerby.store.contract import Key, Transaction
from passerby.store.sqlite import SqliteStore
from tests.running import running_service
from tests.store.test_opening import filled, ruin
from tests.worlds import ORG, SetClock

ADMIN_KEY, READ_KEY = "na1.key-of-an-admin-here", "na1.key-of-a-reader-here"


class Service:
    """The health routes over a store of their own."""

    def __init__(self, path: Path) -> None:
        self.store, self.clock, self.counters = SqliteStore(path), SetClock(), Counters()
        self.leaving = threading.Event()
        self.counters.watch("1.2.3", self.store.sizes, lambda: 7)
        routes = health_routes(self.store, self.clock, self.counters, "1.2.3", self.leaving.is_set)
        self.client = TestClient(Starlette(routes=routes))

    def ready(self) -> tuple[int, str | None]:
        answer = self.client.get("/readyz")
        return answer.status_code, answer.json().get("why")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "passerby.db")
    with made.client:
        yield made
    made.store.close()


def test_it_is_ready_while_its_store_does_its_work(service: Service) -> None:
    assert service.ready() == (200, None)


def test_it_is_not_while_it_stops_though_it_is_alive(service: Service) -> None:
    service.leaving.set()
    assert service.ready() == (503, "the service is stopping")
    assert service.client.get("/healthz").status_code == 200


def test_it_is_not_once_its_store_is_closed(service: Service) -> None:
    service.store.close()
    assert service.ready() == (503, "the store is closed")


def test_it_is_not_once_damage_was_met(tmp_path: Path) -> None:
    filled(tmp_path / "passerby.db")
    ruin(tmp_path / "passerby.db")
    service = Service(tmp_path / "passerby.db")
    with service.client:
        assert service.ready() == (200, None)
        service.clock.ms += 1000
        with pytest.raises(Exception, match="malformed"), service.store.read() as reader:
            reader.pieces_after(ORG.id, 0, 1000)
        assert service.ready() == (503, "the database is damaged")
    service.store.close()


def test_it_is_not_while_the_disk_is_full(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passerby.store.sqlite.engine._FREE_BYTES_MIN", 1 << 60)
    assert service.ready() == (503, "the disk is full")


def test_it_is_not_while_the_writer_does_not_answer_and_asking_often_costs_one_question(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("passerby.faces.health._WRITER_ANSWERS_WITHIN_S", 0.2)
    may_end, asked = threading.Event(), 0
    submit = service.store.submit

    def counted(work: object) -> object:
        nonlocal asked
        asked += 1
        return submit(work)  # type: ignore[arg-type,type-var]

    monkeypatch.setattr(service.store, "submit", counted)
    submit(lambda _transaction: may_end.wait(20))
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: service.ready(), range(40))) == {(503, "the store is busy")}
    assert asked == 1
    may_end.set()
    service.clock.ms += 1000
    assert service.ready() == (200, None)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Basic no-such-key"}, 401),
        ({"Authorization": f"Basic {READ_KEY}"}, 403),
        ({"Authorization": f"Basic {ADMIN_KEY}"}, 200),
        ({"Authorization": f"Bearer {ADMIN_KEY}"}, 200),
    ],
)
def test_metrics_are_for_an_admins_key(service: Service, headers: dict[str, str], status: int) -> None:
    def add(transaction: Transaction) -> None:
        transaction.add_org(ORG)
        transaction.add_key(Key(digest(ADMIN_KEY), ORG.id, "admin", "", 0))
        transaction.add_key(Key(digest(READ_KEY), ORG.id, "capture read", "", 0))

    service.store.submit(add).result()
    answer = service.client.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("passerby_operations_total" in answer.text or "passerby_build" in answer.text) == (status == 200)


def test_metrics_say_how_large_the_files_are(service: Service) -> None:
    told = service.counters.text().decode()
    values = dict(line.rsplit(" ", 1) for line in told.splitlines() if not line.startswith("#"))
    assert float(values["passerby_database_bytes"]) > 0
    assert float(values["passerby_disk_free_bytes"]) > 0
    assert values['passerby_build{version="1.2.3"}'] == "1.0"
    assert "process_resident_memory_bytes" in values
    assert values["passerby_devices_being_placed"] == "7.0"


def test_metrics_say_how_long_commits_hold_others_up(service: Service) -> None:
    service.store.watch_commits(service.counters.observe_commit)
    service.store.submit(lambda transaction: transaction.add_org(ORG)).result()
    service.store.submit(lambda _: time.sleep(0.3)).result()
    service.store.submit(lambda _: None).result()  # what a commit took is told after it is answered
    told = service.counters.text().decode()
    values = dict(line.rsplit(" ", 1) for line in told.splitlines() if not line.startswith("#"))
    every, quick = (float(values[f'passerby_commit_seconds_bucket{{le="{most}"}}']) for most in ("+Inf", "0.25"))
    assert quick >= 1
    assert every - quick == 1


def test_a_port_of_their_own_answers_this_machine_without_a_key(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with running_service(tmp_path, "--log", "off", "--metrics-port", str(port)) as service:
        assert httpx.get(f"{service.base}/metrics").status_code == 401
        assert "passerby_build" in httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert httpx.get(f"{service.base}/readyz").json() == {"status": "ready"}
