"""Each example runs, and what its people do is told apart."""

from __future__ import annotations

import contextlib
import importlib.util
import mimetypes
import re
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import TlsService
from tests.browser.loaders import SDK
from tests.browser.packages import bundle
from tests.browser.reader import ApiReader
from tests.browser.relay import Relay
from tests.browser.serving import App, Receive, Scope, Send, answer, make_certificate, serving
from tests.browser.shop import full_id, until_all_is_answered
from tests.browser.visitor import Visitor

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
HOST: Final = "www.example.test"

pytestmark = pytest.mark.usefixtures("_built_sdk")


class Files:
    """The files of an example, with the names of this service and org in them, and those that a build adds."""

    def __init__(self, folder: Path, passerby: str, org: str, **built: str) -> None:
        self._folder = folder
        self._names = {"http://localhost:8000": passerby, "YOUR_ORG": org}
        self._built = {f"/dist/{name}.js": text for name, text in built.items()}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """One request."""
        path = scope["path"].replace("/", "/index.html") if scope["path"] == "/" else scope["path"]
        file = self._folder / path[1:]
        if scope["method"] != "GET" or not (path in self._built or file.is_file()):
            return await answer(send, 404, [], b"")
        text = self._built.get(path) or file.read_text()
        for name, ours in self._names.items():
            text = text.replace(name, ours)
        kind = mimetypes.guess_type(path)[0] or "text/plain"
        return await answer(send, 200, [(b"content-type", kind.encode())], text.encode())


class Inboxes:
    """An app whose pages are titled `Inbox of bo` where their address says `?inbox=bo`. `/none` is an empty page."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["path"] == "/none":
            return await answer(send, 200, [(b"content-type", b"text/html")], b"")
        whose = dict(parse_qsl(scope["query_string"].decode())).get("inbox")
        started: dict[str, Any] = {}

        async def titled(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
                return
            body = bytes(message["body"])
            if whose:
                body = re.sub(rb"<title>.*?</title>", f"<title>Inbox of {whose}</title>".encode(), body)
            headers = [header for header in started["headers"] if header[0] != b"content-length"]
            await answer(send, started["status"], headers, body)

        return await self._app(scope, receive, titled)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[App], str]]:
    """Serves an app until the test ends; its address. To be asked for before `visitor`, who is to hang up first."""
    with contextlib.ExitStack() as running:
        certificate = make_certificate(tmp_path / "example.pem", HOST)
        yield lambda app: f"https://{HOST}:{running.enter_context(serving(Inboxes(app), certificate))}/"


def _library(passerby: str, org: str) -> Any:
    specification = importlib.util.spec_from_file_location("example_library", EXAMPLES / "starlette" / "app.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.library(passerby, org)


def _click(page: Page, *buttons: str) -> None:
    for name in buttons:
        page.get_by_role("button", name=name, exact=True).click()


def _is_known_as(page: Page, uid: str | None) -> None:
    page.wait_for_function("uid => ((FS('getConfig').user || {}).uid || null) === uid", arg=uid)


def _track(page: Page, name: str) -> None:
    page.evaluate("name => { FS('trackEvent', { name }); dispatchEvent(new Event('pagehide')) }", name)


def _events_of(reader: ApiReader, uid: str, device: str = "") -> list[str]:
    sessions = [session for session in reader.sessions(uid) if session.startswith(device)]
    return sorted(name for session in sessions for name in reader.event_names(session))


def test_the_shop_of_plain_pages_says_goodbye_to_nobody(
    serve: Callable[[App], str], service: TlsService, relay: Relay, visitor: Visitor, reader: ApiReader
) -> None:
    files = Files(EXAMPLES / "shop", f"https://{relay.host}", service.org)
    address = serve(files)
    page = visitor.open(address)
    page.get_by_placeholder("Your name").fill("ana of the shop")
    _click(page, "Log in")
    _is_known_as(page, "ana of the shop")
    _click(page, "Buy a teapot")
    with page.expect_navigation(url="**/goodbye.html"):
        _click(page, "Log out")
    _track(page, "Left")

    nobodys = relay.wait_for_event("Left")
    until_all_is_answered(page)
    assert _events_of(reader, "ana of the shop") == ["Bought", "User Logged Out"]
    assert reader.event_names(full_id(nobodys)) == ["Left"]


def test_04_the_shop_says_no_goodbye_to_who_could_not_be_let_go(
    serve: Callable[[App], str], service: TlsService, relay: Relay, visitor: Visitor
) -> None:
    page = visitor.open(serve(Files(EXAMPLES / "shop", f"https://{relay.host}", service.org)))
    page.get_by_placeholder("Your name").fill("ana who stays")
    _click(page, "Log in")
    _is_known_as(page, "ana who stays")
    (record,) = [cookie for cookie in visitor.context.cookies() if cookie["name"] == "fs_uid"]
    visitor.context.add_cookies([{**record, "httpOnly": True}])  # type: ignore[typeddict-item]
    with page.expect_navigation(url="**/not-signed-out.html"):
        _click(page, "Log out")

    page.get_by_role("heading", name="This browser still remembers you").wait_for()
    assert any("not_released" in line for line in visitor.complaints)


def test_the_react_app_needs_no_call_but_those_of_its_auth_context(
    serve: Callable[[App], str], service: TlsService, relay: Relay, visitor: Visitor, reader: ApiReader
) -> None:
    script = bundle(f"import {str(EXAMPLES / 'react' / 'main.jsx')!r}", SDK, "--jsx=automatic")
    files = Files(EXAMPLES / "react", f"https://{relay.host}", service.org, main=script)
    address = serve(files)
    first, second = visitor.open(address), visitor.open(address)
    _click(first, "Log in as Ana", "Write a note")
    second.get_by_text("Hello ana").wait_for()
    _click(second, "Write a note", "Log out")
    first.get_by_role("button", name="Log in as Ana").wait_for()
    _track(first, "Looked")
    _track(second, "Looked too")
    until_all_is_answered(second)

    hers = relay.wait_for_event("User Logged Out")
    assert {relay.wait_for_event(name)["device"] for name in ("Looked", "Looked too")}.isdisjoint({hers["device"]})
    assert _events_of(reader, "ana", hers["device"]) == ["Note Written", "Note Written", "User Logged Out"]
    assert visitor.complaints == []


def test_the_app_of_one_page_keeps_accounts_and_workspaces_apart(
    serve: Callable[[App], str], service: TlsService, relay: Relay, visitor: Visitor
) -> None:
    files = Files(EXAMPLES / "spa", f"https://{relay.host}", service.org)
    address = serve(files)
    page = visitor.open(address)
    _click(page, "Log in as Ana", "Move a card", "Go to the office")
    page.get_by_role("heading", name="ana in office").wait_for()
    _click(page, "Move a card", "Switch to Bo")
    page.get_by_role("heading", name="bo in home").wait_for()
    _click(page, "Move a card", "Log out")
    page.get_by_role("button", name="Log in as Ana").wait_for()
    _track(page, "Looked")

    names = ("Card Moved", "Workspace Switched", "Account Switched", "User Logged Out", "Looked")
    made = relay.wait_for(lambda ops: sum(op.get("name") in names for op in ops) == 7)
    whose = {op["device"]: op["uid"] for op in made if op["op"] == "identify"}
    events = [(op["name"], whose.get(op["device"])) for op in made if op.get("name") in names]
    assert sorted(events, key=str) == [
        ("Account Switched", "ana"),
        ("Card Moved", "ana"),
        ("Card Moved", "ana"),
        ("Card Moved", "bo"),
        ("Looked", None),
        ("User Logged Out", "bo"),
        ("Workspace Switched", "ana"),
    ]
    assert len(whose) == 3
    assert visitor.complaints == []


def test_the_site_rendered_by_a_server_lets_go_of_whoever_it_signs_out(
    serve: Callable[[App], str], service: TlsService, relay: Relay, visitor: Visitor, reader: ApiReader
) -> None:
    site = _library(f"https://{relay.host}", service.org)
    address = serve(site)
    page = visitor.open(address)
    for uid in ("ana of the library", "bo of the library"):
        page.locator("input").fill(uid)
        _click(page, "Log in")
        _is_known_as(page, uid)
        _click(page, "Lend a book")
        if uid.startswith("ana"):
            _click(page, "Log out")
        else:
            site.state.logins.clear()
            page.reload()
        _is_known_as(page, None)
        _track(page, f"Looked after {uid}")
        relay.wait_for_event(f"Looked after {uid}")
        until_all_is_answered(page)

    assert _events_of(reader, "ana of the library") == ["Book Lent"]
    assert _events_of(reader, "bo of the library") == ["Book Lent", "Looked after ana of the library"]
    assert visitor.complaints == []


class Example(msgspec.Struct, frozen=True):
    """How people come and go. `enter` logs in as ana; `expire` is done on a page of the origin that has no fs.js."""

    name: str
    enter: Callable[[Page], None]
    expire: str
    headline: str = "h1"


def _enter_by_name(page: Page) -> None:
    page.locator("input").fill("ana")
    _click(page, "Log in")


def _enter_as_ana(page: Page) -> None:
    _click(page, "Log in as Ana")


_EXAMPLES: Final = [
    Example("shop", _enter_by_name, "localStorage.removeItem('shop-user')"),
    Example("react", _enter_as_ana, "localStorage.removeItem('user')", "#root > *"),
    Example("spa", _enter_as_ana, "localStorage.removeItem('boards-user')"),
    Example("starlette", _enter_by_name, "fetch('/logout', { method: 'POST' })"),
]


def _made(example: str, passerby: str, org: str) -> App:
    if example == "starlette":
        site: App = _library(passerby, org)
        return site
    if example != "react":
        return Files(EXAMPLES / example, passerby, org)
    main = bundle(f"import {str(EXAMPLES / 'react' / 'main.jsx')!r}", SDK, "--jsx=automatic")
    return Files(EXAMPLES / example, passerby, org, main=main)


def _arrive(visitor: Visitor, address: str, whose: str, headline: str = "h1") -> Page:
    page = visitor.open(f"{address}?inbox={whose}&token=t0ken-of-{whose}")
    page.locator(headline).first.wait_for()
    return page


def _pages_of(relay: Relay, whose: str) -> set[tuple[str, str]]:
    """Under which device, and with which title, a private address was recorded, as soon as it was."""

    def pages(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [op for op in operations if op["op"] == "page" and f"inbox={whose}" in op["url"]]

    return {(op["device"], op["title"]) for op in pages(relay.wait_for(lambda ops: bool(pages(ops))))}


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda example: example.name)
def test_06_the_first_page_after_an_expired_login_is_never_the_first_persons(
    example: Example,
    serve: Callable[[App], str],
    service: TlsService,
    relay: Relay,
    visitor: Visitor,
    reader: ApiReader,
) -> None:
    address = serve(_made(example.name, f"https://{relay.host}", service.org))
    page = visitor.open(address)
    example.enter(page)
    _is_known_as(page, "ana")
    hers = _arrive(visitor, address, "ana", example.headline)
    _is_known_as(hers, "ana")
    _track(hers, "Came back")
    came_back = relay.wait_for_event("Came back")
    for tab in (page, hers):
        tab.goto(address + "none")
    page.evaluate(example.expire)
    hers.close()
    page.close()
    his = _arrive(visitor, address, "bo", example.headline)
    _track(his, "Looked")
    looked = relay.wait_for_event("Looked")
    until_all_is_answered(his)

    assert _pages_of(relay, "ana") == {(came_back["device"], "Inbox of ana")}
    assert _pages_of(relay, "bo") == {(looked["device"], "Inbox of bo")}
    assert looked["device"] != came_back["device"]
    seen = str([reader.events(session) for session in reader.sessions("ana")])
    assert "inbox=ana" in seen
    assert "inbox=bo" not in seen
    assert "Inbox of bo" not in seen
