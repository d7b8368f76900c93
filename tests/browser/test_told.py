"""A page acts only for whom it was told (issue 10, point 5), whatever the tabs beside it say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.browser.loaders import SDK
from tests.browser.packages import bundle
from tests.browser.reader import ApiReader
from tests.browser.shop import Shop, full_id

_VIEW_AS: Final = Path(__file__).parents[2] / "examples" / "patterns" / "view_as.js"


def _pattern() -> str:
    return bundle(f"import * as pattern from {str(_VIEW_AS)!r}; window.pattern = pattern;", SDK)


def _identify(page: Page, uid: str) -> None:
    page.evaluate("uid => FS('setIdentity', { uid })", uid)


def _track(shop: Shop, page: Page, name: str) -> dict[str, str]:
    page.evaluate("name => FS('trackEvent', { name })", name)
    found: dict[str, str] = shop.told(page, name)
    return found


def _events_of(reader: ApiReader, uid: str) -> list[str]:
    return sorted(name for session in reader.sessions(uid) for name in reader.event_names(session))


def test_05_an_admin_who_views_a_customer_in_another_tab_does_nothing_in_the_customers_name(
    shop: Shop, reader: ApiReader
) -> None:
    admins = shop.open()
    _identify(admins, "05 admin")
    _track(shop, admins, "Managed")
    customers = shop.visit(shop.address())
    _identify(customers, "05 customer")
    _track(shop, customers, "Viewed")
    later = _track(shop, admins, "Managed on")
    admins.click("button")
    latest = _track(shop, admins, "Managed still")

    assert _events_of(reader, "05 admin") == ["Managed"]
    assert _events_of(reader, "05 customer") == ["Viewed"]
    assert full_id(later) == full_id(latest)
    assert reader.event_names(full_id(later)) == ["Managed on", "Managed still"]
    _identify(admins, "05 admin")
    _track(shop, admins, "Managed again")
    assert _events_of(reader, "05 admin") == ["Managed", "Managed again"]


def test_05_a_stale_tab_that_says_an_old_user_again_drags_no_other_along(shop: Shop, reader: ApiReader) -> None:
    stale = shop.open()
    _identify(stale, "05 old")
    other = shop.visit(shop.address())
    _identify(other, "05 new")
    _track(shop, other, "New's")
    _identify(stale, "05 old")
    _track(shop, stale, "Old's")
    _track(shop, other, "New's on")
    third = shop.visit(shop.address())
    _track(shop, third, "New's in a third")

    assert _events_of(reader, "05 old") == ["Old's"]
    assert _events_of(reader, "05 new") == ["New's", "New's in a third", "New's on"]


def test_05_a_view_of_a_customer_is_one_pages_alone_and_over_when_it_says_so(shop: Shop, reader: ApiReader) -> None:
    admins = shop.open(after=_pattern())
    _identify(admins, "05 supporter")
    view = shop.visit(shop.address())
    view.evaluate("pattern.viewAs({ uid: '05 viewed' })")
    _track(shop, view, "Viewed")
    _track(shop, admins, "Supported")
    view.evaluate("pattern.endViewAs()")
    nobodys = _track(shop, view, "Stood about")

    assert _events_of(reader, "05 viewed") == ["Viewed"]
    assert _events_of(reader, "05 supporter") == ["Supported"]
    assert reader.event_names(full_id(nobodys)) == ["Stood about"]
    kept = shop.visitor.keeps(view)
    assert "05 viewed" not in str(kept)
    view.reload()
    view.wait_for_function("!!FS._api")
    _track(shop, view, "Came back")
    assert _events_of(reader, "05 supporter") == ["Came back", "Supported"]


def test_05_a_view_is_over_when_its_page_is_loaded_anew(shop: Shop, reader: ApiReader) -> None:
    admins = shop.open(after=_pattern())
    _identify(admins, "05 reloads")
    view = shop.visit(shop.address())
    view.evaluate("pattern.viewAs({ uid: '05 was viewed' })")
    _track(shop, view, "Viewed")
    view.reload()
    view.wait_for_function("!!FS._api")
    _track(shop, view, "Reloaded")

    assert _events_of(reader, "05 was viewed") == ["Viewed"]
    assert _events_of(reader, "05 reloads") == ["Reloaded"]


def test_05_a_logout_on_a_page_that_views_a_customer_is_everybodys(shop: Shop, reader: ApiReader) -> None:
    admins = shop.open(after=_pattern())
    _identify(admins, "05 logs out")
    before = _track(shop, admins, "Managed")
    view = shop.visit(shop.address())
    view.evaluate("pattern.viewAs({ uid: '05 left' })")
    view.evaluate("FS('setIdentity', { anonymous: true })")
    after = [_track(shop, view, "After in the view"), _track(shop, admins, "After in the other")]

    assert before["device"] not in {op["device"] for op in after}
    assert _events_of(reader, "05 logs out") == ["Managed"]
    assert _events_of(reader, "05 left") == []


def _is_private(operation: dict[str, Any]) -> bool:
    return operation["op"] == "page" and str(operation["url"]).endswith("private")


def test_05_a_view_that_is_said_before_the_document_is_read_has_the_first_page(shop: Shop) -> None:
    admins = shop.open(loader="tag")
    _identify(admins, "05 first")
    hers = _track(shop, admins, "Managed")
    shop.put(loader="tag", after="FS('setIdentity', { uid: '05 at once', scope: 'page' })")
    view = shop.visit(shop.address() + "private")
    _track(shop, view, "Viewed")
    operations = shop.relay.wait_for(lambda ops: any(_is_private(op) for op in ops))
    pages = [op for op in operations if _is_private(op)]

    assert {op["device"] for op in pages}.isdisjoint({hers["device"]})


@pytest.mark.parametrize("scope", ["tab", 1, ""])
def test_05_no_other_scope_is_understood(shop: Shop, scope: object) -> None:
    page = shop.open()
    settled = page.evaluate("scope => settled(FS('setIdentityAsync', { uid: '05 scoped', scope }))", scope)

    assert settled == {"error": "invalid_scope"}
