"""The first version of the server API (AP-14)."""

from __future__ import annotations

from tests.faces.api.speaking import Api
from tests.faces.api.test_users import DEVICE, SESSION, bundle

USER = "/users/v1/individual/u@x.com"


def test_custom_vars_lose_their_suffixes_and_keep_their_types(api: Api) -> None:
    api.post(f"{USER}/customvars", {"displayName": "Una", "seats_int": 3, "plan_str": "pro", "when": {"first_date": 0}})
    (listed,) = api.get("/v2/users", uid="u@x.com", include_schema="true")["results"]
    assert listed["display_name"] == "Una"
    assert listed["properties"] == {"seats": 3, "plan": "pro", "when": {"first": 0}}
    assert listed["schema"] == {"properties": {"seats": "int", "plan": "str", "when.first": "date"}}


def test_custom_events_go_where_they_are_told(api: Api) -> None:
    api.browse(bundle(api, {"op": "identify", "uid": "u@x.com"}))
    api.clock.ms += 1000
    url = f"https://app/ui/o1/session/{DEVICE}%3A{SESSION}"
    api.post(f"{USER}/customevent", {"event": {"event_name": "recent", "use_recent_session": True}})
    api.post(f"{USER}/customevent", {"event": {"event_name": "named", "session_url": url, "event_data": {"a_int": 1}}})
    api.post(f"{USER}/customevent", {"event": {"event_name": "none"}})
    api.post("/users/v1/individual/other/customevent", {"event": {"event_name": "x", "session_url": url}}, 404)
    events = api.get(f"/v2/sessions/{DEVICE}:{SESSION}/events")["events"]
    assert sorted(event["event_properties"].get("event_name", "") for event in events) == ["", "named", "recent"]
    assert len(api.get(f"{USER}/events")["events"]) == 5


def test_an_individual_is_read_and_erased(api: Api) -> None:
    api.browse(bundle(api, {"op": "page", "url": "https://x/"}, {"op": "identify", "uid": "u@x.com"}))
    found = api.get(USER)
    assert (found["uid"], found["numSessions"]) == ("u@x.com", 1)
    pages = api.get(f"{USER}/pages")
    assert [event["event_type"] for event in pages["pages"]] == ["navigate"]
    assert pages["events"] == pages["pages"]
    assert api.delete(USER) == {}
    api.work()
    api.get(USER, 404)


def test_a_uid_with_a_slash_is_a_uid(api: Api) -> None:
    api.post("/users/v1/individual/a%2Fb/customvars", {})
    assert api.get("/users/v1/individual/a%2Fb")["uid"] == "a/b"


def test_several_events_are_all_taken_or_none(api: Api) -> None:
    def told() -> list[str]:
        happened = api.get(f"{USER}/events")["events"]
        return sorted(one["event_properties"]["event_name"] for one in happened if one["event_type"] == "custom")

    api.post(f"{USER}/customevent", {"event": [{"event_name": "a", "event_data": None}, {"eventName": "b"}]})
    assert told() == ["a", "b"]
    refused = api.post(f"{USER}/customevent", {"event": [{"event_name": "c"}, {"event_name": ""}]}, 400)
    assert refused["code"] == "invalid_argument"
    for several in ([], [{"event_name": "d"}] * 51):
        assert "1 to 50" in api.post(f"{USER}/customevent", {"event": several}, 400)["message"]
    assert told() == ["a", "b"]


def test_an_event_names_its_session_by_one_name(api: Api) -> None:
    api.browse(bundle(api, {"op": "identify", "uid": "u@x.com"}))
    event = {"event_name": "e", "device_session": f"{DEVICE}:{SESSION}"}
    api.post(f"{USER}/customevent", {"event": event})
    assert len(api.get(f"/v2/sessions/{DEVICE}:{SESSION}/events")["events"]) == 2
    api.post(f"{USER}/customevent", {"event": {**event, "session_url": "another"}}, 400)
    unknown = api.post(f"{USER}/customevent", {"event": {**event, "session": "x"}}, 400)
    assert unknown["message"] == "unknown field `event.session`"
