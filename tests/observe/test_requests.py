"""The log of requests tells what was asked and how it went, and never who: neither by name nor by id nor by address."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx

from tests.running import running_service

KEY, UID, EMAIL, SECRET = "na1.key-of-the-log-tests", "uid-of-ann", "ann@example.com", "a value of the app's"
DEVICE, SESSION, PAGE = (f"{n}0000000-0000-4000-8000-000000000000" for n in "123")


def bundle() -> str:
    ops = [
        {"op": "page", "n": 1, "t": 1000, "url": f"https://a.example/{SECRET}"},
        {"op": "identify", "n": 2, "t": 1001, "uid": UID, "properties": {"email": EMAIL}},
    ]
    return json.dumps(
        {
            "v": 1,
            "org": "o1",
            "device": DEVICE,
            "session": SESSION,
            "page": PAGE,
            "started": 0,
            "sent": 2000,
            "ops": ops,
        }
    )


def test_nothing_in_the_log_says_who_asked_or_about_whom(tmp_path: Path) -> None:
    flags = ("--log", "json", "--log-requests")
    with running_service(tmp_path, *flags, org="o1", api_key=KEY) as service:
        headers = {"Authorization": f"Basic {KEY}", "User-Agent": SECRET, "X-Forwarded-For": "198.51.100.7"}
        with httpx.Client(base_url=service.base, headers=headers) as client:
            client.post("/rec/bundle", content=bundle())
            client.post("/rec/bundle", content=bundle().replace('"op"', '"po"'))
            found = client.get("/v2/users", params={"email": EMAIL}).json()
            user = found["results"][0]["id"]
            client.get(f"/v2/users/{user}")
            client.get(f"/v2/sessions/{DEVICE}:{SESSION}")
            client.get(f"/ui/o1/user/{user}")
            client.get(f"/{UID}/{EMAIL}?q={SECRET}")
            client.request("PROPFIND", f"/{UID}")
            client.post("/ui/o1/sign-in", data={"name": EMAIL, "password": SECRET})
        service.process.terminate()
        assert service.process.stdout is not None
        log = service.process.stdout.read()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    told = [line for line in lines if "route" in line]
    whose = (KEY, UID, EMAIL, SECRET, user, DEVICE, SESSION, PAGE, "198.51.100.7", "127.0.0.1")
    assert [one for one in whose if one in log] == []
    assert re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", log) is None
    assert len(told) == 9
    assert {frozenset(line) for line in told} == {frozenset({"at", "level", "method", "route", "status", "ms"})}
    routes = {(line["method"], line["route"], line["status"]) for line in told}
    assert {("POST", "/rec/*", 200), ("GET", "/v2/users", 200), ("GET", "/v2/users/{user}", 200)} <= routes
    assert {(line["method"], line["route"]) for line in told if line["status"] == 404} >= {
        ("GET", "unmatched"),
        ("OTHER", "unmatched"),
    }


def test_without_being_asked_for_it_is_not_written(tmp_path: Path) -> None:
    with running_service(tmp_path, "--log", "json") as service:
        httpx.get(f"{service.base}/healthz")
        service.process.terminate()
        assert service.process.stdout is not None
        assert '"route"' not in service.process.stdout.read()
