"""Where a browser keeps who it is: cookies and how far they reach, and what holds when it keeps nothing."""

from __future__ import annotations

import time
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.browser.reader import ApiReader
from tests.browser.shop import IS_THERE, Shop, agreed, full_id, session_of

NO_COOKIES: Final = "Object.defineProperty(document, 'cookie', { get: () => '', set: () => {} });"
NO_LOCAL: Final = (
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } });"
)
NULL_LOCAL: Final = "Object.defineProperty(window, 'localStorage', { get: () => null });"
FULL: Final = """
if (location.protocol == 'https:') {
  const refuse = () => { throw new DOMException('full', 'QuotaExceededError') };
  const get = (store, name) => (name == 'setItem' ? refuse : store[name]);
  const full = new Proxy(localStorage, { get, set: refuse });
  Object.defineProperty(window, 'localStorage', { value: full });
}
"""
_YEAR_S: Final = 31_536_000
_TRACK: Final = "(name) => FS('trackEvent', { name, properties: {} })"
_IDENTIFY: Final = "(uid) => FS('setIdentity', { uid })"
_ANONYMIZE: Final = "FS('setIdentity', { anonymous: true })"


def _cookie(shop: Shop, name: str = "fs_uid") -> Any:
    (found,) = [cookie for cookie in shop.visitor.context.cookies() if cookie.get("name") == name]
    return found


def _device(page: Page) -> str:
    return session_of(page).split(":")[0]


def test_the_record_is_a_cookie_of_the_registrable_domain_for_a_year(shop: Shop) -> None:
    page = shop.open()
    cookie = _cookie(shop)

    assert cookie["domain"] == ".shop.test"
    assert (cookie["path"], cookie["secure"], cookie["sameSite"]) == ("/", True, "Lax")
    assert abs(cookie["expires"] - time.time() - _YEAR_S) < 60
    assert cookie["value"].startswith(f"#{shop.org}#{session_of(page)}:")
    assert _cookie(shop, "fs_lua")["expires"] - time.time() < 1801


def test_a_reload_goes_on_in_the_session(shop: Shop) -> None:
    page = shop.open()
    before = session_of(page)
    page.reload()
    page.wait_for_function(IS_THERE)

    assert session_of(page) == before


def test_sub_domains_share_the_session(shop: Shop) -> None:
    page = shop.open()
    other = shop.visit(shop.address("m"))

    assert session_of(other) == session_of(page)
    page.evaluate(_IDENTIFY, "ana of sub-domains")
    before = session_of(page)
    other.evaluate(_ANONYMIZE)
    assert agreed(other, page) != before


def test_a_cookie_domain_keeps_the_record_from_siblings(shop: Shop) -> None:
    page = shop.open(before="window._fs_cookie_domain = location.hostname;")
    other = shop.visit(shop.address("m"))

    assert _device(other) != _device(page)
    assert {cookie.get("domain") for cookie in shop.visitor.context.cookies() if cookie.get("name") == "fs_uid"} == {
        ".www.shop.test",
        ".m.shop.test",
    }


def test_without_cookies_a_visitor_is_a_new_device(shop: Shop) -> None:
    page = shop.open()
    before = _device(page)
    shop.visitor.context.clear_cookies()
    page.evaluate(_TRACK, "after")
    after = shop.told(page, "after")["device"]
    page.reload()
    page.wait_for_function(IS_THERE)

    assert before != after == _device(page)


@pytest.mark.parametrize("kept", ["uid", "anonymous"])
def test_a_record_of_fullstory_is_continued(shop: Shop, kept: str) -> None:
    device, session = "f0000000-0000-4000-8000-000000000001", "f0000000-0000-4000-8000-000000000002"
    now = int(time.time())
    bound = "#ca574db7" if kept == "uid" else ""
    record = f"#{shop.org}#{device}:{session}:{now * 1000}:7:3{bound}#/{now + 9999}"
    shop.visitor.context.add_cookies(
        [{"name": "fs_uid", "value": record, "domain": ".shop.test", "path": "/", "secure": True}]
    )
    page = shop.open()

    assert session_of(page) == f"{device}:{session}"
    page.evaluate(_IDENTIFY, "somebody")
    assert (_device(page) == device) == (kept == "anonymous")


@pytest.mark.parametrize(
    "record",
    [
        "rs.fullstory.com#ORG#5629499534213120:5066549580791808#/1609459200",
        "`ORG`5629499534213120:5066549580791808`somebody%40example.com`",
        "#ORG#uuid:uuid:1745725683549::3#ca574db7#/1777158226",
        "%",
        "#####",
    ],
)
def test_any_other_record_is_replaced(shop: Shop, record: str) -> None:
    shop.visitor.context.add_cookies([{"name": "fs_uid", "value": record, "domain": ".shop.test", "path": "/"}])
    page = shop.open()

    assert page.evaluate("FS('getConfig').user") is None
    assert _cookie(shop)["value"].startswith(f"#{shop.org}#{session_of(page)}:")


@pytest.mark.parametrize(
    ("blocked", "outlives_a_load"),
    [(NO_COOKIES, True), (NO_LOCAL, True), (NULL_LOCAL, True), (NO_COOKIES + NO_LOCAL, False), (FULL, True)],
    ids=["no cookies", "no local storage", "null local storage", "neither", "full local storage"],
)
def test_where_storage_is_refused_calls_work_and_nobody_gets_what_another_did(
    shop: Shop, reader: ApiReader, request: pytest.FixtureRequest, blocked: str, outlives_a_load: bool
) -> None:
    uid = request.node.name
    shop.visitor.context.add_init_script(blocked)
    page = shop.open()
    page.evaluate(_TRACK, "before")
    page.evaluate(_IDENTIFY, uid)
    page.evaluate(_TRACK, "hers")
    page.evaluate(_ANONYMIZE)
    page.evaluate(_TRACK, "nobodys")
    hers, nobodys = shop.told(page, "hers"), shop.told(page, "nobodys")
    left = _device(page)
    page.reload()
    page.wait_for_function(IS_THERE)
    page.evaluate(_TRACK, "later")
    later = shop.told(page, "later")

    assert reader.sessions(uid) == [full_id(hers)]
    assert reader.event_names(full_id(hers)) == ["before", "hers"]
    assert nobodys["device"] == left != hers["device"]
    assert (later["device"] == left) == outlives_a_load
    assert later["device"] != hers["device"]


def test_a_user_let_go_while_local_storage_is_full_does_not_come_back(shop: Shop) -> None:
    shop.visitor.context.add_init_script(NO_COOKIES)
    page = shop.open(before=f"if (location.hash == '#full') {{ {FULL} }}")
    page.evaluate(_IDENTIFY, "ana of a full storage")
    hers = _device(page)
    shop.visitor.open("about:blank")
    page.goto(shop.address() + "again#full")
    page.wait_for_function(IS_THERE)
    assert _device(page) == hers
    page.evaluate(_ANONYMIZE)
    assert _device(page) != hers
    page.goto(shop.address() + "room")
    page.wait_for_function(IS_THERE)

    assert _device(page) != hers


@pytest.mark.parametrize("scope", ["path=/", "path=/;domain=www.shop.test", "path={path};domain=shop.test"])
def test_a_second_record_beside_ours_brings_nobody_back(shop: Shop, scope: str) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ana of two records")
    hers = _device(page)
    page.evaluate(
        """(scope) => {
          const [record] = document.cookie.match(/fs_uid=[^;]*/);
          document.cookie = `${record};secure;max-age=9999;` + scope.replace('{path}', location.pathname);
        }""",
        scope,
    )
    shop.go(page, "next")
    page.evaluate(_ANONYMIZE)
    page.evaluate(_TRACK, "nobodys")
    assert shop.told(page, "nobodys")["device"] != hers
    for path in ("later", "", "later still"):
        shop.go(page, path)
        assert _device(page) != hers


def test_a_sandboxed_frame_has_a_visitor_of_its_own(shop: Shop) -> None:
    page = shop.open(body="<iframe sandbox='allow-scripts' src='./inner'></iframe>")
    inner = page.frames[1]
    inner.wait_for_function(IS_THERE)
    inner.evaluate(_IDENTIFY, "ana of a frame")
    inner.evaluate(_TRACK, "hers")
    hers = inner.evaluate("FS('getSession', { format: 'id' })")
    inner.evaluate(_ANONYMIZE)
    inner.evaluate(_TRACK, "nobodys")
    inner.evaluate("flush()")

    assert full_id(shop.relay.wait_for_event("hers")) == hers
    assert full_id(shop.relay.wait_for_event("nobodys")) not in (hers, session_of(page))
    assert hers != session_of(page)


def test_a_frame_of_the_same_site_shares_the_visitor(shop: Shop) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ana of frames")
    page.evaluate("document.body.append(Object.assign(document.createElement('iframe'), { src: './inner' }))")
    page.wait_for_function("!!(window[0] && window[0].FS && window[0].FS._api)")
    inner = page.frames[1]

    assert inner.evaluate("FS('getSession', { format: 'id' })") == session_of(page)
    inner.evaluate(_ANONYMIZE)
    assert inner.evaluate("FS('getSession', { format: 'id' })") == session_of(page)
