"""Pages that say who is there late, or capture late: nothing is stamped before it may be (CL-16)."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.browser.shop import IS_THERE, Shop, session_of

_IDENTIFY: Final = "(uid) => FS('setIdentity', { uid })"


def _known(shop: Shop, uid: str) -> tuple[Page, str]:
    """A page of a browser that knows `uid`, and their device."""
    page = shop.open()
    page.evaluate(_IDENTIFY, uid)
    page.evaluate("flush()")
    return page, session_of(page).split(":")[0]


def _pages(shop: Shop, path: str) -> list[dict[str, Any]]:
    return [op for op in shop.relay.operations() if op["op"] == "page" and path in op["url"]]


@pytest.mark.parametrize("kind", ["defer", "type=module"])
def test_a_deferred_script_that_speaks_after_ours_still_speaks_before_the_first_page(shop: Shop, kind: str) -> None:
    page, hers = _known(shop, "ana of deferred scripts")
    page.route(
        "**/app.js",
        lambda route: route.fulfill(content_type="text/javascript", body="FS('setIdentity', { anonymous: true })"),
    )
    src = f"https://{shop.script}?org={shop.org}"
    shop.put_head(
        "<script>window.flush = () => dispatchEvent(new Event('pagehide'))</script>"
        f"<script {kind} src='{src}'></script><script {kind} src='./app.js'></script>"
    )
    page.goto(shop.address() + "private")
    page.wait_for_function(IS_THERE)
    page.evaluate("flush()")

    (shown,) = shop.relay.wait_for(lambda _: bool(_pages(shop, "private"))) and _pages(shop, "private")
    assert shown["device"] != hers


def test_a_page_that_captures_later_has_its_first_page_then(shop: Shop) -> None:
    page = shop.open(before="window._fs_capture_on_startup = false;")
    page.evaluate("FS('start')")
    page.evaluate("flush()")

    assert shop.relay.wait_for(lambda ops: any(op["op"] == "page" for op in ops))


@pytest.mark.parametrize("spoken", ["{ anonymous: true }", "{ uid: 'bo who was too early' }"])
def test_what_the_app_said_before_capture_counts_more_than_whom_the_page_was_made_for(shop: Shop, spoken: str) -> None:
    before = "window._fs_capture_on_startup = false;"
    page = shop.visit(shop.put(before=before, loader="tag", data_user="ana of another time"))
    page.evaluate(f"FS('setIdentity', {spoken})")
    page.evaluate("FS('start')")
    page.evaluate("FS('trackEvent', { name: 'nobodys', properties: {} })")
    shop.told(page, "nobodys")

    assert [op for op in shop.relay.operations() if op["op"] == "identify"] == []


def test_who_is_followed_is_waited_for_from_when_capture_begins(shop: Shop) -> None:
    page = shop.visit(shop.put(before="window._fs_capture_on_startup = false; window._fs_follow = true;"))
    page.wait_for_timeout(5200)
    page.evaluate("FS('start')")
    page.evaluate("FS('trackEvent', { name: 'later', properties: {} })")

    assert shop.relay.wait_for_event("later", within_s=20)


def test_the_session_of_whoever_was_is_shown_to_nobody_while_it_is_not_known_who_is_there(shop: Shop) -> None:
    page, hers = _known(shop, "ana of a chat tool")
    shop.put(
        before="window._fs_follow = true; window.urls = [];",
        after="""
      FS('observe', { type: 'start', callback: (told) => urls.push(told.sessionUrl) });
      FS('getSessionAsync').then((url) => urls.push(url));
    """,
    )
    page.goto(shop.address() + "next")
    page.wait_for_function(IS_THERE)
    assert page.evaluate("FS('getSession')") is None
    assert page.evaluate("urls") == []
    page.evaluate("FS('setIdentity', { anonymous: true })")
    page.wait_for_function("urls.length == 2")

    assert hers not in "".join(page.evaluate("urls"))
    assert hers not in page.evaluate("FS('getSession')")


def test_a_plain_tag_on_a_page_that_is_only_prepared_keeps_what_it_is_asked(shop: Shop) -> None:
    before = """
      Object.defineProperty(document, 'prerendering', { configurable: true, get: () => !window.isShown });
    """
    page = shop.visitor.open(shop.put(before=before, loader="tag", after="FS('setIdentity', { uid: 'ana prepared' })"))
    page.wait_for_function("!!window.FS")
    assert shop.relay.operations() == []
    page.evaluate("window.isShown = true; document.dispatchEvent(new Event('prerenderingchange'))")
    page.wait_for_function(IS_THERE)

    assert shop.relay.wait_for(lambda ops: any(op.get("uid") == "ana prepared" for op in ops))
