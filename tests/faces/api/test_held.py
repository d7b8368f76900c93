"""Somebody all of whom is being placed again: whoever asks is told so, and may erase them (AT-2.3, PV-2.4)."""

from __future__ import annotations

import pytest

from passerby.ingest import erasing, holding
from passerby.jobs import batch
from passerby.jobs.work import work_of
from passerby.jobs.worker import Worker
from passerby.model.operation import Event, Identify
from tests.faces.api.speaking import Api
from tests.held import device_of, hold, send, visit
from tests.worlds import ORG

DEVICE = device_of(1)


@pytest.fixture
def user(api: Api) -> str:
    """The id of Ann, who is held."""
    visit(api.store, 1, "ann")
    (found,) = api.get("/v2/users", uid="ann")["results"]
    hold(api.store, 1, "ann")
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
    send(api.store, 1, 5, {"op": "event", "name": "late"})
    worker = erasures(api)
    while worker.run_due():
        pass
    place(api)
    assert [found for found in api.get("/v2/users")["results"] if "uid" in found] == []
    with api.store.read() as reader:
        stored = [op for piece in reader.pieces_after(ORG.id, 0, 99) for op in piece.operations]
        assert not any(isinstance(op, Identify) or (isinstance(op, Event) and op.name == "late") for op in stored)
        assert not reader.has_device(ORG.id, DEVICE)


def test_an_erasure_does_not_wait_for_ever(api: Api, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "step", lambda *_args, **_given: True)  # it never gets any further
    api.delete(f"/v2/users/{user}")
    worker = erasures(api)
    for _ in range(50):
        assert worker.run_due()
    with api.store.read() as reader:
        assert reader.has_device(ORG.id, DEVICE)
    api.clock.ms += erasing.WAITS_MS
    while worker.run_due():
        pass
    with api.store.read() as reader:
        assert not reader.has_device(ORG.id, DEVICE)


def test_of_what_is_placed_again_a_document_says_how_much_it_leaves_out(api: Api) -> None:
    visit(api.store, 1, "ann")
    hold(api.store, 2, "ann")
    (found,) = api.get("/v2/users", uid="ann")["results"]
    document = api.get(f"/v2/users/{found['id']}/export")
    assert (document["being_placed"], [device["id"] for device in document["devices"]]) == (1, [device_of(1)])
    place(api)
    document = api.get(f"/v2/users/{found['id']}/export")
    assert [device["id"] for device in document["devices"]] == [device_of(1), device_of(2)]
    assert "being_placed" not in document


def test_an_item_of_a_batch_about_a_held_device_goes_with_its_erasure(api: Api, user: str) -> None:
    api.post("/v2/events/batch", {"requests": [{"name": "Paid", "user": {"id": DEVICE}}]})
    api.delete(f"/v2/users/{user}")
    with api.store.read() as reader:
        assert reader.entries(ORG.id, batch.ITEM, "", "", 9) == []
