"""Consent and shutdown over tabs (case 18): what one tab says is its own, until a site tells all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from tests.browser.loaders import SDK
from tests.browser.packages import bundle
from tests.browser.shop import Shop

_PATTERNS: Final = Path(__file__).parents[2] / "examples" / "patterns"


def _put(shop: Shop) -> None:
    pattern = bundle(f"import * as pattern from {str(_PATTERNS / 'consent.js')!r}; window.pattern = pattern;", SDK)
    shop.put((_PATTERNS / "consent_head.js").read_text(), pattern, loader="tag")


def _track(page: Page, name: str) -> None:
    page.evaluate("name => FS('trackEvent', { name })", name)
    page.evaluate("flush()")


def _is_capturing(page: Page) -> bool:
    return bool(page.evaluate("!!FS('getSession')"))


def _wait_until_capturing(page: Page, is_on: bool) -> None:
    """By a timer: a tab in the background may have no frames to look at."""
    page.evaluate(
        """isOn => new Promise((done) => {
          const timer = setInterval(() => !!FS('getSession') === isOn && done(clearInterval(timer)), 50);
        })""",
        is_on,
    )


def test_18_consent_is_recorded_where_it_was_said_and_stops_nothing(shop: Shop) -> None:
    first = shop.open()
    second = shop.visit(shop.address())
    first.evaluate("FS('setIdentity', { consent: false })")
    _track(first, "In the first")
    _track(second, "In the second")

    shop.relay.wait_for_event("In the first")
    shop.relay.wait_for_event("In the second")
    said = [op for op in shop.relay.operations() if op["op"] == "consent"]
    assert [(op["granted"], op["page"]) for op in said] == [
        (False, first.evaluate("FS('getSession', { format: 'all' }).pageId"))
    ]


def test_18_a_shutdown_is_of_this_page_load_alone(shop: Shop) -> None:
    first = shop.open()
    second = shop.visit(shop.address())
    first.evaluate("FS('shutdown')")
    _track(first, "Unseen")
    _track(second, "In the second")
    shop.relay.wait_for_event("In the second")
    assert not _is_capturing(first)
    first.reload()
    first.wait_for_function("!!FS._api")
    _track(first, "After the load")

    shop.relay.wait_for_event("After the load")
    assert "Unseen" not in str(shop.relay.operations())


def test_18_a_site_that_tells_all_its_tabs_stops_all_of_them_and_the_loads_to_come(shop: Shop) -> None:
    _put(shop)
    first, second = shop.visit(shop.address()), shop.visit(shop.address())
    first.evaluate("FS('setIdentity', { uid: 'withdraws consent' })")
    _track(second, "Before")
    first.evaluate("pattern.withdraw()")
    _wait_until_capturing(second, False)
    third = shop.visit(shop.address())
    for page in (first, second, third):
        _track(page, "Unseen")
        page.click("button")
    assert not any(_is_capturing(page) for page in (first, second, third))
    second.evaluate("pattern.grant()")
    for page in (first, third):
        _wait_until_capturing(page, True)
    for at, page in enumerate((first, second, third)):
        _track(page, f"Seen again {at}")

    for at in range(3):
        shop.relay.wait_for_event(f"Seen again {at}")
    granted = [op["granted"] for op in shop.relay.operations() if op["op"] == "consent"]
    assert granted == [False, True]
    assert "Unseen" not in str(shop.relay.operations())


def test_18_a_user_leaves_in_a_tab_that_is_shut_down_too(shop: Shop) -> None:
    _put(shop)
    page = shop.visit(shop.address())
    page.evaluate("FS('setIdentity', { uid: 'leaves unseen' }); FS('trackEvent', { name: 'Hers' })")
    hers = shop.told(page, "Hers")
    page.evaluate("pattern.withdraw()")
    page.evaluate("FS('setIdentity', { anonymous: true })")
    page.evaluate("pattern.grant()")
    page.evaluate("FS('trackEvent', { name: 'Nobodys' })")

    assert shop.told(page, "Nobodys")["device"] != hers["device"]
