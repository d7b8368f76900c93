"""Whatever is asked for: an error is JSON with a code, or for a browser on the dashboard a page (AP-20, DA-10)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from passerby.base.errors import StoreError
from passerby.base.ids import OrgId
from passerby.boot import Service, compose
from passerby.config import Settings
from passerby.faces.dashboard import page_beside
from passerby.faces.errors import error_handlers
from passerby.model.org import Org

KEY = "na1.key-of-the-errors-test"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = compose(Settings(data=str(tmp_path), org="o1", api_key=KEY, password="staple horse battery 4711"))
    yield made
    made.close()


@pytest.fixture
def client(service: Service) -> TestClient:
    return TestClient(service.app, "http://api.example", follow_redirects=False)


def told(answer: httpx.Response) -> tuple[int, str]:
    """Status and code; whoever gets it is told in words too."""
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"message", "code"}
    assert body["message"]
    return answer.status_code, body["code"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize(
    "path",
    [
        *("/nothing", "/sessions/v2/x", "/sessions", "/segments/v1/x", "/segments/v9", "/v2/visit_profile", "/v2"),
        *("/v3/users", "/v2beta/nothing", "/settings/recording/v1/other", "/webhooks/v1", "/operations"),
        *("/.env", "/wp-login.php", "/%ff", "/ui/o1/no/such"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Authorization": f"Basic {KEY}"}, {"Accept": "application/json"}])
def test_a_path_that_nobody_has_is_not_found(
    client: TestClient, method: str, path: str, headers: dict[str, str]
) -> None:
    assert told(client.request(method, path, headers=headers)) == (404, "resource_not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v2/users", "DELETE, GET, POST"),
        ("POST", "/sessions/v2", "GET"),
        ("DELETE", "/segments/v1", "GET"),
        ("POST", "/settings/recording/v1/features", "GET"),
        ("POST", "/healthz", "GET, HEAD"),
        ("DELETE", "/metrics", "GET, HEAD"),
        ("GET", "/ui/o1/sign-out", "POST"),
        ("PUT", "/ui/o1/settings", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
        ("PATCH", "/rec/bundle", "POST, OPTIONS"),
        ("POST", "/s/fs.js", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_is_not_for_a_path_is_not_allowed(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path)
    assert told(answer) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == set(allowed.split(", "))


@pytest.mark.parametrize(("path", "status"), [("/ui/o1/no/such", 404), ("/ui/o1/sign-out", 405), ("/ui/x/y", 404)])
def test_a_browser_on_the_dashboard_gets_a_page(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert 'href="/ui"' in answer.text


def test_a_browser_elsewhere_gets_json(client: TestClient) -> None:
    for path in ("/nothing", "/uinothing", "/v2/nothing"):
        assert told(client.get(path, headers=BROWSER)) == (404, "resource_not_found")


def test_whoever_only_asks_for_a_head_gets_one(client: TestClient) -> None:
    answer = client.head("/nothing")
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [({}, 401, "unauthorized"), ({"Authorization": "Basic x"}, 401, "unauthorized")],
)
def test_what_needs_a_key_says_so(client: TestClient, headers: dict[str, str], status: int, code: str) -> None:
    for path in (
        "/ui/o1/live/stream",
        "/sessions/v2",
        "/segments/v1",
        "/v2/annotations",
        "/settings/recording/v1/geo",
        "/metrics",
    ):
        assert told(client.get(path, headers=headers)) == (status, code)


def test_a_body_that_is_too_large_or_encoded_or_none_is_told(client: TestClient) -> None:
    key = {"Authorization": f"Basic {KEY}"}
    asked = [
        ({"content": b" " * ((1 << 20) + 1)}, 413, "body_too_large"),
        ({"content": b"{}", "headers": {**key, "Content-Encoding": "gzip"}}, 415, "unsupported_encoding"),
        ({"content": b"{"}, 400, "malformed_json"),
        ({"content": b"[" * 100}, 400, "too_deep"),
    ]
    for given, status, code in asked:
        answer = client.request("POST", "/v2/annotations", **{"headers": key, **given})  # type: ignore[arg-type]
        assert told(answer) == (status, code)


def test_slashes_at_the_beginning_of_a_path_are_one(client: TestClient) -> None:
    key = {"Authorization": f"Basic {KEY}"}
    for slashes in ("//", "///"):
        assert client.get(f"http://api.example{slashes}v2/annotations", headers=key).json() == {"results": []}
        assert told(client.get(f"http://api.example{slashes}evil.example/")) == (404, "resource_not_found")
        assert told(client.get(f"http://api.example{slashes}metrics")) == (401, "unauthorized")
        assert told(client.post(f"http://api.example{slashes}rec/bundle")) == (404, "resource_not_found")


def failing(error: Exception) -> TestClient:
    """An application with a page that fails."""

    def fail(_request: Request) -> Response:
        raise error

    app = Starlette(
        routes=[Route("/ui/o1/", fail), Route("/x", fail)], exception_handlers=error_handlers(page_beside())
    )
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(ValueError("secretive"), 500, "server_error"), (StoreError("secretive"), 503, "unavailable")],
)
def test_a_failure_of_ours_has_a_code_and_no_value(error: Exception, status: int, code: str) -> None:
    client = failing(error)
    assert told(client.get("/x")) == (status, code)
    page = client.get("/ui/o1/", headers=BROWSER)
    assert (page.status_code, "html" in page.headers["content-type"]) == (status, True)
    assert "secretive" not in page.text + client.get("/x").text
    assert client.get("/x").headers.get("retry-after") == ("1" if status == 503 else None)


@pytest.mark.parametrize("path", ["/", "/ui", "/ui/"])
def test_the_door_leads_to_the_only_org_there_is(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=True)
    assert answer.url.path == "/ui/o1/sign-in"
    assert answer.status_code == 200


def test_where_there_are_more_a_page_asks_and_names_none(service: Service, client: TestClient) -> None:
    service.store.submit(lambda work: work.add_org(Org(OrgId("second org"), b"s" * 32))).result()
    for path in ("/", "/ui"):
        page = client.get(path)
        assert page.status_code == 200
        assert "o1" not in page.text
        assert "second" not in page.text
    assert client.get("/ui", params={"org": "second org"}).headers["location"] == "/ui/second%20org/"
    assert client.get("/ui", params={"org": "//evil.example"}).headers["location"] == "/ui/%2F%2Fevil.example/"
