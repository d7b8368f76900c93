"""What singer-io/tap-fullstory 2.0.0 (commit 31f7df1) asks for, stream by stream, against the running service.

The tap speaks to Fullstory's host alone, so it is not run here. Its requests are made in the shape that its source
gives them: by the same HTTP library, with its headers and parameters, and `//` behind the host. (Of the versions of
that library, the tap's makes one slash of it, and later ones send both.) Of what is answered
each stream's data key, key properties and bookmark are looked for as the tap looks for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from tests.running import RunningService, running_service

KEY, PASSWORD = "na1.key-of-the-singer-tap", "staple horse battery 4711"
START = "2025-01-01T00:00:00.000000Z"
SETTINGS = {
    "block_rules": "/settings/recording/v1/blocking",
    "domain_settings": "/settings/recording/v1/domain",
    "privacy_settings": "/settings/recording/v1/privacy",
    "recording_features": "/settings/recording/v1/features",
}
HISTORIES = {
    "block_rules_history": "/settings/recording/v1/blocking/history",
    "domain_settings_history": "/settings/recording/v1/domain/history",
    "geo_settings_history": "/settings/recording/v1/geo/history",
    "privacy_settings_history": "/settings/recording/v1/privacy/history",
    "recording_features_history": "/settings/recording/v1/features/history",
    "target_rule_history": "/settings/recording/v1/targeting/history",
}
FIELDS = {
    "blocking": {"blockedIps", "blockedUas", "blockedAppIds"},
    "domain": {"onlyRecordKnownDomains", "domains"},
    "geo": {"recordGeoMode", "recordGeoZones"},
    "privacy": {"elementBlocks", "ajaxWatches", "discardIpAddresses", "defaultPrivacyMode", "elementRuleGroups"},
    "features": {
        *("enabled", "consoleWatcher", "ajaxWatcher", "resourceUploading", "recordingShutoff", "clientSideRageClick"),
    },
    "targeting": {"sessionTargetingRules"},
}
"""The fields that the tap's schemas have, by the part of the path."""


class Tap:
    """Asks as the tap's client and its base streams do."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._session = requests.session()

    def ask(self, path: str, **params: Any) -> Any:
        """One request; whatever is no success fails, as it does there."""
        headers = {"Accept": "application/json", "Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
        answer = self._session.request("GET", f"{self._base}/{path}", headers=headers, params=params, timeout=300)
        assert answer.status_code in (200, 201, 204), answer.text
        return answer.json()

    def records(self, path: str, data_key: str, **params: Any) -> Iterator[Any]:
        """All records of a stream, page by page, until a token is missing or comes again."""
        token, last = None, object()
        while token != last:
            page = self.ask(path, limit=100, **params, **({"paginationToken": token} if token else {}))
            yield from page.get(data_key, [])
            last, token = token, page.get("nextPaginationToken")
            if not token:
                return


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    data = tmp_path_factory.mktemp("data")
    with running_service(data, org="o1", api_key=KEY, password=PASSWORD) as running:
        headers = {"Authorization": f"Bearer {KEY}"}
        for n in range(3):
            body = {
                "uid": f"u{n}",
                "display_name": "Ada",
                "email": "a@mail.example",
                "properties": {"total_spent": 1.5},
            }
            assert requests.post(f"{running.base}/v2/users", json=body, headers=headers, timeout=30).ok
        choose(running, idle_min="20", blocks="mask .card")
        choose(running, idle_min="25", blocks="mask .card")
        yield running


def choose(service: RunningService, **fields: str) -> None:
    """The admin changes what is captured, on the dashboard."""
    with requests.session() as browser:
        pages = f"{service.base}/ui/o1"
        browser.post(f"{pages}/sign-in", data={"name": "admin", "password": PASSWORD}, timeout=30)
        mark = re.findall(r'name="mark" value="([0-9a-f]+)"', browser.get(f"{pages}/settings", timeout=30).text)[0]
        form = {"mark": mark, "capture": "on", "age_h": "24", **fields}
        assert browser.post(f"{pages}/settings/capture", data=form, timeout=30).ok


@pytest.fixture
def tap(service: RunningService) -> Tap:
    return Tap(service.base)


def bookmark(record: Any) -> datetime:
    """What the tap makes of a record: its key properties are texts, and its bookmark is a time."""
    found = record.get("metadata")
    keys = [found.get(name) for name in ("created", "createdBy", "lastUpdated")]
    assert all(isinstance(key, str) and key for key in keys)
    assert found["lastUpdatedBy"]
    return datetime.fromisoformat(keys[2])


@pytest.mark.parametrize("stream", SETTINGS)
def test_settings_are_one_record_with_its_keys_and_fields(tap: Tap, stream: str) -> None:
    record = tap.ask(SETTINGS[stream])
    assert bookmark(record) >= datetime.fromisoformat(START)
    assert FIELDS[SETTINGS[stream].rpartition("/")[2]] <= set(record)


@pytest.mark.parametrize("stream", HISTORIES)
def test_histories_are_versions_with_their_keys_and_fields(tap: Tap, stream: str) -> None:
    records = list(tap.records(HISTORIES[stream], "versions", updated_since=START))
    assert records
    assert all(FIELDS[HISTORIES[stream].split("/")[-2]] <= set(record) for record in records)
    times = [bookmark(record) for record in records]
    assert times == sorted(times, reverse=True)
    assert len({record["metadata"]["lastUpdated"] for record in records}) == len(records)


def test_what_was_changed_is_in_the_histories_with_who_changed_it(tap: Tap) -> None:
    features = list(tap.records(HISTORIES["recording_features_history"], "versions", updated_since=START))
    assert [version["metadata"]["lastUpdatedBy"] for version in features] == ["admin", "admin", "passerby"]
    privacy = list(tap.records(HISTORIES["privacy_settings_history"], "versions", updated_since=START))
    assert [[(rule["selector"], rule["type"]) for rule in version["elementBlocks"]] for version in privacy] == [
        [(".card", "BLOCK_MASK")],
        [],
    ]


def test_segments_have_an_id(tap: Tap) -> None:
    records = list(tap.records("/segments/v1", "segments"))
    assert {record["id"] for record in records} == {"everyone", "identified"}
    assert all(record["name"] for record in records)


def test_users_have_ids_and_each_is_read_by_its_own(tap: Tap) -> None:
    users = list(tap.records("/v2/users", "results"))
    assert {user["uid"] for user in users} == {"u0", "u1", "u2"}
    for user in users:
        one = tap.ask(f"/v2/users/{user['id']}")
        assert (one["id"], one["email"], one["is_being_deleted"]) == (user["id"], "a@mail.example", False)
        assert one["properties"]["total_spent"] == 1.5


def test_what_is_wrong_is_told_in_the_member_that_the_tap_reads(service: RunningService) -> None:
    answer = requests.get(f"{service.base}//v2/nothing", headers={"Authorization": f"Bearer {KEY}"}, timeout=30)
    assert (answer.status_code, set(answer.json())) == (404, {"message", "code"})
