"""What goes in nested comes out nested, wherever the API shows properties (PR-1.4, AP-5)."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from tests.faces.api.speaking import Api
from tests.faces.api.test_segments import download, location
from tests.faces.api.test_users import DEVICE, SESSION, bundle
from tests.faces.api.test_webhooks import Told

SIGN_UP: Final[dict[str, Any]] = {
    "tier": "gold",
    "sign_up": {"signed_up": True, "at": "2000-10-31T00:00:00Z", "by": {"tags": ["a", "b"]}},
}
ORDER: Final[dict[str, Any]] = {
    "total": 12,
    "products": [{"sku": "a", "price": 1}, {"sku": "b", "size": {"w": 2}}, {"price": 3}],
}
ORDERED: Final = {"event_name": "Order Completed", **ORDER}


@pytest.fixture
def filled(api: Api) -> Api:
    """A user with nested properties, who ordered something in the browser, and another time at a server."""
    ordered = {"op": "event", "name": "Order Completed", "properties": ORDER}
    identified = {"op": "identify", "uid": "u", "properties": SIGN_UP}
    set_page = {"op": "properties", "type": "page", "properties": {"page": {"kind": "shop"}}}
    api.browse(bundle(api, identified, ordered, set_page))
    api.post("/v2/events", {"name": "Order Completed", "user": {"uid": "u"}, "properties": ORDER})
    return api


def exported(api: Api, form: str, **asked: Any) -> list[dict[str, Any]]:
    """The rows of an export."""
    text = download(api, location(api, format=form, **asked)).text
    rows = json.loads(text) if form == "FORMAT_JSON" else [json.loads(line) for line in text.splitlines()]
    assert isinstance(rows, list)
    return rows


def user(api: Api) -> str:
    (found,) = api.get("/v2/users", uid="u")["results"]
    return str(found["id"])


def test_a_user_has_its_properties_as_they_were_given_and_their_types_by_dotted_names(filled: Api) -> None:
    found = filled.get(f"/v2/users/{user(filled)}", include_schema="true")
    (listed,) = filled.get("/v2/users", uid="u", include_schema="true")["results"]
    assert found == listed
    assert found["properties"] == SIGN_UP
    assert found["schema"]["properties"] == {
        "tier": "str", "sign_up.signed_up": "bool", "sign_up.at": "str", "sign_up.by.tags": "strs",
    }  # fmt: skip


def test_types_that_conflict_are_named_with_dots(api: Api) -> None:
    api.post("/v2/users", {"uid": "u", "properties": {"a": {"b": 1}}})
    api.clock.ms += 1
    api.post("/v2/users", {"uid": "u", "properties": {"a": {"b": "x"}}})
    found = api.get(f"/v2/users/{user(api)}", include_schema="true")
    assert found["properties"] == {"a": {"b": "x"}}
    assert found["type_conflicts"] == {"properties": {"a.b": ["real", "str"]}}


def test_a_value_that_became_an_object_stands_beside_its_members(api: Api) -> None:
    api.post("/v2/users", {"uid": "u", "properties": {"a": {"b": 1}}})
    api.clock.ms += 1
    api.post("/v2/users", {"uid": "u", "properties": {"a": "x"}})
    assert api.get(f"/v2/users/{user(api)}")["properties"] == {"a": "x", "a.b": 1}


def test_events_have_theirs_of_a_session_of_a_user_and_of_the_first_version(filled: Api) -> None:
    of_session = filled.get(f"/v2/sessions/{DEVICE}:{SESSION}/events")["events"]
    assert [event["event_properties"] for event in of_session] == [
        {"user_id": "u", "user_properties": SIGN_UP},
        ORDERED,
        {"page": {"kind": "shop"}},
    ]
    for path in (f"/v2/users/{user(filled)}/events", "/users/v1/individual/u/events"):
        events = filled.get(path)["events"]
        assert [event["event_properties"] for event in events if event["event_type"] == "custom"] == [ORDERED, ORDERED]


def test_a_webhook_is_told_them_so(filled: Api) -> None:
    told = Told(filled, [{"eventName": "recording.event.custom"}, {"eventName": "user.identified"}])
    filled.post("/v2/events", {"name": "Order Completed", "user": {"uid": "u"}, "properties": ORDER})
    filled.post("/v2/users", {"uid": "new", "properties": SIGN_UP})
    told.work()
    said = {found["eventName"]: found["data"]["properties"] for found in told.listener.told()}
    assert said == {"recording.event.custom": ORDER, "user.identified": SIGN_UP}


@pytest.mark.parametrize("form", ["FORMAT_JSON", "FORMAT_NDJSON"])
def test_exports_have_them_so(filled: Api, form: str) -> None:
    rows = exported(filled, form, type="TYPE_EVENT")
    assert [row["EventProperties"] for row in rows if row["EventType"] == "custom"] == [ORDER, ORDER]
    (person,) = exported(filled, form, type="TYPE_INDIVIDUAL", fields=["user_*", "UserProperties"])
    assert person == {"user_tier": "gold", "user_sign_up": SIGN_UP["sign_up"], "UserProperties": SIGN_UP}


def test_the_document_of_a_user_has_them_so_with_their_types(filled: Api) -> None:
    context = {"browser": {"url": "https://x/"}, "location": {"city": "B"}}
    filled.post("/v2/events", {"name": "e", "user": {"uid": "u"}, "context": context})
    document = filled.get(f"/v2/users/{user(filled)}/export")
    every = [op for device in document["devices"] for piece in device["pieces"] for op in piece["operations"]]
    ordered = [op for op in every if op.get("name") == "Order Completed"]
    assert [(op["properties"], op["schema"]) for op in ordered] == [
        (ORDER, {"total": "real", "products.sku": "strs", "products.price": "reals", "products.size.w": "reals"})
    ] * 2
    assert all("products" not in op for op in every)
    assert [op["context"] for op in every if op.get("name") == "e"] == [context]
    assert {kept["name"] for kept in document["properties"]} == {
        "tier", "sign_up.signed_up", "sign_up.at", "sign_up.by.tags",
    }  # fmt: skip


def test_an_order_of_before_has_its_products_as_columns(filled: Api) -> None:
    """Such an event was stored without a word of how many there are."""
    columns = {"sku": ["a", "b"], "price": [1]}
    filled.post("/v2/events", {"name": "Order Completed", "user": {"uid": "w"}, "properties": {"products": columns}})
    (event,) = [
        event for event in filled.get("/users/v1/individual/w/events")["events"] if event["event_type"] == "custom"
    ]
    assert event["event_properties"]["products"] == columns
