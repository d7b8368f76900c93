"""The columns of exports (AP-10)."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import msgspec
import pytest

from passerby.base.ids import Uid, UserId
from passerby.faces.api import columns
from passerby.faces.api.shapes import happening_shape
from passerby.model.operation import Identify
from passerby.model.outcome import Outcome
from passerby.query import exporting
from passerby.query.exporting import Wanted
from passerby.query.happened import Happening
from passerby.store.contract import Person
from tests.faces.api.speaking import Api
from tests.faces.api.test_segments import download, location
from tests.faces.api.test_users import DEVICE, PAGE, SESSION, bundle
from tests.store.pieces import piece

CONTEXT = {
    "browser": {"user_agent": "Mozilla/5.0", "initial_referrer": "https://before.example/"},
    "mobile": {"app_name": "Till", "app_id": "com.example.till", "app_version": "2.1"},
    "device": {
        "manufacturer": "Acme", "model": "T1", "screen_width": 800, "screen_height": 600, "viewport_width": 790,
        "viewport_height": 590,
    },
    "location": {"latitude": 52.5, "longitude": -13.4},
}  # fmt: skip
WAREHOUSE = {
    "event_id", "event_time", "processed_time", "updated_time", "device_id", "session_id", "view_id", "event_type",
    "event_properties", "source_type", "source_properties", "user_display_name", "user_email",
}  # fmt: skip


@pytest.fixture
def filled(api: Api) -> Api:
    """A visit with an operation of each kind, and an event of a server outside of any session."""
    api.browse(
        bundle(
            api,
            {"op": "page", "url": "https://x/p", "title": "P", "referrer": "https://r/"},
            {"op": "identify", "uid": "u", "properties": {"displayName": "Ann", "email": "u@x", "plan": "pro"}},
            {"op": "event", "name": "Bought", "properties": {"amount": 3, "n": 2}, "schema": {"n": "int"}},
            {"op": "properties", "type": "page", "properties": {"pageName": "Cart", "items": 2}},
            {"op": "properties", "type": "user", "properties": {"seats_left": "4"}},
            {"op": "event", "name": "Pay", "type": "click", "properties": {"selector": "#pay", "text": "Pay now"}},
            {"op": "event", "name": "hidden", "type": "visibility"},
            {
                "op": "event",
                "name": "x is null",
                "type": "exception",
                "properties": {"message": "x is null", "source": "a.js"},
            },
            {"op": "log", "level": "warn", "message": "careful"},
            {"op": "consent", "granted": True},
            {"op": "end", "why": "shutdown"},
        )
    )
    api.post("/v2/events", {"name": "Paid", "context": CONTEXT})
    return api


def rows_of(api: Api, *fields: str, **asked: Any) -> list[dict[str, Any]]:
    """The rows of an export, with these columns."""
    found: list[dict[str, Any]] = download(api, location(api, fields=list(fields), **asked)).json()
    return found


def test_without_fields_every_row_has_every_column(filled: Api) -> None:
    rows = rows_of(filled)
    assert len(rows) == 12
    assert all(tuple(row) == columns.EVENT_FIELDS for row in rows)
    assert set(columns.EVENT_FIELDS) > WAREHOUSE
    paid = rows[-1]
    nothing = {"SessionId", "SessionStart", "session_id", "UserAppKey", "UserDisplayName", "UserEmail", "PageUrl"}
    assert {name for name, value in paid.items() if value is None} == nothing | {"user_display_name", "user_email"}


def test_the_columns_of_the_warehouse_are_those_of_a_sessions_events(filled: Api) -> None:
    told = filled.get(f"/v2/sessions/{DEVICE}:{SESSION}/events")["events"]
    shared = WAREHOUSE - {"user_display_name", "user_email"}
    rows = [row for row in rows_of(filled) if row["session_id"]]
    assert [{name: row[name] for name in shared} for row in rows] == [
        {name: one[name] for name in shared} for one in told
    ]
    assert {(row["user_display_name"], row["user_email"]) for row in rows} == {("Ann", "u@x")}


def test_an_event_says_when_it_was_stored(api: Api) -> None:
    api.post("/v2/events", {"name": "late", "timestamp": "2025-06-01T00:00:00Z", "user": {"uid": "u"}})
    (row,) = [row for row in rows_of(api) if row["EventCustomName"] == "late"]
    assert (row["event_time"], row["processed_time"]) == ("2025-06-01T00:00:00.000Z", "2025-06-15T15:06:40.000Z")
    assert row["updated_time"] == row["processed_time"]


def test_an_identify_has_the_name_and_the_address_of_whom_it_named(filled: Api) -> None:
    identify = next(row for row in rows_of(filled) if row["event_type"] == "identify")["event_properties"]
    assert identify == {
        "user_id": "u", "user_display_name": "Ann", "user_email": "u@x",
        "user_properties": {"displayName": "Ann", "email": "u@x", "plan": "pro"},
    }  # fmt: skip


def test_an_identify_that_tells_no_name_has_the_users_but_never_anothers(api: Api) -> None:
    """The second identify is of somebody else on the same device: it goes to a substitute (AT-4)."""
    api.post("/v2/users", {"uid": "ann", "display_name": "Ann", "email": "ann@x"})
    api.post("/v2/users", {"uid": "bo", "display_name": "Bo"})
    api.browse(bundle(api, {"op": "identify", "uid": "ann"}, {"op": "identify", "uid": "bo"}))
    told = [row["event_properties"] for row in rows_of(api) if row["source_type"] == "web"]
    names = [(one["user_id"], one["user_display_name"], one.get("user_email")) for one in told]
    assert sorted(names) == [("ann", "Ann", "ann@x"), ("bo", "Bo", None)]


def test_an_identify_never_has_the_name_of_somebody_else() -> None:
    """Wherever it may be kept: whom it named decides."""
    at = Happening(piece(1, Identify(n=1, t=1, at=1, uid="bo")), Identify(n=1, t=1, at=1, uid="bo"), Outcome.STORED, 1)
    ann = Person(UserId("a"), Uid("ann"), "Ann", "ann@x", 0, 0)
    assert happening_shape(at, ann).event_properties == {"user_id": "bo", "user_properties": {}}
    assert happening_shape(at, None).event_properties == {"user_id": "bo", "user_properties": {}}


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (0, {"PageUrl": "https://x/p", "PageRefererUrl": "https://r/", "PagePlatform": "Web", "EventType": "navigate"}),
        (2, {"EventCustomName": "Bought", "EventType": "custom"}),
        (3, {"PageName": "Cart", "EventType": "page_properties"}),
        (5, {"EventTargetText": "Pay now", "EventTargetSelector": "#pay", "EventType": "click"}),
        (6, {"EventSubType": "hidden", "EventType": "visibility"}),
        (
            7,
            {
                "EventTargetText": "x is null", "EventSubType": "uncaught", "EventWebSourceFileUrl": "a.js",
                "EventType": "exception",
            },
        ),
        (8, {"EventTargetText": "careful", "EventSubType": "warn", "EventType": "console_message"}),
        (
            11,
            {
                "EventCustomName": "Paid", "EventType": "custom", "PageUserAgent": "Mozilla/5.0",
                "PageRefererUrl": "https://before.example/", "AppName": "Till", "AppPackageName": "com.example.till",
                "AppVersion": "2.1", "AppDeviceVendor": "Acme", "AppDeviceModel": "T1", "PageScreenWidth": 800,
                "PageScreenHeight": 600, "PageViewportWidth": 790, "PageViewportHeight": 590,
                "PageLatLong": "52.5,-13.4",
            },
        ),
    ],
)  # fmt: skip
def test_a_column_has_what_the_operation_tells(filled: Api, number: int, wanted: dict[str, Any]) -> None:
    asked = (
        "EventType", "EventSubType", "EventCustomName", "EventTargetText", "EventTargetSelector", "PageName",
        "EventWebSourceFileUrl", "PageUrl", "PageRefererUrl", "PageUserAgent", "PageLatLong", "PageScreenWidth",
        "PageScreenHeight", "PageViewportWidth", "PageViewportHeight", "AppName", "AppPackageName", "AppVersion",
        "AppDeviceModel", "AppDeviceVendor",
    )  # fmt: skip
    told = rows_of(filled, *asked, "PagePlatform")[number]
    there = {"PageUrl": "https://x/p"} if number < 11 else {}
    assert {name: told[name] for name in told if name in wanted or name in asked} == wanted | there


def test_an_event_is_where_its_page_was(api: Api) -> None:
    """The bundles come out of order: of what came before the known address of its page nothing is told."""

    def came(first: int, *ops: dict[str, Any]) -> None:
        body = bundle(api, *({"n": n, **op} for n, op in enumerate(ops, first)))
        api.browse(body)

    came(5, {"op": "event", "name": "e"}, {"op": "page", "url": "https://x/2"}, {"op": "event", "name": "g"})
    came(1, {"op": "event", "name": "a"}, {"op": "page", "url": "https://x/1"}, {"op": "event", "name": "c"})
    came(8, {"op": "event", "name": "h"})
    rows = rows_of(api, "PageUrl", "EventCustomName")
    assert [row.get("EventCustomName", "-") + row.get("PageUrl", "")[-1:] for row in rows] == [
        "e", "-2", "g2", "a", "-1", "c1", "h2",
    ]  # fmt: skip


def test_it_is_remembered_of_a_bounded_number_of_pages(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_ADDRESSES_MAX", 1)
    other = PAGE.replace("0000-4000", "cafe-4000")
    for page, n, op in (
        (PAGE, 1, {"op": "page", "url": "https://x/1"}),
        (PAGE, 2, {"op": "event", "name": "b"}),
        (other, 1, {"op": "page", "url": "https://x/2"}),
        (PAGE, 3, {"op": "event", "name": "c"}),
    ):
        api.browse(bundle(api, {"n": n, **op}).replace(PAGE.encode(), page.encode()))
    assert [row.get("PageUrl") for row in rows_of(api, "PageUrl")] == [
        "https://x/1",
        "https://x/1",
        "https://x/2",
        None,
    ]


def test_a_page_is_told_as_a_whole(api: Api) -> None:
    base = api.clock.ms
    for number, times in enumerate(([100, 300], [900, 1500])):
        ops = [{"op": "event", "n": 2 * number + n, "t": base + t, "name": f"{t}"} for n, t in enumerate(times, 1)]
        envelope = {
            "v": 1, "org": "o1", "device": DEVICE, "session": SESSION, "page": PAGE, "sdk": "ios/1",
            "started": base, "sent": base + times[-1], "ops": ops,
        }  # fmt: skip
        api.clock.ms = base + times[-1]
        api.browse(msgspec.json.encode(envelope))
    rows = rows_of(
        api, "EventPageOffset", "EventSessionOffset", "PageStart", "PageDuration", "PageNumEvents", "PagePlatform",
        "SessionStart", "UserCreated",
    )  # fmt: skip
    assert [row.pop("EventPageOffset") for row in rows] == [0, 200, 800, 1400]
    assert [row.pop("EventSessionOffset") for row in rows] == [0, 200, 800, 1400]
    start = "2025-06-15T15:06:40.100Z"
    whole = {"PageStart": start, "PageDuration": 1400, "PageNumEvents": 4, "PagePlatform": "iOS"}
    assert rows == 4 * [{**whole, "SessionStart": start, "UserCreated": start}]


def test_a_device_was_first_seen_in_its_first_session(api: Api) -> None:
    api.browse(bundle(api, {"op": "identify", "uid": "u"}))
    api.clock.ms += 3_600_000
    later = bundle(api, {"op": "event", "name": "later"}).decode()
    for old in (SESSION, PAGE):
        later = later.replace(old, old.replace("0000-4000", "cafe-4000"))
    api.browse(later.encode())
    assert api.get("/sessions/v2", uid="u")["sessions"][1:]
    assert {row["UserCreated"] for row in rows_of(api, "UserCreated")} == {"2025-06-15T15:06:40.000Z"}
    api.post("/v2/events", {"name": "of nobody known"})
    assert rows_of(api, "UserCreated")[-1] == {"UserCreated": "2025-06-15T16:06:40.000Z"}


def test_nothing_is_looked_up_that_is_not_asked_for() -> None:
    assert columns.EVENTS.wanted(columns.EVENT_FIELDS) == Wanted()
    assert columns.INDIVIDUALS.wanted(columns.INDIVIDUAL_FIELDS) == Wanted(properties=True)
    assert columns.EVENTS.wanted(["user_plan", "UserCreated"]) == Wanted(properties=True, devices=True)
    assert columns.INDIVIDUALS.wanted(["LastSessionSec", "user_email"]) == Wanted(sessions=True)


@pytest.mark.parametrize(
    ("field", "number", "value"),
    [
        ("user_plan", 2, "pro"),
        ("user_plan_str", 2, "pro"),
        ("user_plan_int", 2, None),
        ("user_seats_left", 2, "4"),
        ("user_seats_left_str", 2, "4"),
        ("user_email", 2, "u@x"),
        ("user_displayName", 2, "Ann"),
        ("user_none", 2, None),
        ("evt_amount", 2, 3.0),
        ("evt_amount_real", 2, 3.0),
        ("evt_amount_int", 2, None),
        ("evt_n_int", 2, 2),
        ("evt_items", 3, None),
        ("page_items", 3, 2.0),
        ("page_pageName", 3, "Cart"),
        ("page_items", 2, None),
        ("page_plan", 4, None),
        ("evt_plan", 1, None),
        ("else_*", 2, None),
        ("EventId*", 2, None),
    ],
)
def test_a_property_is_a_column_by_its_name_and_its_type(filled: Api, field: str, number: int, value: object) -> None:
    told = rows_of(filled, "EventType", field)[number]
    assert told.get(field) == value
    assert len(told) == (1 if value is None else 2)


def test_what_is_nested_is_a_column_by_its_dotted_name(api: Api) -> None:
    api.post("/v2/events", {"name": "a", "properties": {"sign-up": {"done": {"by_int": "hand"}}}})
    (row,) = rows_of(api, "evt_sign-up.done.by_int", "evt_sign-up.done.by_int_str", "evt_sign-up.done.by")
    assert row == {"evt_sign-up.done.by_int": "hand", "evt_sign-up.done.by_int_str": "hand"}


def test_all_properties_are_columns_under_a_wildcard(filled: Api) -> None:
    rows = rows_of(filled, "user_*", "evt_*", "page_*")
    user = {"user_displayName": "Ann", "user_email": "u@x", "user_plan": "pro", "user_seats_left": "4"}
    assert rows[1] == rows[4] == user
    assert rows[2] == {**user, "evt_amount": 3.0, "evt_n": 2}
    assert rows[3] == {**user, "page_pageName": "Cart", "page_items": 2.0}
    assert rows[11] == {}


def test_an_individual_has_its_columns(filled: Api) -> None:
    (row,) = rows_of(filled, type="TYPE_INDIVIDUAL", segmentId="identified")
    assert tuple(row) == columns.INDIVIDUAL_FIELDS
    named = (
        "Uid", "DisplayName", "Email", "Created", "LastEventStart", "NumSessions", "LastSessionStart",
        "LastSessionSec", "LastSessionNumEvents", "LastSessionNumPages", "user_plan", "user_display_name", "NumPages",
    )  # fmt: skip
    (row,) = rows_of(filled, *named, type="TYPE_INDIVIDUAL", segmentId="identified")
    assert row == {
        "Uid": "u", "DisplayName": "Ann", "Email": "u@x", "Created": "2025-06-15T15:06:40.000Z",
        "LastEventStart": "2025-06-15T15:06:40.000Z", "NumSessions": 1, "LastSessionStart": "2025-06-15T15:06:40.000Z",
        "LastSessionSec": 0, "LastSessionNumEvents": 4, "LastSessionNumPages": 1, "user_plan": "pro",
        "user_display_name": "Ann",
    }  # fmt: skip


def test_more_sessions_than_are_counted_have_no_number(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_SESSIONS_COUNTED", 0)
    (row,) = rows_of(filled, "Uid", "NumSessions", type="TYPE_INDIVIDUAL", segmentId="identified")
    assert row == {"Uid": "u"}


@pytest.mark.parametrize("kind", ["TYPE_EVENT", "TYPE_INDIVIDUAL"])
def test_however_few_users_are_held_at_once_all_of_them_come(
    api: Api, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(exporting, "_USERS_AT_ONCE", 2)
    for number in range(7):
        api.post("/v2/users", {"uid": f"u{number}", "properties": {"number": number}})
    rows = rows_of(api, "UserAppKey", "user_number", type=kind)
    assert sorted((row["UserAppKey"], row["user_number"]) for row in rows) == [(f"u{n}", float(n)) for n in range(7)]


FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=cmd|" /C calc"!A0', "=HYPERLINK(\"https://x\")",
    "＝1+1", "＋1", "－1", "＠SUM(A1)", "-2+3+cmd|' /C calc'!A0", "=",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_in_csv_is_taken_for_a_formula(api: Api, text: str) -> None:
    api.post("/v2/users", {"uid": f"u{text}", "display_name": text, "properties": {"note": text}})
    fields = ["UserDisplayName", "user_note", "UserAppKey"]
    (row,) = read(api, fields=fields, type="TYPE_INDIVIDUAL")
    assert row == {"UserDisplayName": f"'{text}", "user_note": f"'{text}", "UserAppKey": f"u{text}"}
    (plain,) = rows_of(api, *fields, type="TYPE_INDIVIDUAL")
    assert plain["user_note"] == text


def test_in_csv_a_number_stays_one_and_what_is_harmless_stays_as_it_is(api: Api) -> None:
    given = {"debt": -3.5, "count": -2, "good": True, "list": ["=1", "b"], "text": 'a=b, "c"\nd', "quoted": "'="}
    api.post("/v2/users", {"uid": "u", "properties": given, "schema": {"count": "int"}})
    (row,) = read(api, fields=[f"user_{name}" for name in (*given, "none")], type="TYPE_INDIVIDUAL")
    assert row.pop("user_list") == '["=1","b"]'
    assert list(row.values()) == ["-3.5", "-2", "true", 'a=b, "c"\nd', "'=", ""]


def test_csv_is_rfc_4180_and_what_is_nested_is_json(filled: Api) -> None:
    text = download(filled, location(filled, format="FORMAT_CSV")).text
    assert text.startswith(",".join(columns.EVENT_FIELDS) + "\r\n")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [set(row) for row in rows] == 12 * [set(columns.EVENT_FIELDS)]
    assert json.loads(rows[2]["event_properties"]) == {"event_name": "Bought", "amount": 3.0, "n": 2}
    assert rows[-1]["SessionStart"] == ""


def read(api: Api, **asked: Any) -> list[dict[str, str]]:
    """The rows of a CSV."""
    text = download(api, location(api, format="FORMAT_CSV", **asked)).text
    return list(csv.DictReader(io.StringIO(text, newline="")))
