"""fullstorydev/fs-lexicon 1.1.0 at a8ac50e, `Fullstory.js`: recorded requests.

Segments, settings, annotations and `/v2/batch` have tests of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.recorded import KEY, Sender, encoded, served
from tests.faces.api.test_users import DEVICE, SESSION, bundle

UID = "ana@x.io"
V1 = f"/users/v1/individual/{encoded(UID)}"


@pytest.fixture
def lexicon(tmp_path: Path) -> Iterator[Sender]:
    with served(tmp_path) as api:
        api.browse(bundle(api, {"op": "page", "url": "https://x/"}, {"op": "identify", "uid": UID}))
        api.clock.ms += 1000
        headers = {"Accept": "application/json", "Integration-Source": "fs-lexicon", "Authorization": f"Basic {KEY}"}
        yield Sender(api, headers)


def names(lexicon: Sender) -> list[str]:
    events = lexicon.told("GET", f"{V1}/events?limit=100")["events"]
    return sorted(one["event_properties"]["event_name"] for one in events if one["event_type"] == "custom")


def test_a_user_is_made_read_patched_and_deleted(lexicon: Sender) -> None:
    body = '{"uid":"bo","display_name":"Bo","email":"bo@x.io","properties":{"last_event":"Paid","source":"webhook"}}'
    path = f"/v2/users/{encoded(lexicon.told('POST', '/v2/users', body)['id'])}"
    lexicon.api.clock.ms += 1
    lexicon.told("PATCH", path, '{"display_name":"Bo B"}')
    read = lexicon.told("GET", path)
    assert (read["display_name"], read["email"], read["properties"]["source"]) == ("Bo B", "bo@x.io", "webhook")
    assert lexicon.told("DELETE", path) == {}


def test_a_field_that_no_user_has_is_named(lexicon: Sender) -> None:
    refused = lexicon.refused("POST", "/v2/users", 400, '{"uid":"bo","avatar_url":"https://x/a.png"}')
    assert refused == {"code": "invalid_argument", "message": "unknown field `avatar_url`"}


def test_users_and_events_are_made_by_the_batch(lexicon: Sender) -> None:
    lexicon.told("POST", "/v2/users/batch", '{"users":[{"uid":"bo"},{"uid":"cy"}]}')
    lexicon.told("POST", "/v2/events/batch", f'{{"events":[{{"name":"Paid","user":{{"uid":"{UID}"}}}}]}}')
    lexicon.api.work()
    assert {user["uid"] for user in lexicon.told("GET", "/v2/users")["results"]} == {UID, "bo", "cy"}
    assert names(lexicon) == ["Paid"]


def test_an_event_goes_into_the_session_that_two_ids_name(lexicon: Sender) -> None:
    (session,) = lexicon.told("GET", f"/sessions/v2?uid={encoded(UID)}&limit=20")["sessions"]
    fused = {"session": {"id": f"{session['userId']}:{session['sessionId']}"}, "name": "Fused", "properties": {"n": 1}}
    assert lexicon.told("POST", "/v2/events", json.dumps(fused)) == {}
    path = f"/v2/sessions/{session['userId']}%3A{session['sessionId']}"
    events = lexicon.told("GET", f"{path}/events?enable_event_cache=true")["events"]
    assert events[-1]["event_properties"] == {"event_name": "Fused", "n": 1}
    link = f"https://app.example/ui/o1/session/{session['userId']}%3A{session['sessionId']}"
    assert lexicon.told("GET", f"/v2/sessions/{encoded(link)}/why")["session_id"] == SESSION


def test_an_event_goes_into_the_most_recent_session(lexicon: Sender) -> None:
    body = f'{{"name":"Seen","user":{{"uid":"{UID}"}},"session":{{"use_most_recent":true}},"properties":{{}}}}'
    assert lexicon.told("POST", "/v2/events", body) == {}
    events = lexicon.told("GET", f"/v2/sessions/{DEVICE}%3A{SESSION}/events")["events"]
    assert events[-1]["event_properties"]["event_name"] == "Seen"


def test_the_first_version_takes_properties_and_lists_of_events(lexicon: Sender) -> None:
    lexicon.told("POST", f"{V1}/customvars", '{"displayName":"Ana","seats_int":3,"isPaying_bool":true}')
    events = (
        '[{"event_name":"a","event_data":{"id_int":1},"timestamp":"2025-06-15T15:06:40Z"},'
        f'{{"event_name":"b","event_data":{{}},"session_url":"https://x.example/ui/o1/session/{DEVICE}%3A{SESSION}"}},'
        f'{{"event_name":"c","event_data":{{}},"device_session":"{DEVICE}:{SESSION}"}},'
        '{"event_name":"d","event_data":{},"use_recent_session":true}]'
    )
    lexicon.told("POST", f"{V1}/customevent", f'{{"event":{events}}}')
    assert names(lexicon) == ["a", "b", "c", "d"]
    (page,) = lexicon.told("GET", f"{V1}/pages?limit=50")["pages"]
    assert page["event_type"] == "navigate"
    (user,) = lexicon.told("GET", f"/v2/users?uid={encoded(UID)}")["results"]
    assert user["display_name"] == "Ana"


@pytest.mark.parametrize(
    "what", ["/v2/sessions/search", f"/v2/sessions/{DEVICE}%3A{SESSION}/context", "/v2/visit_profile"]
)
def test_what_is_not_there_says_so_in_a_form_that_it_reads(lexicon: Sender, what: str) -> None:
    assert lexicon.refused("POST", what, 404, '{"limit":10}')["code"] == "resource_not_found"
