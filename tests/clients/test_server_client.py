"""Fullstory's own server client for Node, unmodified, against the running service."""

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
