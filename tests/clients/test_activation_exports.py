"""The exports of the activation SDK and its `fs` command (fullstory-anywhere-activation, commit f63448b, April 2026).

The requests are written here in the shape in which it sends them, and answers are read as it reads them: the name of
the file is taken from the head, the file is unzipped under it without `.gz`, and its lines are counted and parsed.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import pytest

from passerby.wire.instants import iso_text
from tests.faces.api.speaking import Api
from tests.faces.api.test_users import DEVICE, SESSION, bundle
from tests.worlds import opened

ALWAYS: Final = ["UserId", "SessionId", "PageId", "EventType", "EventStart", "EventSubType"]
"""The columns that it adds to each export of events."""


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A service that has a visit of u, with three operations, and an event of nobody known."""
    store = opened("sqlite", tmp_path)
    found = Api(store)
    ops = [
        {"op": "page", "url": "https://x/p"},
        {"op": "identify", "uid": "u", "properties": {"email": "u@x"}},
        {"op": "event", "name": "Bought", "properties": {"amount": 3}},
    ]
    found.browse(bundle(found, *ops))
    found.post("/v2/events", {"name": "anonymous"})
    found.clock.ms += 60_000
    yield found
    store.close()


class Sdk(msgspec.Struct):
    """What it does, step by step."""

    api: Api
    place: Path

    def create(self, segment: str, **options: Any) -> str:
        """Its defaults: NDJSON, of the last seven days."""
        now_ms = self.api.clock.ms
        week = {"start": iso_text(now_ms - 7 * 86_400_000), "end": iso_text(now_ms)}
        fields = options.get("fields", ALWAYS)
        body = {
            "segmentId": segment,
            "type": options.get("type", "TYPE_EVENT"),
            "format": options.get("format", "FORMAT_NDJSON"),
            "timeRange": week,
            "segmentTimeRange": week,
            **({"timezone": options["timezone"]} if "timezone" in options else {}),
            "fields": [*(name for name in ALWAYS if name not in fields), *fields],
            "eventDetails": {"scope": options.get("scope", "SCOPE_EVENTS")},
        }
        made = self.api.post("/segments/v1/exports", body, integration_source="test")
        assert "error" not in made
        name: str = made["operationId"]
        return name

    def download(self, operation: str) -> Path:
        """`download` and `unzip`: the file of a finished operation, unpacked."""
        state = self.api.get(f"/operations/v1/{operation}")
        assert state["state"] == "COMPLETED"
        found = self.api.get(f"/search/v1/exports/{state['results']['searchExportId']}/results")
        parts = urlsplit(found["location"])
        answer = self.api.client.get(f"{parts.path}?{parts.query}", headers={"Authorization": ""})
        disposition = answer.headers["content-disposition"]
        name = disposition[disposition.index('"') + 1 : disposition.rindex('"')]
        assert name.endswith(".gz")
        assert "/" not in name
        unpacked = self.place / name[: name.rindex(".")]
        unpacked.write_bytes(gzip.decompress(answer.content))
        return unpacked


@pytest.fixture
def sdk(api: Api, tmp_path: Path) -> Sdk:
    return Sdk(api, tmp_path)


def test_segments_are_listed_until_there_is_no_token(api: Api) -> None:
    found: list[str] = []
    query: dict[str, Any] = {"limit": 1}
    for _ in range(9):
        page = api.get("/segments/v1", **query)
        found += [segment["name"] for segment in page["segments"]]
        if not page["nextPaginationToken"]:
            break
        query["paginationToken"] = page["nextPaginationToken"]
    assert found == ["Everyone", "Identified users"]


def test_an_export_is_downloaded_unzipped_counted_and_parsed(sdk: Sdk) -> None:
    file = sdk.download(sdk.create("everyone", timezone="Europe/Berlin"))
    assert file.name == "everyone-2025-06-15.ndjson"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(rows) == 4
    assert {f"{row['UserId']}:{row.get('SessionId')}" for row in rows[:3]} == {f"{DEVICE}:{SESSION}"}
    assert [row["EventType"] for row in rows] == ["navigate", "identify", "custom", "custom"]
    assert all(datetime.fromisoformat(row["EventStart"]).year == 2025 for row in rows)
    assert "SessionId" not in rows[3]


@pytest.mark.parametrize(("form", "name"), [("JSON", "everyone-2025-06-15.json"), ("CSV", "everyone-2025-06-15.csv")])
def test_its_other_formats_have_names_too(sdk: Sdk, form: str, name: str) -> None:
    assert sdk.download(sdk.create("everyone", format=f"FORMAT_{form}")).name == name


@pytest.mark.parametrize("scope", ["SCOPE_EVENTS", "SCOPE_INDIVIDUAL", "SCOPE_PAGES", "SCOPE_SESSIONS"])
def test_every_scope_that_it_offers_is_known(sdk: Sdk, scope: str) -> None:
    assert len(sdk.download(sdk.create("everyone", scope=scope)).read_text().splitlines()) == 4


def test_a_column_that_nobody_knows_is_no_error(sdk: Sdk) -> None:
    file = sdk.download(sdk.create("everyone", fields=["PageIp", "LoadFirstPaintTime", "UserVars", "UserAppKey"]))
    (first, *_) = map(json.loads, file.read_text().splitlines())
    assert first.keys() == {"UserId", "SessionId", "PageId", "EventType", "EventStart", "UserAppKey"}


def test_an_export_of_individuals_has_the_columns_that_are_known(sdk: Sdk) -> None:
    fields = ["Uid", "Email", "Created", "NumSessions", "NumPages", "LastSessionNumEvents", "LastPage"]
    file = sdk.download(sdk.create("identified", type="TYPE_INDIVIDUAL", fields=fields))
    (row,) = map(json.loads, file.read_text().splitlines())
    created = row.pop("Created")
    assert row == {"Uid": "u", "Email": "u@x", "NumSessions": 1, "LastSessionNumEvents": 1}
    assert datetime.fromisoformat(created).year == 2025


def test_the_command_line_lists_operations_by_when_they_were_made(sdk: Sdk) -> None:
    names = []
    for _ in range(3):
        names.append(sdk.create("everyone"))
        sdk.api.clock.ms += 1000
    listed = sdk.api.get("/operations/v1?type=SEARCH_EXPORT")["operations"]
    in_order = sorted(listed, key=lambda operation: datetime.fromisoformat(operation["createdAt"]))
    assert [operation["id"] for operation in in_order] == names
    assert all(operation["finishedAt"] and operation["errorDetails"] == "" for operation in listed)


def test_another_connector_asks_for_the_export_itself(sdk: Sdk) -> None:
    """fs-lexicon, commit a8ac50e: `segments/v1/exports/{exportId}` says how it stands."""
    name = sdk.create("everyone")
    assert sdk.api.get(f"/segments/v1/exports/{name}") == sdk.api.get(f"/operations/v1/{name}")
