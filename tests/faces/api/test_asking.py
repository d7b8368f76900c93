"""Keys, bodies and repeats (AP-1 to AP-3)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from passerby.base.token import digest
from tests.faces.api.speaking import KEYS, Api
from tests.worlds import opened


@pytest.mark.parametrize("header", [None, "Basic wrong", "Basic", "na1.all", "Digest na1.all", "Basic " + "x" * 5000])
def test_a_request_without_a_valid_key_is_unauthorized(api: Api, header: str | None) -> None:
    api.client.headers.pop("Authorization")
    answer = api.client.get("/v2/users", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"


@pytest.mark.parametrize("header", ["Basic na1.all", "Bearer na1.all", "basic na1.all"])
def test_a_raw_key_is_let_in_behind_basic_and_bearer(api: Api, header: str) -> None:
    assert api.client.get("/v2/users", headers={"Authorization": header}).status_code == 200


def test_a_revoked_key_is_unauthorized(api: Api) -> None:
    api.store.submit(lambda t: t.remove_key(digest(KEYS["admin"]))).result()
    api.get("/v2/users", 401)


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("capture", "POST", "/v2/users", 200),
        ("capture", "GET", "/v2/users", 403),
        ("read", "GET", "/v2/users", 200),
        ("read", "POST", "/v2/users", 403),
        ("read", "DELETE", "/v2/users?uid=u", 403),
        ("capture", "DELETE", "/v2/users?uid=u", 403),
        ("admin", "DELETE", "/v2/users?uid=u", 404),
    ],
)
def test_a_key_may_do_what_its_scope_says(api: Api, scope: str, method: str, path: str, status: int) -> None:
    headers = {"Authorization": f"Basic {KEYS[scope]}"}
    answer = api.client.request(method, path, headers=headers, content=b"{}" if method == "POST" else None)
    assert answer.status_code == status
    assert status < 400 or set(answer.json()) == {"message", "code"}


def chunks() -> Iterator[bytes]:
    yield b'{"uid":'
    yield b'"u"}'


def test_a_chunked_body_without_content_type_is_read(api: Api) -> None:
    request = api.client.build_request("POST", "/v2/users", content=chunks())
    request.headers.pop("content-type", None)
    assert request.headers["transfer-encoding"] == "chunked"
    assert api.client.send(request).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed_json"),
        (b"\xff", "malformed_json"),
        (b"[]", "invalid_argument"),
        (b'{"surname": "x"}', "invalid_argument"),
        (b'{"uid": []}', "invalid_argument"),
        (b'{"uid": ""}', "invalid_uid"),
        (b'{"uid": "null"}', "placeholder_uid"),
        (b'{"properties": ' + b'{"a":' * 40 + b"1" + b"}" * 41, "too_deep"),
        (b'{"email": "' + b"x" * 129 + b'"}', "invalid_argument"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_with_a_code(api: Api, body: bytes, code: str) -> None:
    answer = api.client.post("/v2/users", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    answer = api.client.post("/v2/users", content=b" " * ((1 << 20) + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_path_or_method_that_is_not_there_is_refused_in_json(api: Api) -> None:
    assert api.get("/v2/nothing", 404)["code"] == "resource_not_found"
    answer = api.client.put("/v2/users")
    assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (
        405,
        "method_not_allowed",
        "DELETE, GET, POST",
    )


def test_the_same_idempotency_key_and_body_is_answered_the_same_and_done_once(api: Api) -> None:
    first = api.post("/v2/users", {}, Idempotency_Key="k")
    assert api.post("/v2/users", {}, Idempotency_Key="k") == first
    assert api.post("/v2/users", {}, Idempotency_Key="other") != first
    assert api.get("/v2/users")["total_records"] == "2"


def test_the_same_idempotency_key_with_another_body_or_path_is_refused(api: Api) -> None:
    api.post("/v2/users", {}, Idempotency_Key="k")
    assert api.post("/v2/users", {"uid": "u"}, 409, Idempotency_Key="k")["code"] == "idempotency_key_reused"
    assert api.post("/v2/events", {"name": "e"}, 409, Idempotency_Key="k")["code"] == "idempotency_key_reused"


def test_a_refusal_of_the_work_itself_is_remembered_too(api: Api) -> None:
    path = "/v2/users/00000000-0000-4000-8000-000000000000"
    assert api.post(path, {}, 404, Idempotency_Key="k") == api.post(path, {}, 404, Idempotency_Key="k")


def test_an_answer_is_forgotten_after_a_day(api: Api) -> None:
    api.post("/v2/users", {}, Idempotency_Key="k")
    api.clock.ms += 24 * 3_600_000
    api.work()
    api.post("/v2/users", {"uid": "u"}, Idempotency_Key="k")


def test_nothing_of_a_key_or_body_is_kept_in_the_clear(api: Api) -> None:
    api.post("/v2/users", {"uid": "secretive"}, Idempotency_Key="create-secretive")
    with api.store.read() as reader:
        kept = msgspec.json.encode(reader.entries("o1", "reply", "", "", 9))  # type: ignore[arg-type]
    assert b"secretive" not in kept


def test_a_key_that_asks_too_fast_is_told_when_to_come_again(tmp_path: Path) -> None:
    store = opened("sqlite", tmp_path)
    api = Api(store, requests_per_second=2)
    answers = [api.client.get("/v2/users") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "1"
    api.clock.ms += 1000
    assert api.client.get("/v2/users").status_code == 200
    store.close()


def test_a_closed_store_is_unavailable_with_retry_after(tmp_path: Path) -> None:
    store = opened("memory", tmp_path)
    api = Api(store)
    store.close()
    answer = api.client.post("/v2/users", content=b"{}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(("key", "status"), [("", 401), ("wrong", 401), ("read", 403)])
def test_who_has_no_right_to_is_refused_before_a_byte_of_the_body_is_read(api: Api, key: str, status: int) -> None:
    answers: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        answers.append(message)

    header = (b"authorization", f"Basic {KEYS.get(key, key)}".encode())
    scope = {"type": "http", "method": "POST", "path": "/v2/users/batch", "query_string": b"", "headers": [header]}
    asyncio.run(api.client.app(scope, receive, send))  # type: ignore[arg-type]
    assert answers[0]["status"] == status
