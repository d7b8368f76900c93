"""Events and batches over HTTP (AP-6, AP-8)."""

from __future__ import annotations

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


def test_imported_events_are_shown_as_they_were_sent_and_where_they_went(api: Api) -> None:
    api.browse(bundle(api, {"op": "page", "url": "https://x/"}))
    properties = {"sign_up": {"signed_up": True, "no": None, "at": []}, "1x": None, "e f": 2, "n": 5}
    requests = [
        {"name": "in", "session": {"id": f"{DEVICE}:{SESSION}"}, "timestamp": "2025-06-15T15:06:40Z"},
        {"name": "out", "user": {"uid": 7}, "properties": properties, "schema": {"n": "int"}},
    ]
    shared = {"context": {"browser": {"url": "https://y/"}, "location": {"city": "B", "ip_address": "9.9.9.9"}}}
    job = api.post("/v2/events/batch", {"requests": requests, "shared": shared})
    api.clock.ms += 5000
    api.work()
    within, without = api.get(f"/v2/events/batch/{job['job']['id']}/imports")["results"]
    context = {"browser": {"url": "https://y/"}, "location": {"city": "B"}}
    assert within == {
        "name": "in",
        "timestamp": "2025-06-15T15:06:40Z",
        "user": {"id": DEVICE},
        "session": {"id": f"{DEVICE}:{SESSION}"},
        "context": context,
        "outcome": "stored",
    }
    (listed,) = api.get("/v2/users", uid="7")["results"]
    assert without == {
        "name": "out",
        "timestamp": "2025-06-15T15:06:45.000Z",
        "user": {"id": listed["id"], "uid": "7"},
        "properties": properties,
        "schema": {"n": "int"},
        "context": context,
        "outcome": "stored",
        "notes": [{"code": "scrubbed_name", "name": "e_f"}],
    }


def test_an_address_that_a_batch_brings_is_kept_nowhere(api: Api) -> None:
    location = {"location": {"ip_address": "9.9.9.9", "city": "B"}}
    requests = [
        {"name": "taken", "context": location},
        {"name": "", "context": location},
        {"nam": "not an event", "context": {"location": {"ipAddress": "9.9.9.9", "city": "B"}}},
        {"name": "no context", "context": None},
        7,
    ]
    job = api.post("/v2/events/batch", {"requests": requests})
    path = f"/v2/events/batch/{job['job']['id']}"

    def kept() -> str:
        with api.store.read() as reader:
            kinds = ("item", "import", "failure", "job")
            return "".join(str(entry.body) for kind in kinds for entry in reader.entries("o1", kind, "", "", 99))

    assert "taken" in kept()
    assert "9.9.9" not in kept()
    api.work()
    assert "9.9.9" not in kept()
    assert [event["context"] for event in api.get(f"{path}/imports")["results"][:1]] == [{"location": {"city": "B"}}]
    assert [failed["event"] for failed in api.get(f"{path}/errors")["results"]] == [
        {"name": "", "context": {"location": {"city": "B"}}},
        {"nam": "not an event", "context": {"location": {"city": "B"}}},
        7,
    ]
    api.post("/v2/events/batch", {"requests": [{"name": "e"}], "shared": {"context": location}})
    assert "9.9.9" not in kept()


def test_a_job_is_told_in_both_places_and_found_by_its_id_alone(api: Api) -> None:
    for kind, request in (("users", {"uid": "undefined"}), ("events", {"name": ""})):
        made = api.post(f"/v2/{kind}/batch", {"requests": [request]})["job"]
        path, either = f"/v2/{kind}/batch/{made['id']}", f"/v2/batch/{made['id']}"
        assert api.get(path) == {**made, "imports": 0, "errors": 0, "job": made} == api.get(either)
        assert api.get(f"{either}/errors", 202) == {"job": made}
        api.work()
        over = {**made, "status": "FAILED", "finished": "2025-06-15T15:06:40.000Z"}
        assert api.get(path) == {**over, "imports": 0, "errors": 1, "job": over} == api.get(either)
        assert api.get(f"{path}/errors") == api.get(f"{either}/errors")
        assert [failed[kind[:-1]] for failed in api.get(f"{either}/errors")["results"]] == [request]
    assert api.get("/v2/batch/none", 404)["code"] == "resource_not_found"


def test_a_refused_event_comes_with_what_its_batch_shares(api: Api) -> None:
    shared = {"context": {"browser": {"url": "https://x/"}}}
    for given, expected in ((shared, [shared]), (None, [None]), ({}, [None])):
        job = api.post("/v2/events/batch", {"requests": [{"name": ""}], "shared": given})
        api.work()
        errors = api.get(f"/v2/events/batch/{job['job']['id']}/errors")["results"]
        assert [failed.get("shared") for failed in errors] == expected


def test_imported_users_are_shown_as_they_were_sent(api: Api) -> None:
    properties = {"sign_up": {"signed_up": True, "at": "2000-10-31T00:00:00Z"}, "no": None}
    sent = {"uid": "u", "display_name": "Una", "email": "u@x", "properties": properties}
    job = api.post(
        "/v2/users/batch", {"requests": [sent, {"display_name": "Anon"}, {"uid": "u", "properties": {"uid": 1}}]}
    )
    api.work()
    first, second, third = api.get(f"/v2/users/batch/{job['job']['id']}/imports")["results"]
    (listed,) = api.get("/v2/users", uid="u")["results"]
    assert first == {**sent, "id": listed["id"]}
    assert second == {"id": second["id"], "display_name": "Anon"}
    assert third == {
        "id": listed["id"],
        "uid": "u",
        "properties": {"uid": 1},
        "notes": [{"code": "uid_in_properties", "name": "uid"}],
    }


def test_a_batch_of_users_shows_their_schema_as_it_is(api: Api) -> None:
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
