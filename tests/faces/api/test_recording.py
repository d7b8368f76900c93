"""Recording settings: what is told of an org's choices, and of who made them when (AP-18)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from passerby.ingest.choosing import choose, keep_first_version, latest_versions
from passerby.model.choice import VERSIONS_KEPT
from passerby.model.org import Auto, Block, OrgSettings
from tests.faces.api.speaking import Api
from tests.worlds import NOW_MS, ORG

PATH = "/settings/recording/v1"
PARTS = ("features", "privacy", "blocking", "domain", "geo", "targeting")
FIRST = {"created": "2025-06-15T15:06:40.000Z", "createdBy": "passerby"}
UNTOUCHED = {**FIRST, "lastUpdated": FIRST["created"], "lastUpdatedBy": "passerby"}


@pytest.fixture(autouse=True)
def begun(api: Api) -> None:
    api.store.submit(lambda work: keep_first_version(work, ORG.id, NOW_MS)).result()


def change(api: Api, by: str, **changes: Any) -> None:
    """A member changes settings a second later."""
    api.clock.ms += 1000

    def chosen(settings: OrgSettings) -> OrgSettings:
        return msgspec.structs.replace(settings, **changes)

    api.store.submit(lambda work: choose(work, ORG.id, chosen, by, api.clock.ms)).result()


def test_what_nobody_can_choose_is_told_as_it_is(api: Api) -> None:
    told = {part: api.get(f"{PATH}/{part}") for part in PARTS[2:]}
    assert told == {
        "blocking": {"blockedIps": [], "blockedUas": [], "blockedAppIds": [], "metadata": UNTOUCHED},
        "domain": {"onlyRecordKnownDomains": False, "domains": [], "metadata": UNTOUCHED},
        "geo": {"recordGeoMode": "GEO_ALL", "recordGeoZones": [], "metadata": UNTOUCHED},
        "targeting": {"sessionTargetingRules": [], "metadata": UNTOUCHED},
    }


def test_features_are_what_the_org_has_chosen(api: Api) -> None:
    change(api, "ada", capture=False, idle_ms=60_000, auto=Auto(click=False))
    told = api.get(f"{PATH}/features")
    assert told["enabled"] is False
    assert told["autoEvents"]["click"] is False
    assert told["autoEvents"]["navigate"] is True
    assert told["sessionIdleMs"] == 60_000
    assert {name for name, value in told.items() if value is True} == set()
    assert told["metadata"] == {**FIRST, "lastUpdated": "2025-06-15T15:06:41.000Z", "lastUpdatedBy": "ada"}
    assert api.get(f"{PATH}/privacy")["metadata"] == UNTOUCHED


def test_privacy_is_what_is_hidden_and_that_no_address_is_kept(api: Api) -> None:
    change(api, "ada", blocks=(Block(".card", "mask"), Block("#chat", "exclude"), Block(".name", "unmask")))
    told = api.get(f"{PATH}/privacy")
    assert [(block["selector"], block["type"]) for block in told["elementBlocks"]] == [
        (".card", "BLOCK_MASK"),
        ("#chat", "BLOCK_EXCLUDE"),
        (".name", "BLOCK_UNMASK"),
    ]
    assert told["discardIpAddresses"] is True
    assert told["metadata"]["lastUpdatedBy"] == "ada"


@pytest.mark.parametrize("part", PARTS)
def test_a_history_has_the_versions_of_its_part_the_latest_first(api: Api, part: str) -> None:
    change(api, "ada", capture=False)
    change(api, "bo", blocks=(Block(".card", "mask"),))
    change(api, "cy", capture=True)
    change(api, "di", capture=True)
    told = api.get(f"{PATH}/{part}/history")
    who = [version["metadata"]["lastUpdatedBy"] for version in told["versions"]]
    assert who == {"features": ["cy", "ada", "passerby"], "privacy": ["bo", "passerby"]}.get(part, ["passerby"])
    assert told["versions"][0] == api.get(f"{PATH}/{part}")
    assert "nextPaginationToken" not in told
    if part == "features":
        assert [version["enabled"] for version in told["versions"]] == [True, False, True]


def test_a_history_comes_in_pages(api: Api) -> None:
    for n in range(5):
        change(api, f"member {n}", idle_ms=60_000 * (n + 2), blocks=(Block(f".b{n // 2}", "mask"),))
    whole = api.get(f"{PATH}/features/history", limit=100)["versions"]
    assert len(whole) == 6
    found, token = [], ""
    while True:
        page = api.get(f"{PATH}/features/history", limit=2, paginationToken=token, updated_since="2025-01-01")
        assert len(page["versions"]) <= 2
        found += page["versions"]
        if not (token := page.get("nextPaginationToken", "")):
            break
    assert found == whole
    assert len(api.get(f"{PATH}/privacy/history")["versions"]) == 4


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"paginationToken": "77"}, {"paginationToken": "-1"}]
)
def test_a_page_that_is_none_is_refused(api: Api, query: dict[str, Any]) -> None:
    assert api.get(f"{PATH}/features/history", 400, **query)["code"] == "invalid_argument"


def test_only_the_last_versions_are_kept_and_who_made_the_first_is_still_known(api: Api) -> None:
    change(api, "ada", blocks=(Block(".card", "mask"),))
    for n in range(VERSIONS_KEPT):
        change(api, "bo", capture=n % 2 == 1)
    with api.store.read() as reader:
        kept = latest_versions(reader, ORG.id, VERSIONS_KEPT + 9)
    assert [version.touch.number for version in kept] == list(range(VERSIONS_KEPT + 2, 2, -1))
    privacy = api.get(f"{PATH}/privacy/history")["versions"]
    assert [version["metadata"] for version in privacy] == [
        {**FIRST, "lastUpdated": "2025-06-15T15:06:41.000Z", "lastUpdatedBy": "ada"}
    ]


def test_of_an_org_without_versions_the_settings_are_told_all_the_same(api: Api) -> None:
    with api.store.read() as reader:
        (version,) = latest_versions(reader, ORG.id, 9)
    api.store.submit(lambda work: work.remove_entry(ORG.id, "choice", version.id)).result()
    assert api.get(f"{PATH}/features")["metadata"]["created"] == "1970-01-01T00:00:00.000Z"
    assert len(api.get(f"{PATH}/features/history")["versions"]) == 1
