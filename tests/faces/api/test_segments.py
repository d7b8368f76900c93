"""Exports (AP-10)."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from passerby.query import dossier, exporting
from passerby.wire.instants import iso_text
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


class File(msgspec.Struct):
    """What was downloaded: the head, and what is in the file."""

    headers: Any
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


def download(api: Api, path: str, encoding: str = "identity") -> File:
    """Without a key, as a warehouse would."""
    answer = fetched(api, path, encoding)
    assert answer.status_code == 200, answer.text
    assert "content-encoding" not in answer.headers
    return File(answer.headers, gzip.decompress(answer.content).decode())


def fetched(api: Api, path: str, encoding: str = "identity", method: str = "GET") -> Any:
    """The answer to a request without a key."""
    request = api.client.build_request(method, path, headers={"Accept-Encoding": encoding})
    request.headers.pop("Authorization")
    return api.client.send(request)


def test_the_segments_are_listed(api: Api) -> None:
    listed = api.get("/segments/v1")
    assert [segment["id"] for segment in listed["segments"]] == ["everyone", "identified"]
    assert listed["segments"][1] == {
        "id": "identified", "name": "Identified users", "creator": "",
        "url": "http://api.example/ui/o1/users?kind=identified",
    }  # fmt: skip
    assert listed["nextPaginationToken"] == ""


def test_segments_come_in_pages_and_none_is_of_a_creator(api: Api) -> None:
    first = api.get("/segments/v1", limit=1)
    second = api.get("/segments/v1", limit=1, paginationToken=first["nextPaginationToken"])
    assert [page["segments"][0]["id"] for page in (first, second)] == ["everyone", "identified"]
    assert second["nextPaginationToken"] == ""
    assert api.get("/segments/v1", creator="ada@example.com") == {"segments": [], "nextPaginationToken": ""}
    for query in ({"limit": 0}, {"limit": 101}, {"paginationToken": "else"}):
        assert api.get("/segments/v1", 400, **query)["code"] == "invalid_argument"


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
    assert [json.loads(line) for line in answer.text.splitlines()][1] == {"EventType": "identify", "UserAppKey": "u"}


def test_a_field_we_do_not_have_is_left_out_and_a_wildcard_spreads_properties(filled: Api) -> None:
    fields = ["EventType", "PageIp", "user_*", "evt_*", "page_*"]
    rows = download(filled, location(filled, fields=fields)).json()
    assert rows[2] == {"EventType": "custom", "user_email": "u@x", "evt_amount": 3.0}


def test_csv_quotes_what_it_must(filled: Api) -> None:
    answer = download(filled, location(filled, format="FORMAT_CSV"))
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[2]["EventCustomName"] == "Bought, twice"
    assert json.loads(rows[2]["EventProperties"]) == {"amount": 3.0}


def test_nested_properties_are_told_as_they_were_given_in_every_format(api: Api) -> None:
    given = {"sign_up": {"at": {"page": "=1+1"}, "tags": ["a", "b"]}}
    api.browse(
        bundle(
            api,
            {"op": "page", "url": "https://x/p"},
            {"op": "identify", "uid": "u", "properties": given},
            {"op": "event", "name": "Bought", "properties": given},
        )
    )
    fields = ["EventType", "EventProperties", "UserProperties", "user_*", "evt_sign_up", "user_sign_up.at.page"]
    in_json = download(api, location(api, fields=fields)).json()[2]
    assert in_json == json.loads(
        download(api, location(api, format="FORMAT_NDJSON", fields=fields)).text.splitlines()[2]
    )
    assert in_json == {
        "EventType": "custom",
        "EventProperties": given,
        "UserProperties": given,
        "user_sign_up": given["sign_up"],
        "evt_sign_up": given["sign_up"],
        "user_sign_up.at.page": "=1+1",
    }
    fields.remove("user_*")
    (*_, in_csv) = csv.DictReader(io.StringIO(download(api, location(api, format="FORMAT_CSV", fields=fields)).text))
    assert json.loads(in_csv["EventProperties"]) == json.loads(in_csv["UserProperties"]) == given
    assert json.loads(in_csv["evt_sign_up"]) == given["sign_up"]
    assert in_csv["user_sign_up.at.page"] == "'=1+1"


@pytest.mark.parametrize("encoding", ["identity", "gzip", "gzip, deflate, br"])
def test_a_download_is_a_gzip_file_whatever_the_client_accepts(filled: Api, encoding: str) -> None:
    file = download(filled, location(filled, format="FORMAT_NDJSON"), encoding)
    assert file.headers["content-type"] == "application/gzip"
    assert file.headers["content-disposition"] == 'attachment; filename="everyone-2025-06-15.ndjson.gz"'
    assert len(file.text.splitlines()) == 4


@pytest.mark.parametrize(("form", "extension"), [("JSON", "json"), ("NDJSON", "ndjson"), ("CSV", "csv")])
def test_its_name_says_segment_day_and_format(filled: Api, form: str, extension: str) -> None:
    file = download(filled, location(filled, segmentId="identified", format=f"FORMAT_{form}"))
    assert file.headers["content-disposition"].endswith(f'"identified-2025-06-15.{extension}.gz"')


def test_the_head_of_a_download_and_of_a_document_comes_without_a_row(
    filled: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, user = location(filled), filled.get("/v2/users", uid="u")["results"][0]["id"]
    whole = [fetched(filled, path), filled.client.get(f"/v2/users/{user}/export")]

    def fail(*_: object) -> None:
        raise AssertionError("a row was read")

    for place in (exporting, dossier):
        monkeypatch.setattr(place, "a_page_of", fail)
    heads = [fetched(filled, path, method="HEAD"), filled.client.head(f"/v2/users/{user}/export")]
    for head, answer in zip(heads, whole, strict=True):
        assert (head.status_code, dict(head.headers), head.content) == (200, dict(answer.headers), b"")
    with pytest.raises(AssertionError, match="a row was read"):
        fetched(filled, path)


def test_the_head_of_what_is_not_there_says_so(filled: Api) -> None:
    assert fetched(filled, location(filled).replace("signature=", "signature=0"), method="HEAD").status_code == 403
    assert filled.client.head("/v2/users/nobody/export").status_code == 404


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
    assert fetched(filled, path.replace("signature=", "signature=0")).status_code == 403
    other = filled.post("/segments/v1/exports", {"segmentId": "everyone"})["operationId"]
    assert fetched(filled, path.replace(path.split("/")[4], other)).status_code == 403
    filled.clock.ms += 24 * 3_600_000
    assert fetched(filled, path).status_code == 403


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"segmentId": "mine"}, 404),
        ({"fields": ["evt_*"], "format": "FORMAT_CSV"}, 400),
        ({"fields": ["'; --"]}, 400),
        ({"timeRange": {"start": "soon"}}, 400),
        ({"format": "FORMAT_XML"}, 400),
        ({"segmentTimeRange": {"end": "2025-13-01T00:00:00Z"}}, 400),
        ({"timezone": "Europe/Atlantis"}, 400),
        ({"timezone": "../../etc/passwd"}, 400),
        ({"eventDetails": {"scope": "SCOPE_ALL"}}, 400),
        ({"eventDetails": {"scopes": "SCOPE_PAGES"}}, 400),
        ({"feilds": []}, 400),
    ],
)
def test_an_export_of_what_is_not_there_is_refused(api: Api, asked: dict[str, Any], status: int) -> None:
    api.post("/segments/v1/exports", {"segmentId": "everyone", **asked}, status)


def test_what_may_be_left_out_may_be_null_or_empty(api: Api) -> None:
    for nothing in (None, {"start": "", "end": ""}, {"start": None}, {}):
        asked = {"timeRange": nothing, "segmentTimeRange": nothing}
        assert download(api, location(api, **asked)).json() == []
    asked = {"timezone": None, "fields": None, "eventDetails": None}
    assert download(api, location(api, **asked)).json() == []


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/New_York", ""])
def test_a_time_zone_is_an_iana_name(api: Api, name: str) -> None:
    location(api, timezone=name)


@pytest.mark.parametrize(
    "end", ["2025-06-15T15:06:40Z", "2025-06-15T17:06:40.000000001+02:00", "2025-06-15T15:06:40.0Z"]
)
def test_a_range_is_rfc_3339(filled: Api, end: str) -> None:
    assert download(filled, location(filled, timeRange={"end": end})).json() == []
    assert len(download(filled, location(filled, timeRange={"start": end})).json()) == 4


def test_a_column_that_is_named_twice_is_one(filled: Api) -> None:
    fields = ["EventType", "EventId", "EventType"]
    assert download(filled, location(filled, format="FORMAT_CSV", fields=fields)).text.startswith(
        "EventType,EventId\r\n"
    )


DEVICES = [f"{n}0000000-0000-4000-8000-00000000d00d" for n in range(1, 3)]


@pytest.fixture
def visits(api: Api) -> Api:
    """Ann is there on two devices; on the first twice, the second time on two pages. Times are in minutes."""
    for device, session, page, names in (
        (0, 1, 1, {"a0": 0, "a1": 1}),
        (0, 2, 2, {"b100": 100, "b110": 110}),
        (0, 2, 3, {"c104": 104}),
        (1, 3, 4, {"d200": 200}),
    ):
        base = api.clock.ms
        ops = [
            {"op": "event", "n": n, "t": base + at * 60_000, "name": name}
            for n, (name, at) in enumerate(names.items(), 2)
        ]
        who = {"op": "identify", "n": 1, "t": ops[0]["t"], "uid": "ann"}
        api.clock.ms = ops[-1]["t"]
        ids = {
            "session": f"{session}0000000-0000-4000-8000-0000000005e5",
            "page": f"{page}0000000-0000-4000-8000-00000000babe",
        }
        envelope = {
            "v": 1, "org": "o1", "device": DEVICES[device], **ids, "sdk": "browser/1",
            "started": ops[0]["t"], "sent": ops[-1]["t"], "ops": [who, *ops],
        }  # fmt: skip
        api.browse(msgspec.json.encode(envelope))
        api.clock.ms = base
    api.clock.ms += 300 * 60_000
    return api


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (None, ["c104"]),
        ("SCOPE_EVENT", ["c104"]),
        ("SCOPE_EVENTS", ["c104"]),
        ("SCOPE_PAGES", ["b100", "b110", "c104"]),
        ("SCOPE_SESSIONS", ["b100", "b110", "c104"]),
        ("SCOPE_INDIVIDUAL", ["a0", "a1", "b100", "b110", "c104", "d200"]),
    ],
)
def test_a_range_of_the_segment_says_what_must_be_in_it(visits: Api, scope: str | None, names: list[str]) -> None:
    """The page of `b100` was open before the range and after it."""
    at_ms = visits.clock.ms - 300 * 60_000
    within = {"start": iso_text(at_ms + 103 * 60_000), "end": iso_text(at_ms + 105 * 60_000)}
    details = {"eventDetails": {"scope": scope}} if scope else {}
    assert told(visits, segmentTimeRange=within, **details) == names


def test_a_page_beside_the_range_is_not_in_it_though_its_session_is(visits: Api) -> None:
    at_ms = visits.clock.ms - 300 * 60_000
    within = {"start": iso_text(at_ms + 109 * 60_000), "end": iso_text(at_ms + 120 * 60_000)}
    assert told(visits, segmentTimeRange=within, eventDetails={"scope": "SCOPE_PAGES"}) == ["b100", "b110"]
    assert told(visits, segmentTimeRange=within, eventDetails={"scope": "SCOPE_SESSIONS"}) == ["b100", "b110", "c104"]
    narrow = {"timeRange": {"start": iso_text(at_ms + 104 * 60_000)}}
    assert told(visits, segmentTimeRange=within, eventDetails={"scope": "SCOPE_SESSIONS"}, **narrow) == ["b110", "c104"]


def test_an_individual_is_in_both_ranges(visits: Api) -> None:
    at_ms = visits.clock.ms - 300 * 60_000
    before, within = {"end": iso_text(at_ms)}, {"start": iso_text(at_ms + 50 * 60_000)}
    for ranges, count in (({}, 1), ({"timeRange": within}, 1), ({"segmentTimeRange": within}, 1)):
        assert len(download(visits, location(visits, type="TYPE_INDIVIDUAL", **ranges)).json()) == count
    for ranges in ({"timeRange": before}, {"segmentTimeRange": before}):
        assert download(visits, location(visits, type="TYPE_INDIVIDUAL", **ranges)).json() == []


def told(api: Api, **asked: Any) -> list[str]:
    """The names of the custom events of an export."""
    rows = download(api, location(api, **asked)).json()
    return sorted(row["EventCustomName"] for row in rows if row["EventType"] == "custom")
