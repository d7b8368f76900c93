"""The REST API decides about a uid as clients and the collector do (ID-9.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.clients.uids import SPEC, written
from tests.faces.api.speaking import Api

CASES: dict[str, list[Any]] = SPEC["cases"]
NUMBERS = [case for case in CASES["invalid_json"] if case.lstrip("-")[:1].isdigit()]


def post(api: Api, path: str, body: str) -> tuple[int, Any]:
    """A body as it is written, so that numbers and half characters arrive as they are."""
    answer = api.client.post(path, content=body.encode())
    return answer.status_code, answer.json()


@pytest.mark.parametrize("kind", ["invalid", "placeholder"])
def test_what_is_no_uid_is_refused_by_its_code(api: Api, kind: str) -> None:
    for case in CASES[kind]:
        status, told = post(api, "/v2/users", f'{{"uid": {written(case)}}}')
        assert (status, told["code"]) == (400, f"{kind}_uid"), case
        status, told = post(api, "/v2/events", f'{{"name": "e", "user": {{"uid": {written(case)}}}}}')
        assert (status, told["code"]) == (400, f"{kind}_uid"), case
    assert api.get("/v2/users")["total_records"] == "0"


@pytest.mark.parametrize("number", NUMBERS)
def test_a_rounded_number_is_refused(api: Api, number: str) -> None:
    assert post(api, "/v2/users", f'{{"uid": {number}}}')[1]["code"] == "invalid_uid"


@pytest.mark.parametrize("half", ['"\\ud83d"', '"a\\ud83d"'])
def test_half_a_character_is_refused(api: Api, half: str) -> None:
    status, _ = post(api, "/v2/users", f'{{"uid": {half}}}')
    assert status == 400
    assert api.get("/v2/users")["total_records"] == "0"


def test_a_message_about_a_uid_never_holds_it(api: Api) -> None:
    for case in CASES["placeholder"]:
        _, told = post(api, "/v2/users", json.dumps({"uid": f"{case} and ada@mail.example {{{{"}))
        assert "ada" not in told["message"]


def test_what_is_suspicious_is_kept_and_named(api: Api) -> None:
    for case in CASES["suspicious"]:
        made = api.post("/v2/users", {"uid": case})
        assert made["notes"] == [{"code": "suspicious_uid", "name": "uid"}], case
        assert api.get("/v2/users", uid=case)["results"][0]["uid"] == case


def test_what_is_accepted_is_kept_as_it_was_given(api: Api) -> None:
    for case in CASES["accepted"]:
        uid = json.loads(written(case))
        made = api.post("/v2/users", {"uid": uid})
        assert "notes" not in made
        assert api.get(f"/v2/users/{made['id']}")["uid"] == uid


def test_a_number_is_the_text_that_ecmascript_prints(api: Api) -> None:
    for number, uid in CASES["printed"]:
        _, made = post(api, "/v2/users", f'{{"uid": {number}}}')
        assert api.get(f"/v2/users/{made['id']}")["uid"] == uid
