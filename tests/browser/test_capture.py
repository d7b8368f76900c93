"""What fs.js sees without being told, what of it nobody may see, and how an org switches it off."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest
from playwright.sync_api import Page

from tests.browser.shop import IS_THERE, Shop

_BODY: Final = """
<nav id="menu"><a href="#there">Go  there</a></nav>
<button data-testid="buy"><span>Buy</span> now</button>
<div class="fs-exclude"><button id="hidden">Secret button</button><input id="hidden-input"></div>
<div class="fs-mask" id="masked"><button>Anas secret</button><b class="fs-unmask">Plain</b></div>
<p id="mixed">Seen <i class="fs-mask">secret</i></p>
<div id="editor" style="padding: 20px"><div contenteditable id="typing" style="width: 50px">secret draft</div></div>
<div id="field" style="padding: 20px"><textarea id="area">secret text</textarea></div>
<label id="named">Name <input id="name" value="secret name"></label>
<select id="choice"><option>one</option><option>secret two</option></select>
<input id="word" type="password" value="secret word"><input id="plain" class="fs-unmask" value="secret plain">
"""


def _seen(shop: Shop, page: Page, kind: str) -> list[dict[str, Any]]:
    page.evaluate("FS('trackEvent', { name: 'seen all', properties: {} })")
    shop.told(page, "seen all")
    return [op for op in shop.relay.operations() if op.get("type") == kind]


def _click(page: Page, selector: str) -> None:
    page.wait_for_function("!!localStorage.fs_settings")
    page.evaluate("(selector) => document.querySelector(selector).click()", selector)


def _settings(shop: Shop, **settings: object) -> None:
    told = {"org": shop.org, "capture": True, "idle_ms": 1_800_000, "age_ms": 86_400_000, **settings}
    shop.relay.stand_ins["/s/settings/"] = (200, "application/json", msgspec.json.encode(told).decode())


def test_every_address_of_an_app_of_one_page_is_a_page(shop: Shop) -> None:
    page = shop.open()
    page.evaluate("""
      history.pushState(null, '', 'one'); history.pushState(null, '', 'one');
      history.replaceState({ step: 1 }, '', 'two'); location.hash = 'part';
    """)
    page.go_back()
    page.evaluate("FS('trackEvent', { name: 'done', properties: {} })")
    shop.told(page, "done")
    told = [op["url"].rsplit("/", 1)[1] for op in shop.relay.operations() if op["op"] == "page"]

    assert told == ["", "one", "two", "two#part", "two"]
    assert not any("referrer" in op for op in shop.relay.operations())


def test_where_a_visitor_came_from_is_told_once_and_our_own_pages_never(shop: Shop) -> None:
    address = shop.put()
    page = shop.visitor.context.new_page()
    page.goto(address, referer="https://search.test/?q=shoes")
    page.wait_for_function(IS_THERE)
    page.evaluate("flush()")
    page.goto(address + "next", referer=address + "secret")
    page.wait_for_function(IS_THERE)
    page.evaluate("FS('trackEvent', { name: 'next', properties: {} })")
    shop.told(page, "next")
    pages = [op for op in shop.relay.operations() if op["op"] == "page"]

    assert [op.get("referrer") for op in pages] == ["https://search.test/?q=shoes", None]


def test_a_click_tells_where_and_what_it_said(shop: Shop) -> None:
    page = shop.open(body=_BODY)
    _click(page, "button span")
    _click(page, "#menu a")
    clicks = _seen(shop, page, "click")

    assert [op["properties"] for op in clicks] == [
        {"selector": "button[buy] > span", "text": "Buy now"},
        {"selector": "#menu > a", "text": "Go there"},
    ]
    assert [op["name"] for op in clicks] == ["Buy now", "Go there"]


def test_nothing_that_is_hidden_masked_or_typed_is_told(shop: Shop) -> None:
    page = shop.open(body=_BODY)
    for selector in (
        *("#hidden", "#masked button", "#masked .fs-unmask", "#mixed", "#mixed i", "#editor", "#typing", "#field"),
        *("#area", "#named", "#name", "#choice", "#word", "#plain", "body"),
    ):
        _click(page, selector)
    page.evaluate("""
      for (const one of document.querySelectorAll('input,select,textarea'))
        one.dispatchEvent(new Event('change', { bubbles: true }));
    """)
    clicks, changes = _seen(shop, page, "click"), _seen(shop, page, "change")
    told = {op["properties"]["selector"]: op["properties"].get("text") for op in clicks}

    assert told["#masked > b"] == "Plain"
    assert told["#named"] is None
    assert "#hidden" not in told
    assert {op["properties"]["selector"] for op in changes} >= {"#name", "#choice", "#word"}
    assert not any("hidden-input" in op["properties"]["selector"] for op in changes)
    assert not [line for line in shop.relay.carried() if "ecret" in line.body]


def test_blocks_of_the_org_hide_and_mask_as_the_classes_do(shop: Shop) -> None:
    blocks = [
        {"selector": "#menu", "block": "exclude"},
        {"selector": "[data-testid]", "block": "mask"},
        {"selector": "#masked button", "block": "unmask"},
        {"selector": "::broken(", "block": "mask"},
    ]
    _settings(shop, blocks=blocks)
    page = shop.open(body=_BODY)
    page.wait_for_function("!!localStorage.fs_settings")
    for selector in ("#menu a", "button", "#masked button"):
        _click(page, selector)

    assert [op["properties"] for op in _seen(shop, page, "click")] == [
        {"selector": "button[buy]"},
        {"selector": "#masked > button", "text": "Anas secret"},
    ]


def test_uncaught_errors_are_told(shop: Shop) -> None:
    page = shop.open()
    page.evaluate("""
      dispatchEvent(new ErrorEvent('error', { message: 'It broke', filename: 'app.js', lineno: 7, colno: 9 }));
      dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason: 'refused' }));
      dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason: {
        get message() { throw new Error('mine') },
      } }));
    """)
    errors = _seen(shop, page, "exception")

    assert [op["name"] for op in errors] == ["It broke", "refused"]
    assert errors[0]["properties"] == {"message": "It broke", "source": "app.js", "line": 7, "column": 9}


_HIDE: Final = """
Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
document.dispatchEvent(new Event('visibilitychange'));
delete document.visibilityState;
document.dispatchEvent(new Event('visibilitychange'));
"""


def test_a_page_that_is_hidden_sends_what_it_has(shop: Shop) -> None:
    page = shop.open()
    page.evaluate("FS('trackEvent', { name: 'kept back', properties: {} });" + _HIDE)

    assert shop.relay.wait_for_event("kept back")
    assert [op["name"] for op in _seen(shop, page, "visibility")] == ["hidden", "visible"]


def test_leaving_right_after_an_anonymize_tells_the_new_device_nothing_of_the_old_page(shop: Shop) -> None:
    page = shop.open()
    page.evaluate("FS('setIdentity', { uid: 'ana leaves' })")
    with page.expect_navigation():
        page.evaluate(
            "(to) => { FS('setIdentity', { anonymous: true }); location.href = to; }", shop.address() + "goodbye"
        )
    page.wait_for_function(IS_THERE)
    page.evaluate("FS('trackEvent', { name: 'passed by', properties: {} })")
    passed = shop.told(page, "passed by")
    told = [op for op in shop.relay.operations() if op["device"] == passed["device"]]

    assert {op["url"].rsplit("/", 1)[1] for op in told if op["op"] == "page"} == {"goodbye"}
    assert {op["op"] for op in told} == {"page", "event"}


@pytest.mark.parametrize("kind", ["navigate", "click", "change", "exception", "visibility"])
def test_each_kind_can_be_switched_off_for_the_org(shop: Shop, kind: str) -> None:
    _settings(shop, auto={kind: False})
    page = shop.open(body=_BODY)
    page.wait_for_function("!!localStorage.fs_settings")
    page.evaluate("""
      history.pushState(null, '', 'elsewhere');
      document.querySelector('[data-testid]').click();
      document.querySelector('#name').dispatchEvent(new Event('change', { bubbles: true }));
      dispatchEvent(new ErrorEvent('error', { message: 'It broke' }));
    """)
    page.evaluate(_HIDE)
    page.evaluate("FS('trackEvent', { name: 'all', properties: {} })")
    shop.told(page, "all")
    told = {op.get("type", "navigate") for op in shop.relay.operations() if op.get("url", "").endswith("elsewhere")}
    told |= {op["type"] for op in shop.relay.operations() if "type" in op}

    assert told == {"navigate", "click", "change", "exception", "visibility"} - {kind}


def test_an_org_that_switched_capture_off_gets_nothing_more_until_it_is_on_again(shop: Shop) -> None:
    _settings(shop, capture=False)
    page = shop.open(after="window.told = []; FS('observe', { type: 'shutdown', callback: (one) => told.push(one) });")
    page.wait_for_function("told.length > 0")
    page.evaluate("FS('trackEvent', { name: 'unheard', properties: {} }); flush()")
    assert page.evaluate("FS('getSession')") is None
    page.wait_for_function("!Object.keys(localStorage).some((key) => key.startsWith('fs_out.'))")
    shop.relay.forget()
    shop.go(page, "off")
    page.evaluate("FS('trackEvent', { name: 'unheard', properties: {} }); flush()")
    assert page.evaluate("settled(FS('trackEventAsync', { name: 'x', properties: {} }))") == {"error": "not_capturing"}
    assert shop.bundles() == []

    _settings(shop, capture=True)
    shop.go(page, "on")
    page.wait_for_function("FS('getSession') != null")
    page.evaluate("FS('trackEvent', { name: 'heard', properties: {} })")
    assert shop.told(page, "heard")
