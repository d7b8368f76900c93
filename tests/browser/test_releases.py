"""A release that could not be made is a failure (ID-17), and is made as soon as somebody can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page

from tests.browser.reader import ApiReader
from tests.browser.serving import serving
from tests.browser.shop import IS_THERE, Shop, full_id, session_of
from tests.browser.site import Site

_TRACK: Final = "(name) => FS('trackEvent', { name, properties: {} })"
_IDENTIFY: Final = "(uid) => FS('setIdentity', { uid })"
_RELEASE: Final = "settled(FS('setIdentityAsync', { anonymous: true }))"


@pytest.fixture
def plain() -> Iterator[Site]:
    """The same site over plain http."""
    site = Site()
    with serving(site) as port:
        site.port = port
        yield site


def _plain_page(shop: Shop, plain: Site) -> Page:
    script = f"<script src='https://{shop.script}?org={shop.org}'></script>"
    settled = "<script>window.settled = (call) => call.then((value) => ({ value }), ({ code: error }) => ({ error }));"
    plain.put("plain", settled + "window.flush = () => dispatchEvent(new Event('pagehide'));</script>" + script)
    page = shop.visitor.open(f"http://www.shop.test:{plain.port}/plain/logout")
    page.wait_for_function(IS_THERE)
    return page


def _device(page: Page) -> str:
    return session_of(page).split(":")[0]


@pytest.mark.parametrize("kind", [{}, {"force": True}])
def test_a_logout_on_http_fails_and_is_made_good_on_https(
    shop: Shop, plain: Site, reader: ApiReader, kind: dict[str, bool]
) -> None:
    uid = f"ana of https {len(kind)}"
    page = shop.open()
    page.evaluate(_IDENTIFY, uid)
    page.evaluate(_TRACK, "hers")
    hers = shop.told(page, "hers")
    http = _plain_page(shop, plain)
    assert http.evaluate("(more) => settled(FS('setIdentityAsync', { anonymous: true, ...more }))", kind) == {
        "error": "not_released"
    }
    assert any("not_released" in line and "https" in line for line in shop.visitor.complaints)
    shop.go(page, "home")
    page.evaluate(_TRACK, "of whoever is next")

    assert shop.told(page, "of whoever is next")["device"] != hers["device"]
    done = shop.relay.wait_for(lambda ops: any(op["op"] == "end" and op["device"] == hers["device"] for op in ops))
    assert [op["why"] for op in done if op["op"] == "end" and op["device"] == hers["device"]] == ["lost"]
    assert reader.event_names(full_id(hers)) == ["hers"]
    before = _device(page)
    shop.go(page, "and on")
    assert _device(page) == before


def test_a_visit_to_http_lets_nobody_go(shop: Shop, plain: Site) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ana who stays")
    before = session_of(page)
    _plain_page(shop, plain).evaluate(_TRACK, "on http")
    shop.go(page, "home")

    assert session_of(page) == before


def test_a_record_that_no_script_may_touch_keeps_its_user_and_says_so(shop: Shop) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ana of http only")
    record = page.evaluate("document.cookie.match(/fs_uid=([^;]*)/)[1]")
    shop.visitor.context.clear_cookies()
    shop.visitor.context.add_cookies(
        [{"name": "fs_uid", "value": record, "domain": ".shop.test", "path": "/", "secure": True, "httpOnly": True}]
    )
    page = shop.visit(shop.address())

    assert page.evaluate(_RELEASE) == {"error": "not_released"}
    shop.visitor.context.clear_cookies()
    assert page.evaluate("FS('trackEvent', { name: 'x', properties: {} })") is None
    assert page.evaluate(_RELEASE) == {"value": None}


@pytest.mark.parametrize("kind", ["about:blank", "srcdoc"])
def test_a_frame_without_a_host_name_lets_the_user_of_its_site_go(shop: Shop, kind: str) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ana of frames without a name")
    hers = _device(page)
    page.evaluate(
        """([kind, script]) => new Promise((done) => {
          const frame = document.createElement('iframe');
          if (kind == 'srcdoc') frame.srcdoc = '<p>inner</p>';
          frame.onload = () => {
            const inner = frame.contentDocument.createElement('script');
            inner.src = script;
            inner.onload = () => done();
            frame.contentDocument.head.append(inner);
          };
          document.body.append(frame);
        })""",
        [kind, f"https://{shop.script}?org={shop.org}"],
    )
    inner = page.frames[1]
    assert inner.evaluate("FS('getSession', { format: 'id' })") == session_of(page)
    assert (
        inner.evaluate("FS('setIdentityAsync', { anonymous: true }).then(() => 'done', (error) => error.code)")
        == "done"
    )

    assert _device(page) != hers
    shop.go(page, "next")
    assert _device(page) != hers
