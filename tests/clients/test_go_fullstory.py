"""tylermmorton/go-fullstory at a9fdaaf, which has no version: recorded requests.

It sends one kind of request. Go writes out what nobody set: empty objects, an empty session, the year 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.clients.recorded import KEY, Sender, served
from tests.faces.api.test_users import DEVICE, SESSION, bundle

NOTHING = '{"browser":{},"mobile":{},"device":{},"location":{}}'
UNSET = "0001-01-01T00:00:00Z"


@pytest.fixture
def go(tmp_path: Path) -> Iterator[Sender]:
    with served(tmp_path) as api:
        api.browse(bundle(api, {"op": "page", "url": "https://x/"}, {"op": "identify", "uid": "u"}))
        api.clock.ms += 1000
        headers = {"User-Agent": "Go-http-client/1.1", "Authorization": f"Basic {KEY}", "Accept-Encoding": "gzip"}
        yield Sender(api, headers)


@pytest.mark.parametrize(
    "session",
    [f"{DEVICE}:{SESSION}", f"https://p.example/ui/o1/session/{quote(f'{DEVICE}:{SESSION}')}"],
    ids=["id", "address"],
)
def test_an_event_goes_into_the_session_of_a_cookie_or_header(go: Sender, session: str) -> None:
    context = (
        '{"browser":{"url":"https://x/","user_agent":"UA","initial_referer":"https://r/"},'
        '"mobile":{"app_id":"a"},"device":{"screen_width":800},"location":{}}'
    )
    body = (
        f'{{"session":{{"id":"{session}"}},"context":{context},"name":"Paid",'
        '"timestamp":"2025-06-15T15:06:40Z","properties":{"amount":9.5}}'
    )
    assert go.told("POST", "/v2/events", body) == {}
    events = go.told("GET", f"/v2/sessions/{DEVICE}:{SESSION}/events")["events"]
    (event,) = [one for one in events if one["event_type"] == "custom"]
    assert event["event_properties"] == {"event_name": "Paid", "amount": 9.5}
    assert event["source_properties"]["initial_referrer"]["full_url"] == "https://r/"
    assert event["source_properties"]["device"] == {"screen_width": 800}


def test_what_nobody_set_is_not_given(go: Sender) -> None:
    body = f'{{"session":{{"id":""}},"context":{NOTHING},"name":"Paid","timestamp":"{UNSET}"}}'
    assert go.told("POST", "/v2/events", body) == {}
    (user,) = go.told("GET", "/v2/users?is_identified=false")["results"]
    (event,) = go.told("GET", f"/v2/users/{user['id']}/events")["events"]
    assert (event["session_id"], event["source_properties"]) == (None, {})
    assert event["event_time"] == "2025-06-15T15:06:41.000Z"


def test_a_session_that_is_not_there_is_an_error_to_it(go: Sender) -> None:
    body = f'{{"session":{{"id":"{SESSION}:{DEVICE}"}},"context":{NOTHING},"name":"Paid","timestamp":"{UNSET}"}}'
    assert go.refused("POST", "/v2/events", 404, body)["code"] == "resource_not_found"
