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

    assert full_id(nobodys) == released == session_of(page)
    assert nobodys["page"] != hers["page"]
    assert page.evaluate("FS('getConfig').user") is None
    assert reader.sessions("ana goes back") == [full_id(hers)]
    assert reader.event_names(full_id(hers)) == ["hers"]


def test_a_page_that_comes_back_sends_what_it_was_sending_when_it_was_left(shop: Shop, reader: ApiReader) -> None:
    page = shop.open(after="addEventListener('pageshow', (event) => { window.isBack = event.persisted; });")
    page.evaluate("FS('setIdentity', { uid: 'bo goes back' }); FS('trackEvent', { name: 'his', properties: {} })")
    shop.told(page, "his")
    shop.relay.hold()
    page.evaluate("FS('trackEvent', { name: 'under way', properties: {} }); flush()")
    shop.go(page, "next")
    page.go_back(wait_until="commit")
    page.wait_for_function(IS_THERE + " && 'isBack' in window")
    if not page.evaluate("isBack"):
        pytest.skip("the browser had no room to keep the page")
    shop.relay.let_go()
    page.evaluate("FS('setIdentity', { anonymous: true })")

    shop.relay.wait_for(lambda ops: any(op["op"] == "end" for op in ops))
    assert reader.wait_for(lambda: (reader.sessions("bo goes back")))
    under_way = shop.relay.wait_for_event("under way")
    assert reader.event_names(full_id(under_way)) == ["his", "under way"]
