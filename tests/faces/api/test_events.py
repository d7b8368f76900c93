"""Events and batches over HTTP (AP-6, AP-8)."""

from __future__ import annotations

import pytest

from tests.faces.api.speaking import Api
from tests.faces.api.test_users import DEVICE, SESSION, bundle


def test_an_event_of_a_user_is_answered_with_nothing(api: Api) -> None:
    assert api.post("/v2/events", {"name": "e", "user": {"uid": "u"}}) == {}


def test_an_event_without_a_name_is_refused_in_the_known_words(api: Api) -> None:
    refused = api.post("/v2/events", {"name": "", "user": {"uid": "u"}}, 400)
    assert refused["code"] == "invalid_argument"
    assert "events must have a non-empty name" in refused["message"]
    assert api.post("/v2/events", {}, 400)["code"] == "required_field"


def test_an_event_goes_into_the_session_that_it_names(api: Api) -> None:
    api.browse(bundle(api, {"op": "page", "url": "https://x/"}, {"op": "identify", "uid": "u"}))
    api.clock.ms += 1000
    api.post("/v2/events", {"name": "Ticket", "session": {"id": f"{DEVICE}:{SESSION}"}, "context": {
        "browser": {"url": "https://y/p?q", "user_agent": "UA"}, "location": {"city": "B", "ip_address": "9.9.9.9"},
    }})  # fmt: skip
    events = api.get(f"/v2/sessions/{DEVICE}:{SESSION}/events")["events"]
    assert [event["event_type"] for event in events] == ["navigate", "identify", "custom"]
    assert events[2]["source_properties"] == {
        "url": {"full_url": "https://y/p?q", "host": "y", "path": "/p", "query": "q"},
        "user_agent": {"raw_user_agent": "UA"},
        "location": {"city": "B"},
    }
    assert api.get(f"/v2/sessions/{SESSION}:{DEVICE}/events", 404)["code"] == "resource_not_found"


def test_a_batch_of_events_tells_what_became_of_each(api: Api) -> None:
    requests = [{"name": "ok", "user": {"uid": "u"}, "properties": {"a": 1}}, {"name": ""}, {"name": "ok"}]
    job = api.post(
        "/v2/events/batch", {"requests": requests, "shared": {"context": {"browser": {"url": "https://x/"}}}}
    )
    path = f"/v2/events/batch/{job['job']['id']}"
    assert api.get(f"{path}/imports", 202) == job
    assert api.get(f"{path}/errors", 202) == job
    api.work()
    status = api.get(path)
    assert (status["imports"], status["errors"], status["job"]["status"]) == (2, 1, "FAILED")
    assert status["job"]["finished"] == "2025-06-15T15:06:40.000Z"
    imports = api.get(f"{path}/imports")
    assert imports["total_records"] == "2"
    assert imports["results"][0]["user"]["uid"] == "u"
    assert imports["results"][0]["properties"] == {"a": 1}
    assert imports["results"][0]["outcome"] == "stored"
    errors = api.get(f"{path}/errors")["results"]
    assert [(error["code"], error["event"]) for error in errors] == [("invalid_argument", {"name": ""})]


def test_an_event_with_its_own_context_under_a_shared_one_fails(api: Api) -> None:
    context = {"browser": {"url": "https://x/"}}
    requests = [{"name": "a", "context": context}, {"name": "b"}]
    job = api.post("/v2/events/batch", {"requests": requests, "shared": {"context": context}})
    api.work()
    status = api.get(f"/v2/events/batch/{job['job']['id']}")
    assert (status["imports"], status["errors"]) == (1, 1)


def test_a_batch_of_users_shows_them_as_they_are(api: Api) -> None:
    job = api.post("/v2/users/batch", {"requests": [{"uid": "u", "display_name": "Una"}]}, Idempotency_Key="k")
    assert api.post("/v2/users/batch", {"requests": [{"uid": "u", "display_name": "Una"}]}, Idempotency_Key="k") == job
    api.work()
    path = f"/v2/users/batch/{job['job']['id']}"
    assert api.get(path)["job"]["status"] == "COMPLETED"
    (user,) = api.get(f"{path}/imports", include_schema="true")["results"]
    assert (user["uid"], user["display_name"], user["schema"]) == ("u", "Una", {"properties": {}})
    api.get(f"/v2/events/batch/{job['job']['id']}", 404)


def test_too_large_a_batch_is_refused(api: Api) -> None:
    refused = api.post("/v2/users/batch", {"requests": [{}] * 50_001}, 400)
    assert refused["code"] == "too_many_requests_in_batch"


def test_an_item_that_waits_when_its_user_is_erased_is_not_done_after(api: Api) -> None:
    api.post("/v2/users", {"uid": "gone"})
    job = api.post("/v2/users/batch", {"requests": [{"uid": "gone", "email": "e"}, {"uid": "stays"}]})
    api.delete("/v2/users", uid="gone")
    api.work()
    status = api.get(f"/v2/users/batch/{job['job']['id']}")
    assert (status["imports"], status["errors"]) == (1, 0)
    assert [user["uid"] for user in api.get("/v2/users")["results"]] == ["stays"]


@pytest.mark.parametrize("timestamp", [None, "0001-01-01T00:00:00Z"])
def test_a_time_that_nobody_set_is_the_time_of_receipt(api: Api, timestamp: str | None) -> None:
    api.post("/v2/events", {"name": "e", "user": {"uid": "u"}, "timestamp": timestamp})
    (event,) = [one for one in api.get("/users/v1/individual/u/events")["events"] if one["event_type"] == "custom"]
    assert event["event_time"] == "2025-06-15T15:06:40.000Z"
    for other in ("0001-01-01T00:00:01Z", "1969-12-31T23:59:59Z", ""):
        assert api.post("/v2/events", {"name": "e", "timestamp": other}, 400)["code"] == "invalid_argument"


def test_an_empty_session_is_none(api: Api) -> None:
    assert api.post("/v2/events", {"name": "e", "session": {"id": ""}}) == {}
    assert api.post("/v2/events", {"name": "e", "session": {"id": ""}, "user": {"uid": "u"}}) == {}
    assert api.get("/v2/users")["total_records"] == "2"


def test_an_apps_own_name_for_a_session_is_kept_with_the_event(api: Api) -> None:
    requests = [{"name": "e", "user": {"uid": "u"}, "session": {"uid": "visit 7"}, "context": {"browser": {}}}]
    assert api.post("/v2/events", requests[0]) == {}
    job = api.post("/v2/events/batch", {"requests": requests})["job"]
    api.work()
    events = [one for one in api.get("/users/v1/individual/u/events")["events"] if one["event_type"] == "custom"]
    assert [(one["session_id"], one["source_properties"]) for one in events] == [
        (None, {"session": {"uid": "visit 7"}})
    ] * 2
    (imported,) = api.get(f"/v2/events/batch/{job['id']}/imports")["results"]
    assert imported["session"] == {"uid": "visit 7"}
    assert api.get("/sessions/v2", uid="u")["sessions"] == []
    api.post("/v2/events", {"name": "e", "session": {"uid": "x" * 257}}, 400)


def test_an_import_in_the_other_spelling_is_told_as_it_came_to_be(api: Api) -> None:
    event = {"name": "e", "user": {"uid": "u"}, "context": {"browser": {"initial_referer": "https://r/"}}}
    job = api.post("/v2/events/batch", {"requests": [event]})["job"]
    api.work()
    (imported,) = api.get(f"/v2/events/batch/{job['id']}/imports")["results"]
    assert imported["context"] == {"browser": {"initial_referrer": "https://r/"}}
