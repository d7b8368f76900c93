"""Somebody all of whom is being placed again: whoever asks is told so, and may erase them (AT-2.3, PV-2.4)."""

from __future__ import annotations

import msgspec
import pytest

from passerby.base.ids import DeviceId
from passerby.ingest import erasing, holding, learning
from passerby.ingest.recording import record
from passerby.jobs.work import work_of
from passerby.jobs.worker import Worker
from passerby.model.operation import Event, Identify
from passerby.wire.decode import decode
from tests.faces.api.speaking import Api
from tests.worlds import ORG

DEVICE, SESSION, PAGE, OTHER_PAGE = (f"{n}0000000-0000-4000-8000-000000000000" for n in "1234")


def send(api: Api, page: str, *ops: dict[str, object]) -> None:
    stamped = [{"n": n, "t": api.clock.ms - 1000, **op} for n, op in enumerate(ops, 1)]
    ids = {"v": 1, "org": "o1", "device": DEVICE, "session": SESSION, "page": page}
    body = msgspec.json.encode({**ids, "started": api.clock.ms, "sent": api.clock.ms, "ops": stamped})
    api.store.submit(lambda t: record(t, decode(body, "", api.clock.ms))).result()


@pytest.fixture
def user(api: Api, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of Ann, who is held: something of another page comes to light that lies past an end."""
    monkeypatch.setattr(learning, "AT_ONCE_MAX", 0)
    send(api, PAGE, {"op": "identify", "uid": "ann", "properties": {"plan": "pro"}})
    (found,) = api.get("/v2/users", uid="ann")["results"]
    send(api, OTHER_PAGE, {"op": "event", "name": "e"})
    send(api, PAGE, *[{"op": "event", "name": "e"}] * 2, {"op": "end", "why": "anonymize", "t": api.clock.ms - 5000})
    with api.store.read() as reader:
        assert reader.device(ORG.id, DeviceId(DEVICE)).is_held
    return str(found["id"])


def erasures(api: Api) -> Worker:
    every = work_of(api.store, api.clock, api.ids)
    kinds = (erasing.ERASING, erasing.SCRUBBING)
    return Worker(api.store, api.clock, {kind: every[kind] for kind in kinds}, "erasures")


def place(api: Api) -> None:
    holding.work_off_all(api.store, api.clock.ms)


def test_whoever_asks_is_told_to_ask_again_and_nothing_is_shown(api: Api, user: str) -> None:
    assert api.get("/v2/users")["results"] == []
    for path in (f"/v2/users/{user}", f"/v2/users/{DEVICE}", f"/v2/users/{user}/events", "/users/v1/individual/ann"):
        assert api.get(path, status=503)["code"] == "unavailable", path
    place(api)
    assert api.get(f"/v2/users/{user}")["uid"] == "ann"
    assert api.get(f"/v2/users/{DEVICE}")["uid"] == "ann"


@pytest.mark.usefixtures("user")
def test_a_report_about_a_device_that_is_nobodys_just_now_is_not_taken_for_anybody(api: Api) -> None:
    event = {"name": "Paid", "user": {"id": DEVICE}}
    assert api.post("/v2/events", event, status=503)["code"] == "unavailable"
    place(api)
    api.post("/v2/events", event)


@pytest.mark.parametrize("name", ["user", "device", "uid"])
def test_they_can_be_erased_meanwhile_under_each_of_their_names(api: Api, user: str, name: str) -> None:
    if name == "uid":
        api.delete("/v2/users", uid="ann")
    else:
        api.delete(f"/v2/users/{user if name == 'user' else DEVICE}")
    send(api, "50000000-0000-4000-8000-000000000000", {"op": "event", "name": "late"})
    worker = erasures(api)
    while worker.run_due():
        pass
    place(api)
    assert [found for found in api.get("/v2/users")["results"] if "uid" in found] == []
    with api.store.read() as reader:
        stored = [op for piece in reader.pieces_after(ORG.id, 0, 99) for op in piece.operations]
        assert not any(isinstance(op, Identify) or (isinstance(op, Event) and op.name == "late") for op in stored)
        assert not reader.has_device(ORG.id, DeviceId(DEVICE))


def test_an_erasure_does_not_wait_for_ever(api: Api, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "step", lambda *_args, **_given: True)  # it never gets any further
    api.delete(f"/v2/users/{user}")
    worker = erasures(api)
    for _ in range(50):
        assert worker.run_due()
    with api.store.read() as reader:
        assert reader.has_device(ORG.id, DeviceId(DEVICE))
    api.clock.ms += erasing.WAITS_MS
    while worker.run_due():
        pass
    with api.store.read() as reader:
        assert not reader.has_device(ORG.id, DeviceId(DEVICE))
