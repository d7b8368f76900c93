"""A page that the browser kept alive behind another, and brings back, is no way back for a user who left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.engines.choice import launched
from tests.browser.reader import ApiReader
from tests.browser.shop import IS_THERE, Shop, full_id, session_of

pytestmark = pytest.mark.every_engine


@pytest.fixture(scope="module")
def browser(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """With its back-forward cache."""
    with launched(engine, tmp_path_factory.mktemp(engine), keeps_pages=True) as browser:
        yield browser


def test_what_a_page_does_that_comes_back_after_an_anonymize_is_nobodys(shop: Shop, reader: ApiReader) -> None:
    page = shop.open(after="addEventListener('pageshow', (event) => { window.isBack = event.persisted; });")
    page.evaluate("FS('setIdentity', { uid: 'ana goes back' }); FS('trackEvent', { name: 'hers', properties: {} })")
    hers = shop.told(page, "hers")
    shop.go(page, "next")
    page.evaluate("FS('setIdentity', { anonymous: true })")
    released = session_of(page)
    page.go_back(wait_until="commit")
    page.wait_for_function(IS_THERE + " && 'isBack' in window")
    if not page.evaluate("isBack"):
        pytest.skip("the browser had no room to keep the page")
    page.evaluate("FS('trackEvent', { name: 'nobodys', properties: {} })")
    nobodys = shop.told(page, "nobodys")

    assert full_id(nobodys) == session_of(page) != released
    assert nobodys["device"] != hers["device"]
    assert nobodys["page"] != hers["page"]
    assert page.evaluate("FS('getConfig').user") is None
    assert reader.sessions("ana goes back") == [full_id(hers)]
    assert reader.event_names(full_id(hers)) == ["hers"]


@pytest.mark.parametrize("answered", ["while it is away", "when it is back"])
def test_a_page_that_comes_back_sends_on_whatever_was_under_way_when_it_was_left(
    shop: Shop, reader: ApiReader, answered: str
) -> None:
    uid = f"bo goes back, {answered}"
    page = shop.open(after="addEventListener('pageshow', (event) => { window.isBack = event.persisted; });")
    page.evaluate("(uid) => { FS('setIdentity', { uid }); FS('trackEvent', { name: 'his', properties: {} }); }", uid)
    shop.told(page, "his")
    shop.relay.hold()
    with page.expect_request("**/rec/bundle*"):
        page.evaluate("FS('trackEvent', { name: 'under way', properties: {} }); FS('setIdentity', { consent: true })")
    shop.go(page, "next")
    if answered == "while it is away":
        shop.relay.let_go()
        shop.relay.wait_for_event("under way")
    page.go_back(wait_until="commit")
    page.wait_for_function(IS_THERE + " && 'isBack' in window")
    if not page.evaluate("isBack"):
        pytest.skip("the browser had no room to keep the page")
    shop.relay.let_go()
    page.evaluate("FS('setIdentity', { anonymous: true })")

    shop.relay.wait_for(lambda ops: any(op["op"] == "end" for op in ops))
    under_way = shop.relay.wait_for_event("under way")
    assert reader.event_names(full_id(under_way)) == ["his", "under way"]
