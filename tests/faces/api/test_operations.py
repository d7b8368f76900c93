"""Operations: how an export stands (AP-10)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faces.api.speaking import Api


def made(api: Api, count: int = 1) -> list[str]:
    """So many exports, by id."""
    found = [api.post("/segments/v1/exports", {"segmentId": "everyone"})["operationId"] for _ in range(count)]
    return sorted(found)


def test_an_operation_has_all_that_its_clients_read(api: Api) -> None:
    (name,) = made(api)
    operation = {
        "id": name, "type": "SEARCH_EXPORT", "state": "COMPLETED", "estimatePctComplete": 100,
        "createdAt": "2025-06-15T15:06:40.000Z", "finishedAt": "2025-06-15T15:06:40.000Z",
        "errorDetails": "", "details": None,
        "results": {"searchExportId": name, "expires": "2025-06-22T15:06:40.000Z"},
    }  # fmt: skip
    assert api.get(f"/operations/v1/{name}") == operation
    assert api.get(f"/segments/v1/exports/{name}") == operation
    assert api.get("/operations/v1", type="SEARCH_EXPORT") == {"operations": [operation], "nextPaginationToken": ""}


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_operations_come_in_pages(api: Api, limit: int) -> None:
    names, found, token = made(api, 4), list[str](), {}
    while True:
        page = api.get("/operations/v1", limit=limit, **token)
        found += [operation["id"] for operation in page["operations"]]
        if not page["nextPaginationToken"]:
            break
        assert len(page["operations"]) == limit
        token = {"paginationToken": page["nextPaginationToken"]}
    assert found == names


@pytest.mark.parametrize(
    ("asked", "count"),
    [({"state": "COMPLETED"}, 1), ({"state": "PENDING"}, 0), ({"state": "FAILED"}, 0), ({"type": "DELETE_USER"}, 0)],
)
def test_operations_are_filtered(api: Api, asked: dict[str, Any], count: int) -> None:
    made(api)
    assert len(api.get("/operations/v1", **asked)["operations"]) == count


@pytest.mark.parametrize(
    "asked", [{"type": "EXPORT"}, {"state": "DONE"}, {"limit": 0}, {"limit": 101}, {"paginationToken": "else"}]
)
def test_what_a_list_does_not_know_is_refused(api: Api, asked: dict[str, Any]) -> None:
    assert api.get("/operations/v1", 400, **asked)["code"] == "invalid_argument"


@pytest.mark.parametrize("path", ["/operations/v1", "/segments/v1/exports"])
def test_an_export_is_forgotten_after_a_week(api: Api, path: str) -> None:
    (name,) = made(api)
    api.clock.ms += 7 * 24 * 3_600_000
    api.work()
    assert api.get(f"{path}/{name}", 404)["code"] == "resource_not_found"
