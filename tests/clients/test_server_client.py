"""Fullstory's own server client for Node, `@fullstory/server-api-client` 1.1.0, unmodified, against the service.

The tests that say smoke look at what its own smoke suite does, all seven of that: one is of an event without a name.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import running_service

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sdk/js/node_modules/@fullstory/server-api-client"

pytestmark = pytest.mark.skipif(
    not PACKAGE.is_dir() or shutil.which("node") is None, reason="the npm workspace is not set up: script/setup sdk"
)


VERSION = "1.1.0"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with running_service(tmp_path_factory.mktemp("data"), org="o1", api_key="na1.key-of-the-node-client") as service:
        done = subprocess.run(
            ["node", str(Path(__file__).with_name("server_client.cjs")), str(PACKAGE), "na1.key-of-the-node-client"],
            env={**os.environ, "NODE_ENV": "test", "FS_API_HOST": service.base},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout)


def test_the_client_is_of_the_version_that_the_page_names() -> None:
    assert json.loads((PACKAGE / "package.json").read_text())["version"] == VERSION


@pytest.mark.parametrize("of", ["ofUid", "ofId", "ofNobody"])
def test_smoke_an_event_with_nested_properties_is_answered_with_nothing(seen: dict[str, Any], of: str) -> None:
    answer = seen["smoke"][of]
    assert (answer["httpStatusCode"], answer["body"]) == (200, {})
    assert answer["httpHeaders"]


def test_smoke_a_user_is_read_as_it_was_created(seen: dict[str, Any]) -> None:
    smoke = seen["smoke"]
    assert smoke["user"].items() <= smoke["read"]["body"].items()
    assert smoke["read"]["body"]["schema"]["properties"]["joined.on"] == "str"
    for name in ("read", "updated", "deleted"):
        assert smoke[name]["httpStatusCode"] == 200
    assert smoke["updated"]["body"]["id"] == smoke["read"]["body"]["id"]


def test_smoke_a_batch_of_events_comes_back_as_it_was_sent(seen: dict[str, Any]) -> None:
    done = seen["smoke"]["eventBatch"]
    assert (done["status"], done["failures"]) == ("COMPLETED", [])
    _all_are_there(seen["smoke"]["events"], done["imports"])


def test_smoke_a_batch_of_users_comes_back_as_it_was_sent(seen: dict[str, Any]) -> None:
    done = seen["smoke"]["userBatch"]
    assert (done["status"], done["failures"]) == ("COMPLETED", [])
    _all_are_there(seen["smoke"]["users"], done["imports"])


def _all_are_there(sent: list[dict[str, Any]], imports: list[dict[str, Any]]) -> None:
    """Each of `sent` is among the imports, with all that it has."""
    assert len(imports) == len(sent)
    assert [item for item in sent if not any(item.items() <= found.items() for found in imports)] == []


def test_it_creates_and_upserts_users(seen: dict[str, Any]) -> None:
    assert seen["again"] == seen["updated"] == seen["created"]
    assert seen["anonymous"]["id"] != seen["created"]["id"]


def test_it_reads_what_it_wrote(seen: dict[str, Any]) -> None:
    assert seen["read"]["display_name"] == "Nora B"
    assert seen["read"]["properties"] == {"pricing_plan": "paid", "total_spent": 14.55, "popup_help": True}
    assert seen["read"]["schema"]["properties"]["total_spent"] == "real"


def test_it_lists_users_by_filter(seen: dict[str, Any]) -> None:
    assert [user["uid"] for user in seen["listed"]["results"]] == ["node-1"]
    assert seen["unidentified"]["total_records"] == "1"


def test_it_creates_events_and_is_told_what_is_wrong_with_one(seen: dict[str, Any]) -> None:
    assert seen["event"] == {}
    assert seen["nameless"]["status"] == 400
    assert "events must have a non-empty name" in json.dumps(seen["nameless"]["body"])


def test_its_batches_come_to_an_end_with_everything_in_them(seen: dict[str, Any]) -> None:
    assert seen["userBatch"]["status"] == "COMPLETED"
    assert {user["uid"] for user in seen["userBatch"]["imports"]} == {f"batch-{n}" for n in range(250)}
    assert seen["eventBatch"]["status"] == "COMPLETED"
    assert [event["name"] for event in seen["eventBatch"]["imports"]] == ["Bought", "Bought"]


def test_a_batch_that_failed_in_part_brings_its_errors(seen: dict[str, Any]) -> None:
    assert seen["brokenBatch"]["status"] == "FAILED"
    assert [(failed["code"], failed["user"]) for failed in seen["brokenBatch"]["failures"]] == [
        ("placeholder_uid", {"uid": "undefined"})
    ]


def test_it_deletes_users_by_id_and_by_uid(seen: dict[str, Any]) -> None:
    assert seen["deleted"] == seen["deletedByUid"] == {}
    assert seen["afterwards"] in (True, 404)


def test_a_wrong_key_is_unauthorized(seen: dict[str, Any]) -> None:
    assert seen["unauthorized"] == 401
