"""Exports (AP-10)."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.faces.api.speaking import Api
from tests.faces.api.test_users import DEVICE, SESSION, bundle


@pytest.fixture
def filled(api: Api) -> Api:
    api.browse(
        bundle(
            api,
            {"op": "page", "url": "https://x/p"},
            {"op": "identify", "uid": "u", "properties": {"email": "u@x"}},
            {"op": "event", "name": "Bought, twice", "properties": {"amount": 3}},
        )
    )
    api.post("/v2/events", {"name": "anonymous"})
    return api


def location(api: Api, **asked: Any) -> str:
    made = api.post("/segments/v1/exports", {"segmentId": "everyone", **asked})
    operation = api.get(f"/operations/v1/{made['operationId']}")
    assert (operation["type"], operation["state"], operation["estimatePctComplete"]) == (
        "SEARCH_EXPORT",
        "COMPLETED",
        100,
    )
    found = api.get(f"/search/v1/exports/{operation['results']['searchExportId']}/results")
    parts = urlsplit(found["location"])
    return f"{parts.path}?{parts.query}"


def download(api: Api, path: str, encoding: str = "identity") -> Any:
    """Without a key, as a warehouse would."""
    request = api.client.build_request("GET", path, headers={"Accept-Encoding": encoding})
    request.headers.pop("Authorization")
    return api.client.send(request)


def test_the_segments_are_listed(api: Api) -> None:
    assert [segment["id"] for segment in api.get("/segments/v1")["segments"]] == ["everyone", "identified"]


def test_json_has_every_event_with_its_user_and_session(filled: Api) -> None:
    rows = download(filled, location(filled)).json()
    assert [row["EventType"] for row in rows] == ["navigate", "identify", "custom", "custom"]
    bought = rows[2]
    assert (bought["UserAppKey"], bought["UserEmail"], bought["EventCustomName"]) == ("u", "u@x", "Bought, twice")
    assert (bought["UserId"], bought["SessionId"]) == (DEVICE, SESSION)
    assert bought["EventProperties"] == {"amount": 3.0}
    assert rows[0]["PageUrl"] == "https://x/p"
    assert rows[3]["SessionId"] is None


def test_identified_leaves_the_anonymous_out(filled: Api) -> None:
    rows = download(filled, location(filled, segmentId="identified")).json()
    assert {row["UserAppKey"] for row in rows} == {"u"}


def test_ndjson_is_one_object_a_line_with_the_fields_asked_for(filled: Api) -> None:
    answer = download(filled, location(filled, format="FORMAT_NDJSON", fields=["EventType", "UserAppKey"]))
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in answer.text.splitlines()][1] == {"EventType": "identify", "UserAppKey": "u"}


def test_a_field_we_do_not_have_is_null_and_a_wildcard_spreads_properties(filled: Api) -> None:
    fields = ["EventType", "PageIp", "user_*", "evt_*", "page_*"]
    rows = download(filled, location(filled, fields=fields)).json()
    assert rows[2] == {"EventType": "custom", "PageIp": None, "user_email": "u@x", "evt_amount": 3.0}


def test_csv_quotes_what_it_must(filled: Api) -> None:
    answer = download(filled, location(filled, format="FORMAT_CSV"))
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[2]["EventCustomName"] == "Bought, twice"
    assert json.loads(rows[2]["EventProperties"]) == {"amount": 3.0}


def test_a_download_is_compressed_for_who_accepts_it(filled: Api) -> None:
    path = location(filled)
    with filled.client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        packed = b"".join(answer.iter_raw())
    assert gzip.decompress(packed) == download(filled, path).content


def test_individuals_come_with_their_properties(filled: Api) -> None:
    rows = download(filled, location(filled, type="TYPE_INDIVIDUAL", segmentId="identified")).json()
    assert [(row["UserAppKey"], row["UserProperties"]) for row in rows] == [("u", {"email": "u@x"})]


def test_a_time_range_holds_from_its_start_up_to_its_end(filled: Api) -> None:
    before = download(filled, location(filled, timeRange={"start": "", "end": "2025-06-15T15:06:40.000Z"})).json()
    after = download(filled, location(filled, timeRange={"start": "2025-06-15T15:06:40Z", "end": ""})).json()
    assert (len(before), len(after)) == (0, 4)
    assert download(filled, location(filled, timeRange={"start": "2030-01-01"}, format="FORMAT_JSON")).json() == []


def test_what_was_stored_after_the_export_is_not_in_it_and_who_was_erased_neither(filled: Api) -> None:
    path = location(filled)
    filled.post("/v2/events", {"name": "later"})
    filled.delete("/v2/users", uid="u")
    assert [row["EventCustomName"] for row in download(filled, path).json()] == ["anonymous"]
    filled.work()
    assert [row["EventCustomName"] for row in download(filled, path).json()] == ["anonymous"]


def test_a_location_that_expired_or_was_changed_is_forbidden(filled: Api) -> None:
    path = location(filled)
    assert download(filled, path.replace("signature=", "signature=0")).status_code == 403
    other = filled.post("/segments/v1/exports", {"segmentId": "everyone"})["operationId"]
    assert download(filled, path.replace(path.split("/")[4], other)).status_code == 403
    filled.clock.ms += 24 * 3_600_000
    assert download(filled, path).status_code == 403


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"segmentId": "mine"}, 404),
        ({"fields": ["evt_*"], "format": "FORMAT_CSV"}, 400),
        ({"fields": ["'; --"]}, 400),
        ({"timeRange": {"start": "soon"}}, 400),
        ({"format": "FORMAT_XML"}, 400),
    ],
)
def test_an_export_of_what_is_not_there_is_refused(api: Api, asked: dict[str, Any], status: int) -> None:
    api.post("/segments/v1/exports", {"segmentId": "everyone", **asked}, status)


def test_an_export_is_forgotten_after_a_week(filled: Api) -> None:
    made = filled.post("/segments/v1/exports", {"segmentId": "everyone"})
    assert len(filled.get("/operations/v1", limit=1)["operations"]) == 1
    filled.clock.ms += 7 * 24 * 3_600_000
    filled.work()
    filled.get(f"/operations/v1/{made['operationId']}", 404)
