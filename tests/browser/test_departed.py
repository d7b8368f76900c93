"""Nothing of the page where somebody left goes along to whoever is next (CL-4)."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.browser.shop import Shop, agreed

_PERSONAL: Final = "inbox?user=ana&token=secret#message"
_ANONYMIZE: Final = "FS('setIdentity', { anonymous: true })"
_LEAVES: Final = {
    "anonymize": _ANONYMIZE,
    "reidentify": "FS('setIdentity', { uid: 'bo' })",
    "forget": "FS('setIdentity', { anonymous: true, force: true })",
}


def _personal_page(shop: Shop) -> Page:
    page = shop.visit(shop.put(after="document.title = 'Inbox of Ana';") + _PERSONAL)
    page.evaluate("FS('setIdentity', { uid: 'ana' })")
    return page


def _pages_of(shop: Shop, page: Page) -> list[dict[str, Any]]:
    page.evaluate("FS('trackEvent', { name: 'after', properties: {} })")
    device = shop.told(page, "after")["device"]
    return [op for op in shop.relay.operations() if op["op"] == "page" and op["device"] == device]


@pytest.mark.parametrize("way", _LEAVES)
def test_until_there_is_a_navigation_the_new_device_says_the_origin_and_no_more(shop: Shop, way: str) -> None:
    page = _personal_page(shop)
    page.evaluate(_LEAVES[way])

    (shown,) = _pages_of(shop, page)
    assert shown["url"] == shop.address().split("/", 3)[0] + "//" + shop.address().split("/", 3)[2] + "/"
    assert "title" not in shown
    assert "referrer" not in shown


def test_the_title_comes_with_the_first_that_is_another(shop: Shop) -> None:
    page = _personal_page(shop)
    page.evaluate(_ANONYMIZE)
    page.evaluate("history.pushState(null, '', 'login')")
    page.evaluate("document.title = 'Sign in'; history.pushState(null, '', 'login/again')")

    first, second = _pages_of(shop, page)
    assert (first["url"].rsplit("/", 1)[1], first.get("title")) == ("login", None)
    assert (second["url"].rsplit("/", 1)[1], second["title"]) == ("again", "Sign in")


def test_a_tab_that_follows_says_nothing_of_where_it_stood_either(shop: Shop) -> None:
    page = _personal_page(shop)
    other = shop.visit(shop.address() + "other")
    other.evaluate(_ANONYMIZE)
    agreed(other, page)

    (shown,) = _pages_of(shop, page)
    assert "ana" not in shown["url"] + shown.get("title", "")
