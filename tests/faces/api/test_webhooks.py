"""Webhooks: made over the API, told in what happened (AP-11)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest

from passerby.jobs import delivery
from passerby.jobs.courier import Undelivered
from passerby.jobs.delivery import ATTEMPTS_MAX
from passerby.jobs.teller import Teller
from tests.faces.api.speaking import Api
from tests.faces.api.test_users import DEVICE, PAGE, SESSION, bundle

EVERY = [
    {"eventName": name} for name in ("recording.event.custom", "session.ended", "user.identified", "user.anonymized")
]


class Listener:
    """A destination that answers as it is told and remembers what came."""

    def __init__(self) -> None:
        self.answers: list[int | str] = []
        self.heard: list[tuple[str, Mapping[str, str], bytes]] = []

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.heard.append((url, headers, body))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, str):
            raise Undelivered(answer)
        return answer

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.heard]


class Told:
    """An API with a webhook and someone who listens."""

    def __init__(self, api: Api, events: list[dict[str, str]]) -> None:
        self.api, self.listener = api, Listener()
        self.hook = api.post("/webhooks/v1/endpoints", {"url": "https://hooks.example/in", "eventTypes": events})
        self.teller = Teller(api.store, api.clock, self.listener, "https://p.example")

    def work(self) -> None:
        self.api.work()
        while self.teller.run_due():
            pass

    def log(self) -> list[dict[str, Any]]:
        found = self.api.get(f"/webhooks/v1/endpoints/{self.hook['id']}/deliveries")["results"]
        assert isinstance(found, list)
        return found


@pytest.fixture
def told(api: Api) -> Told:
    return Told(api, EVERY)


def test_everything_that_happens_is_told_once(told: Told) -> None:
    visit = bundle(
        told.api,
        {"op": "identify", "uid": "u", "properties": {"plan": "pro"}},
        {"op": "event", "name": "Bought", "properties": {"amount": 3}},
        {"op": "end", "why": "anonymize"},
    )
    told.api.browse(visit)
    told.api.browse(visit)
    told.work()
    names = [(found["eventName"], found["version"]) for found in told.listener.told()]
    assert sorted(names) == sorted((event["eventName"], 1) for event in EVERY)
    bought = next(found["data"] for found in told.listener.told() if found["eventName"] == "recording.event.custom")
    assert bought["name"] == "Bought"
    assert bought["properties"] == {"amount": 3.0}
    assert bought["user"]["uid"] == "u"
    assert bought["sessionUrl"] == f"https://p.example/ui/o1/session/{DEVICE}:{SESSION}"


def test_the_signature_verifies_as_the_contract_says(told: Told) -> None:
    told.api.post("/v2/events", {"name": "e"})
    told.work()
    ((url, headers, body),) = told.listener.heard
    parts = dict(part.split(":", 1) for part in headers["Fullstory-Signature"].split(","))
    signed = body + f":{parts['o']}:{parts['t']}".encode()
    wanted = base64.b64encode(hmac.new(told.hook["secret"].encode(), signed, hashlib.sha256).digest()).decode()
    assert url == "https://hooks.example/in"
    assert (parts["o"], int(parts["t"]), parts["v"]) == ("o1", told.api.clock.ms // 1000, wanted)


def test_a_webhook_is_told_only_of_what_it_wants(api: Api) -> None:
    told = Told(api, [{"eventName": "recording.event.custom", "subcategory": "Bought"}])
    for name in ("Bought", "Sold"):
        api.post("/v2/events", {"name": name, "user": {"uid": "u"}})
    told.work()
    assert [found["data"]["name"] for found in told.listener.told()] == ["Bought"]


def test_a_delivery_that_failed_is_tried_again_later_and_later(told: Told) -> None:
    told.listener.answers = [500, "timeout", 302, 204]
    told.api.post("/v2/events", {"name": "e"})
    for wait_ms in (0, 10_000, 40_000, 160_000):
        told.api.clock.ms += wait_ms - 1
        told.work()
        heard = len(told.listener.heard)
        told.api.clock.ms += 1
        told.work()
        assert len(told.listener.heard) == heard + 1
    (log,) = told.log()
    assert log["state"] == "delivered"
    assert [(attempt.get("status"), attempt.get("error")) for attempt in log["attempts"]] == [
        (500, None),
        (None, "timeout"),
        (302, None),
        (204, None),
    ]


def test_a_delivery_is_given_up_after_its_last_attempt_and_nothing_of_it_is_left(told: Told) -> None:
    told.listener.answers = [500] * 20
    told.api.post("/v2/events", {"name": "secretive"})
    for _ in range(20):
        told.work()
        told.api.clock.ms += 6 * 3_600_000
    assert len(told.listener.heard) == ATTEMPTS_MAX
    assert told.log()[0]["state"] == "given_up"
    with told.api.store.read() as reader:
        (entry,) = reader.entries("o1", "delivery", "", "", 9)  # type: ignore[arg-type]
    assert b"secretive" not in entry.body


def test_a_session_that_falls_silent_is_announced_once_when_its_limit_has_passed(told: Told) -> None:
    told.api.browse(bundle(told.api, {"op": "page", "url": "https://x/"}))
    for minutes in (29, 1, 1, 60):
        told.api.clock.ms += minutes * 60_000
        told.work()
    (found,) = told.listener.told()
    assert (found["eventName"], found["data"]["reason"]) == ("session.ended", "timeout")
    assert found["data"]["sessionId"] == f"{DEVICE}:{SESSION}"


def test_many_sessions_that_fall_silent_at_once_are_announced_in_pieces_and_each_once(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SESSIONS_A_LOOK", 2)
    for n in range(7):
        body = bundle(told.api, {"op": "page", "url": "https://x/"})
        for name in (DEVICE, SESSION, PAGE):
            body = body.replace(name.encode(), f"{name[0]}{n}{name[2:]}".encode())
        told.api.browse(body)
        told.api.clock.ms += n // 5
    told.api.clock.ms += 31 * 60_000
    for _ in range(3):
        told.work()
        told.api.clock.ms += 60_000
    assert len({found["data"]["sessionId"] for found in told.listener.told()}) == len(told.listener.told()) == 7


def test_what_waits_to_be_told_of_an_erased_user_is_forgotten(told: Told) -> None:
    told.api.post("/v2/events", {"name": "e", "user": {"uid": "u"}})
    told.api.delete("/v2/users", uid="u")
    told.api.work()
    told.work()
    assert told.listener.heard == []


def test_the_log_is_forgotten_after_a_week(told: Told) -> None:
    told.api.post("/v2/events", {"name": "e"})
    told.work()
    told.api.clock.ms += 7 * 24 * 3_600_000
    told.work()
    assert told.log() == []


def test_a_webhook_is_listed_changed_and_removed_and_its_secret_shown_once(told: Told) -> None:
    path = f"/webhooks/v1/endpoints/{told.hook['id']}"
    assert "secret" not in told.api.get(path)
    told.api.post(path, {"enabled": False})
    assert [hook["enabled"] for hook in told.api.get("/webhooks/v1/endpoints")["endpoints"]] == [False]
    told.api.post("/v2/events", {"name": "e"})
    told.work()
    assert told.listener.heard == []
    told.api.delete(path)
    told.api.get(path, 404)


@pytest.mark.parametrize(
    "url", ["ftp://x/", "https://", "javascript:alert(1)", "http://x:99999/", "http://a b/", "http://me:secret@x/"]
)
def test_a_url_that_cannot_be_called_is_refused(api: Api, url: str) -> None:
    refused = api.post("/webhooks/v1/endpoints", {"url": url, "eventTypes": EVERY}, 400)
    assert refused["code"] == "invalid_argument"


def test_what_may_be_announced_is_listed_and_each_of_it_can_be_asked_for(api: Api) -> None:
    listed = api.get("/webhooks/v1/event-types")["eventDefs"]
    assert {found["eventName"]: found["hasSubcategories"] for found in listed} == {
        event["eventName"]: event["eventName"] == "recording.event.custom" for event in EVERY
    }
    assert all(found["displayName"] for found in listed)
    for found in listed:
        asked = {"url": "https://hooks.example/", "eventTypes": [{"eventName": found["eventName"]}]}
        api.post("/webhooks/v1/endpoints", asked)
