"""Whatever happens to fs.js, the page it is on goes on working."""

from __future__ import annotations

from typing import Final

import pytest

from tests.browser.shop import IS_THERE, Shop, session_of

_WORLDS: Final = {
    "no fetch": "delete window.fetch; window.fetch = undefined;",
    "a fetch that throws": "window.fetch = () => { throw new Error('mine') };",
    "a fetch that answers nothing": "window.fetch = () => undefined;",
    "no abort": "window.AbortController = undefined;",
    "no storage": "for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, {"
    " get() { throw new DOMException('no', 'SecurityError') } });",
    "a frozen history": "Object.freeze(history); Object.freeze(History.prototype);",
    "a broken crypto": "crypto.getRandomValues = () => { throw new Error('mine') };",
    "arrays with more": "Array.prototype.more = () => 0; Object.prototype.extra = 'odd';",
    "a title that throws": "Object.defineProperty(document, 'title', { get() { throw new Error('mine') } });",
    "a page with an FS of its own": "window.FS = { mkdir() {} };",
}


@pytest.mark.parametrize("world", _WORLDS)
def test_a_page_in_an_odd_world_works(shop: Shop, world: str) -> None:
    page = shop.visitor.open(shop.put(before=_WORLDS[world], after="window.isWhole = true;"))
    page.wait_for_function(
        "performance.getEntriesByType('resource').some((one) => one.name.includes('fs.js')) || typeof FS != 'function'"
    )
    page.evaluate("""() => {
      const call = (...given) => typeof FS == 'function' && FS(...given);
      call('setIdentity', { uid: 'x' });
      call('trackEvent', { name: 'x', properties: { a: 1 } });
      call('setIdentity', { anonymous: true });
      history.pushState && Object.isFrozen(history) || history.pushState(null, '', 'elsewhere');
      document.querySelector('button').click();
      flush();
    }""")

    assert page.evaluate("isWhole && document.querySelector('button').textContent") == "Buy"


@pytest.mark.parametrize(
    "options",
    [
        "{ get uid() { throw new Error('mine') } }",
        "new Proxy({}, { get() { throw new Error('mine') }, has() { throw new Error('mine') } })",
        "Object.create(null)",
        "Symbol('x')",
        "10n",
        "document.body",
        "window",
        "{ uid: Symbol('x') }",
        "{ name: 'x', properties: { get a() { throw new Error('mine') } } }",
        "{ name: 'x', properties: { toJSON() { throw new Error('mine') } } }",
        "{ name: 'x', properties: { a: 10n } }",
        "{ type: 'page', properties: new Proxy({}, { ownKeys() { throw new Error('mine') } }) }",
        "{ type: Symbol('x'), callback: () => {} }",
        "{ source: Symbol('x') }",
        "{ msg: { toJSON() { throw new Error('mine') } } }",
        "{ format: { toString() { throw new Error('mine') } } }",
    ],
)
def test_no_call_throws_or_hangs_whatever_it_is_given(shop: Shop, options: str) -> None:
    page = shop.open()
    calls = [
        *("setIdentity", "setProperties", "trackEvent", "log", "observe", "getSession", "getConfig", "init", "source"),
        *("setPage", "setConfig", "stat", "getFullstoryId", "shutdown", "restart", "start", "user", "event", "consent"),
    ]
    hung = page.evaluate(
        f"""async (calls) => {{
          const hung = [];
          for (const call of calls) {{
            FS(call, {options}, Symbol('x'));
            if (await settled(FS(call + 'Async', {options}), 6000) == 'never') hung.push(call);
          }}
          return hung;
        }}""",
        calls,
    )

    assert hung == []
    page.evaluate("FS('trackEvent', { name: 'after all', properties: {} })")
    assert shop.told(page, "after all")


@pytest.mark.parametrize(("back_ms", "is_over"), [(200_000, False), (86_400_000, True)])
def test_a_clock_that_jumps_back_holds_nothing_up_and_ends_what_began_ahead_of_it(
    shop: Shop, back_ms: int, is_over: bool
) -> None:
    page = shop.open()
    before = session_of(page)
    page.evaluate(
        """(back) => {
          const now = Date.now;
          Date.now = () => now() - back;
          FS('trackEvent', { name: 'yesterday', properties: {} });
        }""",
        back_ms,
    )

    assert (session_of(page) != before) == is_over
    assert session_of(page).split(":")[0] == before.split(":")[0]
    assert shop.relay.wait_for_event("yesterday")


def test_a_hundred_kilobytes_go_too(shop: Shop) -> None:
    page = shop.open()
    page.evaluate("""
      const list = Object.fromEntries(Array.from({ length: 20 }, (_, at) => ['name' + at, 'x'.repeat(5000)]));
      FS('trackEvent', { name: 'large', properties: list });
      FS('trackEvent', { name: 'too large', properties: Object.fromEntries(
        Array.from({ length: 100 }, (_, at) => ['name' + at, 'x'.repeat(8000)])) });
    """)
    shop.told(page, "large")
    page.reload()
    page.wait_for_function(IS_THERE)

    assert not [op for op in shop.relay.operations() if op.get("name") == "too large"]
    assert any("invalid_properties" in line for line in shop.visitor.complaints)
