"""Fullstory Anywhere's activation SDK, 1.0.0-alpha.0: users, events and sessions, as recorded requests.

`@fullstory/activation-sdk` is in no registry. Its requests are those of its source at
fullstorydev/fullstory-anywhere-activation f63448b; the `fs` command line sends the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.recorded import KEY, Sender, encoded, served
from tests.faces.api.test_users import DEVICE, SESSION, bundle

NAME = f"{DEVICE}:{SESSION}"


@pytest.fixture
def sdk(tmp_path: Path) -> Iterator[Sender]:
    with served(tmp_path) as api:
        headers = {"Accept": "application/json", "Authorization": f"Basic {KEY}", "integration-source": ""}
        yield Sender(api, headers)


@pytest.fixture
def seen(sdk: Sender) -> Sender:
    """Somebody was there with a browser."""
    sdk.api.browse(bundle(sdk.api, {"op": "page", "url": "https://x/"}, {"op": "identify", "uid": "u"}))
    sdk.api.clock.ms += 1000
    return sdk


def as_it_parses(urlOrId: str) -> str:
    """What its sessions make of an address over https, or of an id."""
    rest = urlOrId.rpartition(":")[2] if urlOrId.startswith("https://") else urlOrId
    return rest.replace("!", ":", 1)


def test_a_user_is_made_with_one_spelling_and_changed_with_the_other(sdk: Sender) -> None:
    made = sdk.told("POST", "/v2/users", '{"uid":"u 1","email":"u@x.io","displayName":"Una","properties":{"n":1}}')
    assert list(made) == ["id"]
    path = f"/v2/users/{made['id']}"
    read = sdk.told("GET", f"{path}?include_schema=true")
    assert (read["display_name"], read["email"], read["schema"]["properties"]) == ("Una", "u@x.io", {"n": "real"})
    assert read["is_being_deleted"] is False
    sdk.api.clock.ms += 1
    assert sdk.told("POST", path, '{"display_name":"Una B"}') == made
    listed = sdk.told("GET", "/v2/users?uid=u%201&display_name=Una%20B&is_identified=true&include_schema=false")
    assert ([user["id"] for user in listed["results"]], listed["total_records"]) == ([made["id"]], "1")
    assert sdk.told("DELETE", path) == {}


def test_users_are_imported(sdk: Sender) -> None:
    users = '{"requests":[{"uid":"a","displayName":"A"},{"uid":"undefined","displayName":"B"}]}'
    job = sdk.told("POST", "/v2/users/batch", users)["job"]
    assert job["status"] == "PROCESSING"
    sdk.api.work()
    (user,) = sdk.told("GET", f"/v2/users/batch/{job['id']}/imports")["results"]
    assert (user["uid"], user["display_name"]) == ("a", "A")
    (failed,) = sdk.told("GET", f"/v2/users/batch/{job['id']}/errors")["results"]
    assert (failed["code"], failed["user"]) == ("placeholder_uid", {"uid": "undefined", "displayName": "B"})


@pytest.mark.parametrize("who", ["uid=u", "email=u%40x.io"])
def test_sessions_are_listed_to_the_last_page(seen: Sender, who: str) -> None:
    api = seen.api
    seen.told("POST", "/v2/users", '{"uid":"u","email":"u@x.io"}')
    for n in range(100):
        api.clock.ms += 1
        session = f"5{n:07}-0000-4000-8000-000000000000"
        api.browse(
            bundle(api, {"op": "page", "n": n + 10, "url": "https://x/"}).replace(SESSION.encode(), session.encode())
        )
    found: list[Any] = []
    query = f"limit=100&{who}"
    while query:
        page = seen.told("GET", f"/sessions/v2?{query}")
        found += page["sessions"]
        token = page.get("pagination_token")
        query = token and f"limit=100&{who}&pagination_token={encoded(token)}"
    assert len({session["sessionId"] for session in found}) == len(found) == 101
    assert found[-1]["sessionId"] == SESSION
    assert found[-1]["createdTime"] == "1750000000"


def test_what_it_makes_of_a_listed_session_is_its_name(seen: Sender) -> None:
    (session,) = seen.told("GET", "/sessions/v2?limit=100&uid=u")["sessions"]
    joined = f"{session['userId']}:{session['sessionId']}"
    ours = f"https://p.example:8443/ui/o1/session/{encoded(NAME)}"  # as fs.js gives it
    theirs = f"https://p.example/ui/o1/session/{session['userId']}:{DEVICE}!{SESSION}"
    for name in (joined, joined.replace(":", "!"), session["fsUrl"], ours, ours.replace(":8443", ""), theirs):
        events = seen.told("GET", f"/v2/sessions/{encoded(as_it_parses(name))}/events")["events"]
        assert [(event["device_id"], event["session_id"], event["event_type"]) for event in events] == [
            (DEVICE, SESSION, "navigate"),
            (DEVICE, SESSION, "identify"),
        ]


def test_an_event_is_made_in_a_session(seen: Sender) -> None:
    event = f'{{"name":"Ticket","session":{{"id":"{NAME}"}},"timestamp":"2025-06-15T15:06:41Z","properties":{{"n":7}}}}'
    assert seen.told("POST", "/v2/events", event) == {}
    events = seen.told("GET", f"/v2/sessions/{encoded(NAME)}/events")["events"]
    assert events[-1]["event_properties"] == {"event_name": "Ticket", "n": 7}
    assert events[-1]["event_time"] == "2025-06-15T15:06:41.000Z"


def test_events_are_imported(seen: Sender) -> None:
    context = '{"browser":{"initial_referrer":"https://r/"},"mobile":{},"location":{"ip_address":"9.9.9.9"}}'
    events = (
        f'[{{"name":"a","session":{{"id":"{NAME}","uid":"visit 7"}},"context":{context}}},'
        '{"name":"b","user":{"uid":"u"},"session":{"use_most_recent":true},"schema":{"properties":{"n":"int"}},'
        f'"properties":{{"n":1}}}},{{"name":"c","session":{{"id":"{SESSION}:{DEVICE}"}}}}]'
    )
    job = seen.told("POST", "/v2/events/batch", f'{{"requests":{events}}}')["job"]
    seen.api.work()
    imports = seen.told("GET", f"/v2/events/batch/{job['id']}/imports")["results"]
    assert [(found["name"], found["session"]) for found in imports] == [
        ("a", {"id": NAME, "uid": "visit 7"}),
        ("b", {"id": NAME}),
    ]
    (failed,) = seen.told("GET", f"/v2/events/batch/{job['id']}/errors")["results"]
    assert (failed["code"], failed["event"]["name"]) == ("resource_not_found", "c")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", f"/v2/sessions/{encoded(NAME)}/summary?config_profile=p"),
        ("POST", f"/v2/sessions/{encoded(NAME)}/context"),
        ("GET", "/v2/visit_profile"),
        ("PUT", "/v2/visit_profile/p"),
    ],
)
def test_what_is_not_there_says_so_in_a_form_that_it_reads(seen: Sender, method: str, target: str) -> None:
    body = "{}" if method in ("POST", "PUT") else None
    assert seen.refused(method, target, 404, body)["code"] == "resource_not_found"
