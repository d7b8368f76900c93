"""A batch outlives the process that took it on (AP-8)."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import running_service

USERS = 4000
KEY = "na1.key-of-the-restart-tests"


def speak(base: str) -> httpx.Client:
    return httpx.Client(base_url=base, headers={"Authorization": f"Basic {KEY}"}, timeout=60)


def status(client: httpx.Client, job: str) -> dict[str, Any]:
    found = client.get(f"/v2/users/batch/{job}").raise_for_status().json()
    assert isinstance(found, dict)
    return found


@pytest.mark.slow
def test_a_batch_goes_on_after_kill_9_and_does_each_item_once(tmp_path: Path) -> None:
    requests = [{"uid": f"u{n}", "properties": {"n": n}} for n in range(USERS)]
    with running_service(tmp_path, org="o1", api_key=KEY) as service, speak(service.base) as client:
        job = client.post("/v2/users/batch", json={"requests": requests}).raise_for_status().json()["job"]["id"]
        while status(client, job)["imports"] == 0:
            pass
        service.process.kill()
        service.process.wait()

    with running_service(tmp_path, org="o1", api_key=KEY) as service, speak(service.base) as client:
        deadline = time.monotonic() + 120
        while (found := status(client, job))["job"]["status"] == "PROCESSING":
            assert time.monotonic() < deadline, found
        assert (found["job"]["status"], found["imports"], found["errors"]) == ("COMPLETED", USERS, 0)
        assert client.get("/v2/users").json()["total_records"] == str(USERS)
        export = client.post("/segments/v1/exports", json={"segmentId": "everyone"}).json()["operationId"]
        location = client.get(f"/search/v1/exports/{export}/results").json()["location"]
        rows = json.loads(gzip.decompress(client.get(location).content))
    assert sorted(row["EventProperties"]["n"] for row in rows) == [float(n) for n in range(USERS)]
