"""One operation has one time, AT-8's, wherever it is shown."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from passerby.base.ids import DeviceId
from passerby.query import happened, sessions
from passerby.query.timeline import timeline_of_devices
from passerby.wire.instants import iso_text as iso
from tests.faces.api.speaking import Api
from tests.faces.api.test_segments import download, location
from tests.worlds import ORG

DEVICE, SESSION, SLOW, FAST = (f"{n}0000000-0000-4000-8000-000000000000" for n in "1234")
LATER = "50000000-0000-4000-8000-000000000000"


def deliver(api: Api, page: str, took_ms: int, *ops: dict[str, Any], session: str = SESSION, n: int = 1) -> None:
    """A bundle that was sent 100 ms after its last operation and travelled `took_ms`; `t` is ms since the clock."""
    base = api.clock.ms
    stamped = [{"n": n + index, **op, "t": base + op["t"]} for index, op in enumerate(ops)]
    sent = stamped[-1]["t"] + 100
    envelope = {
        "v": 1, "org": "o1", "device": DEVICE, "session": session, "page": page, "sdk": "browser/1",
        "started": base, "sent": sent, "ops": stamped,
    }  # fmt: skip
    api.clock.ms = sent + took_ms
    api.browse(msgspec.json.encode(envelope))
    api.clock.ms = base


@pytest.fixture
def made(api: Api) -> dict[str, int]:
    """Two tabs of one session, one of them behind a slow network; when each thing was made by the browser's clock."""
    base = api.clock.ms
    deliver(api, SLOW, 3000, {"op": "event", "name": "first", "t": 100}, {"op": "identify", "uid": "u", "t": 200})
    deliver(api, FAST, 40, {"op": "event", "name": "second", "t": 900})
    deliver(api, SLOW, 2500, {"op": "event", "name": "third", "t": 1000}, n=3)
    deliver(api, FAST, 30, {"op": "event", "name": "fourth", "t": 1100}, n=2)
    deliver(api, SLOW, 5000, {"op": "end", "why": "anonymize", "t": 1200}, n=4)
    api.clock.ms += 10_000
    made = {"first": 100, "identify": 200, "second": 900, "third": 1000, "fourth": 1100, "session_end": 1200}
    fastest = 30
    return {name: base + t + fastest for name, t in made.items()}


def written(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["EventCustomName"] or row["EventType"]: row["EventStart"] for row in rows}


def of_session(api: Api) -> dict[str, str]:
    return _of_api(api.get(f"/v2/sessions/{DEVICE}:{SESSION}/events")["events"])


def of_user(api: Api) -> dict[str, str]:
    user = api.get("/v2/users", uid="u")["results"][0]["id"]
    return _of_api(api.get(f"/v2/users/{user}/events")["events"])


def of_individual(api: Api) -> dict[str, str]:
    return _of_api(api.get("/users/v1/individual/u/events")["events"])


def _of_api(events: list[dict[str, Any]]) -> dict[str, str]:
    return {event["event_properties"].get("event_name", event["event_type"]): event["event_time"] for event in events}


def of_json(api: Api) -> dict[str, str]:
    return written(download(api, location(api, format="FORMAT_JSON")).json())


def of_ndjson(api: Api) -> dict[str, str]:
    lines = download(api, location(api, format="FORMAT_NDJSON")).text.splitlines()
    return written([json.loads(line) for line in lines])


def of_csv(api: Api) -> dict[str, str]:
    rows = csv.DictReader(download(api, location(api, format="FORMAT_CSV")).text.splitlines())
    return written(list(rows))


@pytest.mark.parametrize("read", [of_session, of_user, of_individual, of_json, of_ndjson, of_csv])
def test_every_read_shows_the_time_that_the_fastest_bundle_tells(
    api: Api, made: dict[str, int], read: Callable[[Api], dict[str, str]]
) -> None:
    assert read(api) == {name: iso(at_ms) for name, at_ms in made.items()}


def test_what_is_held_of_a_user_comes_with_the_same_times(api: Api, made: dict[str, int]) -> None:
    user = api.get("/v2/users", uid="u")["results"][0]["id"]
    (device,) = api.get(f"/v2/users/{user}/export")["devices"]
    operations = [op for piece in device["pieces"] for op in piece["operations"]]
    assert sorted(op["made_at_ms"] for op in operations) == sorted(made.values())


def test_a_reason_cites_an_operation_at_the_same_time(api: Api, made: dict[str, int]) -> None:
    reasons = api.get(f"/v2/sessions/{DEVICE}:{SESSION}/why")["reasons"]
    cited = {reason["operation"]["call"]: reason["operation"]["time"] for reason in reasons if "operation" in reason}
    assert cited == {"identify": iso(made["identify"]), "end": iso(made["session_end"])}


def test_a_timeline_has_what_changed_identity_at_the_same_time(api: Api, made: dict[str, int]) -> None:
    with api.store.read() as reader:
        (lane,) = timeline_of_devices(reader, ORG, [DeviceId(DEVICE)], api.clock.ms, 10).lanes
    assert {boundary.why: boundary.at_ms for boundary in lane.boundaries} == {
        "identify": made["identify"],
        "anonymize": made["session_end"],
    }
    (stay,) = lane.stays
    assert stay.session.began_at_ms <= made["identify"] <= made["session_end"] == stay.until_ms


def test_a_range_of_an_export_is_of_the_times_that_it_shows(api: Api, made: dict[str, int]) -> None:
    shown = download(api, location(api, timeRange={"start": iso(made["second"]), "end": iso(made["fourth"])})).json()
    assert sorted(row["EventCustomName"] for row in shown) == ["second", "third"]


def test_a_page_keeps_its_order_when_it_goes_on_into_another_session(api: Api) -> None:
    deliver(api, SLOW, 4000, {"op": "event", "name": "before", "t": 0}, {"op": "end", "why": "shutdown", "t": 100})
    deliver(api, SLOW, 20, {"op": "event", "name": "after", "t": 300}, session=LATER, n=3)
    api.clock.ms += 10_000
    events = download(api, location(api, format="FORMAT_JSON")).json()
    times = written(events)
    assert times["before"] <= times["session_end"] <= times["after"]
    assert times["after"] == of_later(api)


def of_later(api: Api) -> str:
    (event,) = api.get(f"/v2/sessions/{DEVICE}:{LATER}/events")["events"]
    time: str = event["event_time"]
    return time


def test_an_export_remembers_a_bounded_number_of_bundles(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happened, "PIECES_MAX", 3)
    base = api.clock.ms
    for number in range(8):
        session = f"6{number}000000-0000-4000-8000-000000000000"
        page = f"7{number}000000-0000-4000-8000-000000000000"
        deliver(api, page, 500, {"op": "event", "name": f"slow {number}", "t": 0}, session=session)
        deliver(api, page, 20, {"op": "event", "name": f"fast {number}", "t": 10}, session=session, n=2)
    keeper = happened.Timekeeper(ORG.id)
    with api.store.read() as reader:
        told = [at_ms - base for piece in reader.pieces_after(ORG.id, 0, 100) for at_ms in keeper.times(reader, piece)]
        assert told == [20, 30] * 8
        assert sum(len(times.told) for times in keeper._known.values()) <= 3


@pytest.mark.usefixtures("made")
def test_in_a_session_of_more_than_is_read_together_an_operation_has_one_time_too(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (happened, sessions):
        monkeypatch.setattr(place, "PIECES_MAX", 3)
    shown = of_session(api)
    assert len(shown) == 6
    assert shown == written(download(api, location(api, format="FORMAT_JSON")).json())


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("together", [3, 20_000])
def test_events_of_a_session_come_in_pages(api: Api, monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    for place in (happened, sessions):
        monkeypatch.setattr(place, "PIECES_MAX", together)
    path = f"/v2/sessions/{DEVICE}:{SESSION}/events"
    whole = api.get(path)
    assert "next_page_token" not in whole or whole["next_page_token"] is None
    found: list[Any] = []
    token: dict[str, str] = {}
    while True:
        answer = api.get(path, limit=2, **token)
        assert len(answer["events"]) <= 2
        found += answer["events"]
        if not answer.get("next_page_token"):
            break
        token = {"page_token": answer["next_page_token"]}
    assert found == whole["events"]
    assert len(found) > 2
    for limit in (0, 1001):
        assert api.get(path, 400, limit=limit)["code"] == "invalid_argument"
