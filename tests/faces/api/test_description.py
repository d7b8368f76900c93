"""The description, and whether the service keeps it (AP-13)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from passerby.faces.api import ENDPOINTS
from passerby.faces.api.openapi import described
from tests.faces.api.speaking import Api
from tests.worlds import opened

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    store = opened("memory", tmp_path_factory.mktemp("described"))
    yield Api(store)
    store.close()


@pytest.fixture(scope="module")
def description(api: Api) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/v2/openapi.json", api.client.app)


@pytest.mark.parametrize("place", [(endpoint.path, endpoint.method) for endpoint in ENDPOINTS])
def test_no_answer_is_undocumented(description: schemathesis.BaseSchema, api: Api, place: tuple[str, str]) -> None:
    path, method = place
    operation = description[re.sub(r"\{(\w+):path\}", r"{\1}", path)][method]
    headers = {"Authorization": str(api.client.headers["Authorization"])}
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode))

    @settings(max_examples=50, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def speak(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    speak()


def test_every_endpoint_is_described_with_its_scope_and_errors(api: Api) -> None:
    document = api.get("/v2/openapi.json")
    for endpoint in ENDPOINTS:
        path = re.sub(r"\{(\w+):path\}", r"{\1}", endpoint.path)
        operation = document["paths"][path][endpoint.method.lower()]
        assert operation["summary"]
        assert f"Scope: {endpoint.scope}" in operation["description"]
        told = " ".join(response["description"] for response in operation["responses"].values())
        assert all(f"`{code}`" in told for code in endpoint.codes())


def test_operation_ids_are_unique() -> None:
    names = [endpoint.run.__name__ for endpoint in ENDPOINTS]
    document = described(ENDPOINTS)
    ids = [op["operationId"] for operations in document["paths"].values() for op in operations.values()]
    assert len(set(ids)) == len(ids) == len(names)


def test_the_page_needs_no_other_host_and_no_script(api: Api) -> None:
    answer = api.client.get("/v2/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in answer.text
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", answer.text)
    assert "POST /v2/users" in answer.text


def test_the_description_is_json_that_can_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(described(ENDPOINTS)))
    assert schemathesis.openapi.from_path(path).validate() is None
