"""Wherever a session is named, any of its names will do, and none that contradicts itself (AP-17)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.faces.api.speaking import Api
from tests.faces.api.test_users import DEVICE, SESSION, bundle

NAME = f"{DEVICE}:{SESSION}"
PAGE = "https://p.example/ui/o1/session/"
OTHER = "40000000-0000-4000-8000-000000000000"
NAMES = [
    NAME,
    quote(NAME),
    SESSION,
    f"{OTHER}:{NAME}",
    f"{OTHER}:{DEVICE}!{SESSION}",
    f"{NAME}:1750000000000",
    PAGE + NAME,
    f"{PAGE}{quote(NAME)}?from=100#t",
]


@pytest.fixture
def seen(api: Api) -> Api:
    api.browse(bundle(api, {"op": "page", "url": "https://x/"}, {"op": "identify", "uid": "u"}))
    api.clock.ms += 1000
    return api


def names_of_events(api: Api) -> list[str]:
    events = api.get(f"/v2/sessions/{NAME}/events")["events"]
    return [event["event_properties"]["event_name"] for event in events if event["event_type"] == "custom"]


def test_a_listed_session_is_two_halves_that_make_its_name(seen: Api) -> None:
    (session,) = seen.get("/sessions/v2", uid="u")["sessions"]
    assert (session["userId"], session["sessionId"]) == (DEVICE, SESSION)
    assert session["fsUrl"] == f"http://api.example/ui/o1/session/{NAME}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("what", ["events", "why"])
def test_it_is_read_by_any_of_its_names(seen: Api, name: str, what: str) -> None:
    assert seen.get(f"/v2/sessions/{quote(name, safe='')}/{what}") == seen.get(f"/v2/sessions/{NAME}/{what}")


def test_it_is_read_by_a_name_that_nobody_encoded(seen: Api) -> None:
    assert seen.client.get(f"/v2/sessions/{OTHER}:{DEVICE}!{SESSION}/events").status_code == 200
    assert seen.client.get(f"/v2/sessions/{PAGE}{NAME}/events").status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_an_event_goes_there_by_any_of_its_names(seen: Api, name: str) -> None:
    assert seen.post("/v2/events", {"name": "told", "session": {"id": name}}) == {}
    assert names_of_events(seen) == ["told"]


@pytest.mark.parametrize("name", NAMES)
def test_an_imported_event_goes_there_by_any_of_its_names(seen: Api, name: str) -> None:
    job = seen.post("/v2/events/batch", {"requests": [{"name": "told", "session": {"id": name}}]})["job"]
    seen.work()
    (imported,) = seen.get(f"/v2/events/batch/{job['id']}/imports")["results"]
    assert imported["session"]["id"] == NAME
    assert names_of_events(seen) == ["told"]


@pytest.mark.parametrize("name", NAMES)
def test_an_event_of_the_first_version_goes_there_by_any_of_its_names(seen: Api, name: str) -> None:
    event: dict[str, Any] = {"event_name": "told", "session_url": name}
    seen.post("/users/v1/individual/u/customevent", {"event": event})
    assert names_of_events(seen) == ["told"]


@pytest.mark.parametrize("name", [f"{OTHER}:{SESSION}", f"{DEVICE}:{OTHER}", OTHER, DEVICE, f"{DEVICE}:{DEVICE}", "x"])
def test_a_name_that_is_wrong_or_of_another_device_names_nothing(seen: Api, name: str) -> None:
    seen.post("/v2/events", {"name": "told", "user": {"id": DEVICE}})
    for what in ("events", "why"):
        assert seen.get(f"/v2/sessions/{name}/{what}", 404)["code"] == "resource_not_found"
    assert seen.post("/v2/events", {"name": "e", "session": {"id": name}}, 404)["code"] == "resource_not_found"


def test_what_stands_behind_a_session_is_no_path(seen: Api) -> None:
    assert seen.get(f"/v2/sessions/{NAME}/rubbish/events", 404)["code"] == "resource_not_found"
    assert "no such path" in seen.get(f"/v2/sessions/{NAME}/rubbish", 404)["message"]
