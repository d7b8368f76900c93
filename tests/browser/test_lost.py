"""What a page was told outlives its storage (ID-16): sites clear cookies at logout, before or after they call us."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Page

from tests.browser.reader import ApiReader
from tests.browser.shop import IS_THERE, Shop, full_id, session_of

_TRACK: Final = "(name) => FS('trackEvent', { name, properties: {} })"
_IDENTIFY: Final = "(uid) => FS('setIdentity', { uid })"
_ANONYMIZE: Final = "FS('setIdentity', { anonymous: true })"
_CLEAR: Final = {
    "cookies": """document.cookie.split('; ').forEach((one) => {
      for (const reach of ['', ';domain=' + location.hostname, ';domain=shop.test'])
        document.cookie = one.split('=')[0] + '=;max-age=0;path=/' + reach;
    });""",
    "all": """document.cookie.split('; ').forEach((one) => {
      for (const reach of ['', ';domain=' + location.hostname, ';domain=shop.test'])
        document.cookie = one.split('=')[0] + '=;max-age=0;path=/' + reach;
    });
    localStorage.clear(); sessionStorage.clear();""",
}


def _ends(shop: Shop, device: str) -> list[str]:
    return [op["why"] for op in shop.relay.operations() if op["op"] == "end" and op["device"] == device]


@pytest.mark.parametrize("cleared", _CLEAR)
@pytest.mark.parametrize("order", ["clears", "clears, anonymizes", "anonymizes, clears", "clears, tracks, anonymizes"])
def test_a_logout_that_clears_storage_gives_nothing_to_the_next_person(
    shop: Shop, reader: ApiReader, cleared: str, order: str
) -> None:
    first, next_one = f"ana {cleared} {order}", f"bo {cleared} {order}"
    page = shop.open()
    page.evaluate(_IDENTIFY, first)
    page.evaluate(_TRACK, "hers")
    hers = shop.told(page, "hers")
    for step in order.split(", "):
        page.evaluate({"clears": _CLEAR[cleared], "anonymizes": _ANONYMIZE}.get(step, ""))
        if step == "tracks":
            page.evaluate(_TRACK, "as she leaves")
    if "anonymizes" not in order:
        page.evaluate(_TRACK, "as she leaves")
    shop.go(page, "login")
    page.evaluate(_IDENTIFY, next_one)
    page.evaluate(_TRACK, "his")
    his = shop.told(page, "his")

    assert his["device"] != hers["device"]
    assert reader.wait_for(lambda: reader.sessions(next_one)) == [full_id(his)]
    assert reader.event_names(full_id(his)) == ["his"]
    assert reader.event_names(full_id(hers)) == ["hers"]
    shop.relay.wait_for(lambda _: bool(_ends(shop, hers["device"])))
    assert set(_ends(shop, hers["device"])) <= {"lost", "anonymize"}


def test_a_page_that_only_leaves_ends_what_was_cleared(shop: Shop) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ana just leaves")
    page.evaluate(_TRACK, "hers")
    hers = shop.told(page, "hers")
    page.evaluate(_CLEAR["cookies"])
    shop.go(page, "next")

    shop.relay.wait_for(lambda _: _ends(shop, hers["device"]) == ["lost"])
    assert session_of(page).split(":")[0] != hers["device"]


def test_a_page_goes_on_with_the_record_when_it_is_told_again(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ana told again")
    page.evaluate(_CLEAR["cookies"])
    page.evaluate(_TRACK, "nobodys")
    nobodys = shop.told(page, "nobodys")
    page.evaluate(_IDENTIFY, "bo told anew")
    page.evaluate(_TRACK, "his")
    his = shop.told(page, "his")
    shop.go(page, "next")

    assert his["device"] != nobodys["device"]
    assert session_of(page).split(":")[0] == his["device"]
    assert reader.sessions("bo told anew") == [full_id(his)]


def test_other_tabs_of_a_cleared_browser_are_nobodys_too(shop: Shop, reader: ApiReader) -> None:
    tabs: list[Page] = [shop.open(), shop.visit(shop.address())]
    for tab in tabs:
        tab.evaluate(_IDENTIFY, "ana of cleared tabs")
    tabs[1].evaluate(_TRACK, "hers")
    hers = shop.told(tabs[1], "hers")
    shop.visitor.context.clear_cookies()
    third = shop.visit(shop.address())
    third.evaluate(_IDENTIFY, "bo of cleared tabs")
    for at, tab in enumerate(tabs):
        tab.evaluate(_TRACK, f"stale {at}")

    devices = {shop.told(tab, f"stale {at}")["device"] for at, tab in enumerate(tabs)}
    assert hers["device"] not in devices
    assert session_of(third).split(":")[0] not in devices
    assert reader.sessions("ana of cleared tabs") == [full_id(hers)]
    assert all(reader.event_names(one) == [] for one in reader.sessions("bo of cleared tabs"))


def test_clear_site_data_gives_nothing_to_the_next_person(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ana of clear-site-data")
    page.evaluate(_TRACK, "hers")
    hers = shop.told(page, "hers")
    page.route(
        "**/logout",
        lambda route: route.fulfill(
            status=200, headers={"clear-site-data": '"cookies", "storage"', "content-type": "text/html"}, body="bye"
        ),
    )
    page.goto(shop.address() + "logout")
    shop.go(page, "login")
    page.wait_for_function(IS_THERE)
    page.evaluate(_IDENTIFY, "bo of clear-site-data")
    page.evaluate(_TRACK, "his")
    his = shop.told(page, "his")

    assert his["device"] != hers["device"]
    assert reader.sessions("bo of clear-site-data") == [full_id(his)]
    assert reader.event_names(full_id(his)) == ["his"]
