"""Pages that are shown late, or that changed what their browser brings along."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.browser.engines.processes import bare_environment, running
from tests.browser.reader import ApiReader
from tests.browser.shop import IS_THERE, Shop, full_id, session_of
from tests.browser.visitor import FLAGS, find_chromium

pytestmark = pytest.mark.every_engine

_HIDDEN_UNTIL_SHOWN: Final = """
let isPrerendering = true;
Object.defineProperty(document, 'prerendering', { get: () => isPrerendering, configurable: true });
window.show = () => { isPrerendering = false; document.dispatchEvent(new Event('prerenderingchange')); };
"""
_TO_JSON: Final = """
for (const type of [Object, Array, String, Number, Boolean, Date]) type.prototype.toJSON = () => 'broken';
"""
_FRACTIONS: Final = """
const wall = Date.now;
Date.now = () => wall() + 0.5;
"""
_SPECULATES: Final = """<script type="speculationrules">
{"prerender": [{"source": "list", "urls": ["next"], "eagerness": "immediate"}]}
</script>"""
_GOES_ON: Final = """
const name = location.pathname.split('/').pop() || 'first';
const isEarly = !!document.prerendering;
const track = (name, properties) => { FS('trackEvent', { name, properties }); flush(); };
FS('trackEvent', { name, properties: { isEarly } });
if (name == 'first') setTimeout(() => { track('leaves', {}); location.href = 'next'; }, 2000);
else if (isEarly) document.addEventListener('prerenderingchange', () => setTimeout(track, 500, 'arrives', {}));
else setTimeout(track, 500, 'arrives', {});
"""


def test_a_prerendered_page_counts_only_once_it_is_shown(shop: Shop) -> None:
    page = shop.visitor.open(shop.put(before=_HIDDEN_UNTIL_SHOWN))
    page.wait_for_function("document.readyState == 'complete'")
    page.evaluate("FS('trackEvent', { name: 'in time', properties: {} }); flush()")
    kept = shop.visitor.keeps(page)
    assert (kept.cookies, kept.local, shop.bundles()) == ({}, {}, [])

    page.evaluate("show()")
    page.wait_for_function(IS_THERE)
    shop.told(page, "in time")
    assert sorted(op["op"] for op in shop.relay.operations()) == ["event", "page"]


@pytest.mark.needs("prerendering")
def test_what_a_browser_prerendered_is_one_page_from_when_it_is_shown(shop: Shop, tmp_path: Path) -> None:
    address = shop.put(after=_GOES_ON, body=_SPECULATES)
    # A browser that is driven prerenders nothing, so this one goes where its pages take it.
    program = [find_chromium() or "", *FLAGS, "--headless=new", f"--user-data-dir={tmp_path}", address]
    with running(program, bare_environment(tmp_path), tmp_path / "output.txt"):
        shop.relay.wait_for_event("arrives", within_s=30)
    operations = shop.relay.operations()
    if not shop.relay.wait_for_event("next")["properties"]["isEarly"]:
        pytest.skip("the browser did not prerender the page")

    left = next(op["page"] for op in operations if op.get("name") == "first")
    told = [
        (op.get("name") or op["op"], op["t"])
        for op in operations
        if not (op.get("name") == "hidden" and op["page"] == left)
    ]
    assert [name for name, _ in told] == ["page", "first", "leaves", "page", "next", "arrives"]
    assert told[3][1] >= told[2][1]
    assert len({(op["device"], op["session"]) for op in operations}) == 1


def test_a_to_json_on_every_built_in_prototype_breaks_nothing(shop: Shop, reader: ApiReader) -> None:
    page = shop.open(before=_TO_JSON)
    page.evaluate("FS('setIdentity', { uid: 'ana to JSON', properties: { plan: 'pro', seats: 3, tags: ['a', 'b'] } })")
    page.evaluate("FS('trackEvent', { name: 'Bought', properties: { price: 1.5, names: ['x'] } })")
    hers = shop.told(page, "Bought")

    assert hers["properties"] == {"price": 1.5, "names": ["x"]}
    assert reader.sessions("ana to JSON") == [full_id(hers)]
    assert (reader.user("ana to JSON") or {})["properties"] == {"plan": "pro", "seats": 3, "tags": ["a", "b"]}
    assert page.evaluate("[1].toJSON()") == "broken"


def test_a_clock_with_fractions_costs_nothing(shop: Shop, reader: ApiReader) -> None:
    page = shop.open(before=_FRACTIONS)
    page.evaluate("FS('setIdentity', { uid: 'bo of fractions' }); FS('trackEvent', { name: 'Bought', properties: {} })")
    before = session_of(page)
    his = shop.told(page, "Bought")
    shop.go(page, "next")

    assert session_of(page) == before == full_id(his)
    assert reader.sessions("bo of fractions") == [before]
    assert {carried.status for carried in shop.relay.carried() if carried.bundle()} == {200}
