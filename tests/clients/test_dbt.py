"""dbt_fullstory (github.com/fullstorydev/dbt_fullstory, commit 14fba60, July 2025), which models the table of events.

An export without `fields` is that table. Of its rows is read here what the models read: the columns, and paths within
the two that are JSON; whom a session belongs to is reckoned as they do it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from tests.faces.api.speaking import Api
from tests.faces.api.test_segments import download, location
from tests.worlds import opened

NEVER_NULL: Final = ("event_id", "event_time", "processed_time", "updated_time", "device_id", "view_id", "event_type")
SOURCES: Final = {"web", "mobile_app", "server"}
DEVICE, ALONE, TOGETHER, PAGE = (f"{n}0000000-0000-4000-8000-00000000d0b7" for n in "1234")


def visit(api: Api, session: str, *ops: dict[str, Any]) -> None:
    """A visit of a page of its own, a minute long."""
    at = api.clock.ms
    stamped = [{"n": n, "t": at + 1000 * n, **op} for n, op in enumerate(ops, 1)]
    envelope = {
        "v": 1, "org": "o1", "device": DEVICE, "session": session, "page": f"{PAGE[:-1]}{session[0]}",
        "sdk": "browser/1", "started": at, "sent": stamped[-1]["t"], "ops": stamped,
    }  # fmt: skip
    api.clock.ms = stamped[-1]["t"]
    api.browse(msgspec.json.encode(envelope))
    api.clock.ms = at + 3_600_000


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[list[dict[str, Any]]]:
    """Two visits, of which the second ends identified, and an event of a server."""
    store = opened("sqlite", tmp_path)
    api = Api(store)
    visit(api, ALONE, {"op": "page", "url": "https://shop.example/a?b=1#/cart?c=2", "referrer": "https://r.example/"})
    visit(
        api,
        TOGETHER,
        {"op": "event", "name": "Looked"},
        {"op": "identify", "uid": "ann", "properties": {"displayName": "Ann", "email": "a@b", "plan": "pro"}},
        {"op": "properties", "type": "user", "properties": {"plan": "free"}},
    )
    context = {"browser": {"user_agent": "Mozilla/5.0"}, "location": {"country": "DE", "city": "Ulm"}}
    api.post("/v2/events", {"name": "Paid", "user": {"uid": "ann"}, "context": context})
    text = download(api, location(api, format="FORMAT_NDJSON")).text
    found = [json.loads(line) for line in text.splitlines()]
    for row in found:
        if row["session_id"] is not None:
            assert api.get(f"/v2/sessions/{full_session_id(row)}/events")["events"]
    yield found
    store.close()


def full_session_id(row: dict[str, Any]) -> str:
    """The name by which the models join events to sessions."""
    return f"{row['device_id']}:{row['session_id']}"


def test_no_column_that_the_models_need_is_null(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == 6
    assert all(row[name] for row in rows for name in NEVER_NULL)
    assert len({row["event_id"] for row in rows}) == len(rows)
    assert {row["source_type"] for row in rows} <= SOURCES
    for name in ("event_time", "processed_time", "updated_time"):
        assert {datetime.fromisoformat(row[name]).year for row in rows} == {2025}


def test_the_paths_of_an_address_and_of_a_context_lead_somewhere(rows: list[dict[str, Any]]) -> None:
    page = rows[0]["source_properties"]
    assert page["url"] == {
        "full_url": "https://shop.example/a?b=1#/cart?c=2", "host": "shop.example", "path": "/a", "query": "b=1",
        "hash_path": "/cart", "hash_query": "c=2",
    }  # fmt: skip
    assert page["initial_referrer"]["host"] == "r.example"
    assert "hash_path" not in page["initial_referrer"]
    paid = next(row for row in rows if row["event_properties"].get("event_name") == "Paid")["source_properties"]
    assert (paid["user_agent"]["raw_user_agent"], paid["location"]["city"]) == ("Mozilla/5.0", "Ulm")


def test_a_session_belongs_to_the_last_user_id_within_it(rows: list[dict[str, Any]]) -> None:
    users: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: (row["event_time"], row["updated_time"], row["processed_time"])):
        user = row["event_properties"].get("user_id")
        users |= {full_session_id(row): user} if user and row["session_id"] else {}
    assert users == {f"{DEVICE}:{TOGETHER}": "ann"}


def test_the_last_identify_of_a_user_has_its_name_and_address(rows: list[dict[str, Any]]) -> None:
    identifies = [
        row for row in rows if row["event_type"] == "identify" and row["event_properties"]["user_id"] == "ann"
    ]
    last = max(identifies, key=lambda row: row["event_time"])["event_properties"]
    assert (last["user_id"], last["user_display_name"], last["user_email"]) == ("ann", "Ann", "a@b")
