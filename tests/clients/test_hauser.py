"""hauser (github.com/fullstorydev/hauser, commit 07b5b46, March 2025), which loads exports into a warehouse.

Its requests are written here in the shape in which it sends them, and answers are read as it reads them: nothing undoes
the gzip of the download, an array of objects is read, and a value that is null would be stored as a text, or as the
year 1 in a column of times. Where the program itself, built from its sources, is on the PATH, it runs too.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from tests.running import RunningService, running_service

KEY: Final = "na1.key-of-the-hauser-runs"
TIMES: Final = ("UserCreated", "EventStart", "SessionStart", "PageStart")
NUMBERS: Final = (
    "EventPageOffset", "EventSessionOffset", "EventModFrustrated", "EventModDead", "EventModError",
    "EventModSuspicious", "EventFirstInputDelay", "EventCumulativeLayoutShift", "PageDuration",
    "PageActiveDuration", "PageScreenWidth", "PageScreenHeight", "PageViewportWidth", "PageViewportHeight",
    "PageNumEvents", "PageNumDerivedEvents", "PageNumInfos", "PageNumWarnings", "PageNumErrors", "PageClusterId",
    "PageMaxScrollDepthPercent", "LoadDomContentTime", "LoadEventTime", "LoadFirstPaintTime",
    "LoadLargestPaintTime", "ReqStatus",
)  # fmt: skip
TEXTS: Final = (
    "IndvId", "UserId", "SessionId", "PageId", "UserAppKey", "UserDisplayName", "UserEmail", "EventType",
    "EventSubType", "EventCustomName", "EventTargetText", "EventTargetSelector", "EventVarErrorKind", "EventVarFields",
    "EventWebSourceFileUrl", "PageName", "PageUrl", "PageRefererUrl", "PageIp", "PageLatLong", "PageUserAgent",
    "PageBrowser", "PageBrowserVersion", "PageDevice", "PagePlatform", "PageOperatingSystem", "ReqUrl", "ReqMethod",
    "AppName", "AppPackageName", "AppDeviceModel", "AppDeviceVendor", "AppVersion", "AppOsVersion", "AppViewName",
    "EventMobileSourceFile",
)  # fmt: skip
FIELDS: Final = [*TEXTS, *TIMES, *NUMBERS, "user_*", "evt_*", "page_*"]
DEVICE, SESSION, PAGE = (f"{n}0000000-0000-4000-8000-0000000a05e5" for n in "123")


@pytest.fixture(scope="module")
def began() -> datetime:
    """The start of the hour in which something happened, three hours ago."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, began: datetime) -> Iterator[RunningService]:
    """A service that has a visit of Ann, with three operations, and what a server reported of nobody known."""
    with running_service(tmp_path_factory.mktemp("data"), org="o1", api_key=KEY) as found:
        t = int(began.timestamp() * 1000) + 60_000
        ops = [
            {
                "op": "page",
                "n": 1,
                "t": t,
                "url": "https://shop.example/cart",
                "title": "Cart",
                "referrer": "https://a/",
            },
            {
                "op": "identify",
                "n": 2,
                "t": t + 250,
                "uid": "ann",
                "properties": {"displayName": "Ann", "email": "a@b"},
            },
            {
                "op": "event",
                "n": 3,
                "t": t + 1000,
                "name": "Bought, twice",
                "properties": {"amount": 3, "note": "=1+1"},
            },
        ]
        envelope = {
            "v": 1, "org": "o1", "device": DEVICE, "session": SESSION, "page": PAGE, "sdk": "browser/1",
            "started": t, "sent": int(time.time() * 1000), "ops": ops,
        }  # fmt: skip
        asked(found, "/rec/bundle", envelope)
        context = {"mobile": {"app_name": "Till"}, "browser": {"user_agent": "Mozilla/5.0"}}
        when = (began + timedelta(minutes=2)).isoformat()
        asked(found, "/v2/events", {"name": "Paid at a till", "timestamp": when, "context": context})
        yield found


def asked(service: RunningService, path: str, body: Any = None) -> Any:
    """A request with hauser's head; the answer's JSON."""
    data = None if body is None else msgspec.json.encode(body)
    headers = {"Authorization": f"Basic {KEY}", "User-Agent": "Go-http-client/1.1"}
    with urllib.request.urlopen(urllib.request.Request(f"{service.base}{path}", data, headers), timeout=30) as answer:
        return json.load(answer) if answer.headers["content-type"] == "application/json" else None


def exported(service: RunningService, began: datetime) -> list[dict[str, Any]]:
    """What hauser does for an hour: make the export, ask until it is there, and fetch it without a key."""
    operation = asked(
        service,
        "/segments/v1/exports",
        {
            "segmentId": "everyone",
            "type": "TYPE_EVENT",
            "format": "FORMAT_JSON",
            "segmentTimeRange": {"start": "", "end": ""},
            "timeRange": {"start": _rfc_3339(began), "end": _rfc_3339(began + timedelta(hours=1))},
            "fields": FIELDS,
        },
    )["operationId"]
    state = asked(service, f"/operations/v1/{operation}")
    assert (state["type"], state["state"], state["errorDetails"]) == ("SEARCH_EXPORT", "COMPLETED", "")
    location = asked(service, f"/search/v1/exports/{state['results']['searchExportId']}/results")["location"]
    # Go asks for gzip by itself, and undoes a Content-Encoding; what hauser reads then must still be a gzip file.
    request = urllib.request.Request(location, headers={"Accept-Encoding": "gzip", "User-Agent": "Go-http-client/1.1"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["content-encoding"] is None
        rows: list[dict[str, Any]] = json.loads(gzip.decompress(answer.read()))
        return rows


def _rfc_3339(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def stored(value: Any, *, is_time: bool) -> str:
    """What hauser stores for a value that is there."""
    text = "<nil>" if value is None else str(value)
    if not is_time:
        return text
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return "0001-01-01T00:00:00Z"


def test_each_value_is_stored_as_what_it_is_and_no_time_is_of_the_year_1(
    service: RunningService, began: datetime
) -> None:
    rows = exported(service, began)
    assert len(rows) == 4
    for row in rows:
        for name, value in row.items():
            text = stored(value, is_time=name in TIMES)
            assert text != "<nil>", name
            assert not text.startswith("0001"), name
        assert all(isinstance(row[name], int | float) for name in NUMBERS if name in row)
        assert all(isinstance(row[name], str) for name in TEXTS if name in row)


def test_a_visit_has_the_columns_that_are_known_of_it(service: RunningService, began: datetime) -> None:
    bought = next(row for row in exported(service, began) if row.get("EventCustomName") == "Bought, twice")
    visit = {
        name: bought[name] for name in ("UserId", "SessionId", "PageId", "UserAppKey", "UserEmail", "PagePlatform")
    }
    assert visit == {
        "UserId": DEVICE, "SessionId": SESSION, "PageId": PAGE, "UserAppKey": "ann", "UserEmail": "a@b",
        "PagePlatform": "Web",
    }  # fmt: skip
    assert (bought["EventPageOffset"], bought["EventSessionOffset"], bought["PageDuration"]) == (1000, 1000, 1000)
    assert bought["SessionStart"] == bought["PageStart"] == bought["UserCreated"]
    custom = {name: value for name, value in bought.items() if name not in FIELDS}
    assert custom == {"user_displayName": "Ann", "user_email": "a@b", "evt_amount": 3.0, "evt_note": "=1+1"}


def test_what_is_in_no_session_has_no_columns_of_one(service: RunningService, began: datetime) -> None:
    paid = next(row for row in exported(service, began) if row.get("EventCustomName") == "Paid at a till")
    assert not {"SessionId", "SessionStart", "PageStart", "EventSessionOffset", "UserAppKey"} & paid.keys()
    assert (paid["AppName"], paid["PageUserAgent"]) == ("Till", "Mozilla/5.0")


def test_an_hour_in_which_nothing_happened_is_an_empty_array(service: RunningService, began: datetime) -> None:
    assert exported(service, began - timedelta(hours=1)) == []


@pytest.mark.skipif(shutil.which("hauser") is None, reason="hauser is not installed")
@pytest.mark.parametrize("as_json", [True, False])
def test_the_program_itself_saves_what_happened(
    service: RunningService, began: datetime, tmp_path: Path, as_json: bool
) -> None:
    rows = ran(service, began, tmp_path, as_json=as_json)
    assert sorted(row.get("EventCustomName") or row["EventType"] for row in rows) == [
        "Bought, twice", "Paid at a till", "identify", "navigate",
    ]  # fmt: skip
    assert not [value for row in rows for value in row.values() if str(value).startswith(("0001", "<nil>"))]
    if not as_json:
        assert {*TEXTS, *TIMES, *NUMBERS, "CustomVars"} == rows[0].keys()


def ran(service: RunningService, began: datetime, place: Path, *, as_json: bool) -> list[dict[str, Any]]:
    """What hauser saved until it waited for the hour after."""
    (place / "saved").mkdir()
    config = place / "hauser.toml"
    config.write_text(
        f'FsApiToken = "{KEY}"\nApiURL = "{service.base}"\nProvider = "local"\nStorageOnly = true\n'
        f'SaveAsJson = {str(as_json).lower()}\nIncludeMobileAppsFields = true\nTmpDir = "{place / "tmp"}"\n'
        f'ExportDuration = "1h"\nExportDelay = "1h"\nStartTime = {_rfc_3339(began)}\nBackoffStepsMax = 0\n'
        f'[local]\nSaveDir = "{place / "saved"}"\nUseStartTime = true\n'
    )
    line = ["hauser", "-c", str(config)]
    process = subprocess.Popen(
        line, stderr=subprocess.PIPE, text=True, cwd=place, env={**os.environ, "HOME": str(place)}
    )
    assert process.stderr is not None
    said = ""
    for said_next in process.stderr:
        said += said_next
        if "Waiting until" in said_next:
            break
    process.kill()
    process.wait()
    process.stderr.close()
    (first, *_) = sorted((place / "saved").glob("*.json" if as_json else "*.csv")) or [None]
    assert first is not None, said
    with first.open() as file:
        return json.load(file) if as_json else list(csv.DictReader(file))
