"""Living beside what else there is: other documents, other copies of the script, the site's own storage, proxies."""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest

from tests.browser.reader import ApiReader
from tests.browser.shop import IS_THERE, Shop, full_id, session_of

_TRACK: Final = "(name) => FS('trackEvent', { name, properties: {} })"
_IDENTIFY: Final = "(uid) => FS('setIdentity', { uid })"
_ANONYMIZE: Final = "FS('setIdentity', { anonymous: true })"
_OUTBOX: Final = "Object.keys(localStorage).filter((key) => key.startsWith('fs_out.'))"
_REOPEN: Final = """(html) => {
  document.open();
  document.write(html);
  document.close();
}"""


def _named(shop: Shop, name: str) -> list[dict[str, Any]]:
    return [op for op in shop.relay.operations() if op.get("name") == name]


@pytest.mark.parametrize("has_script", [False, True])
def test_a_document_opened_anew_loses_and_doubles_nothing(shop: Shop, has_script: bool) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ana of a document")
    before = session_of(page)
    script = f"<script src='https://{shop.script}?org={shop.org}'></script>" if has_script else ""
    page.evaluate(_REOPEN, f"<html><head>{script}</head><body><button>Second</button></body></html>")
    page.wait_for_function(IS_THERE)
    page.wait_for_selector("button")
    page.click("button")
    page.evaluate(_TRACK, "after")
    page.goto("about:blank")

    shop.relay.wait_for_event("after")
    assert [full_id(op) for op in shop.relay.wait_for(lambda _: bool(_named(shop, "Second")))][-1] == before
    assert len(_named(shop, "Second")) == len(_named(shop, "after")) == 1


@pytest.mark.parametrize("namespace", ["FS", "Second"])
def test_a_script_loaded_twice_under_any_name_doubles_nothing(shop: Shop, namespace: str) -> None:
    page = shop.open()
    page.evaluate(
        """([src, name]) => new Promise((done) => {
          const script = Object.assign(document.createElement('script'), { src, onload: done });
          script.setAttribute('data-fs-namespace', name);
          document.head.append(script);
        })""",
        [f"https://{shop.script}?org={shop.org}", namespace],
    )
    page.evaluate(f"{namespace}('setIdentity', {{ uid: 'ana of two names' }})")
    page.evaluate(f"{namespace}('trackEvent', {{ name: 'once', properties: {{}} }})")
    page.click("button")
    shop.told(page, "once")

    assert page.evaluate(f"{namespace}('getSession', {{ format: 'id' }})") == session_of(page)
    assert len(_named(shop, "Buy")) == len(_named(shop, "once")) == 1
    assert len([op for op in shop.relay.operations() if op["op"] == "page"]) == 1


_WAYS: Final = {
    "plain": "<script src='SRC'></script>",
    "defer": "<script defer src='SRC'></script>",
    "async": "<script async src='SRC'></script>",
    "a module": "<script type=module src='SRC'></script>",
    "import()": "<script type=module>import('SRC')</script>",
    "put in by a script": "<script>{const s = document.createElement('script'); s.src = 'SRC'; document.head.append(s)}"
    "</script>",
    "a text": "<script>fetch('SRC').then((found) => found.text()).then((text) => (0, eval)(text))</script>",
}


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("queue", ["", "<script>FS = Object.assign((...call) => FS.q.push(call), { q: [] });</script>"])
def test_however_the_script_comes_it_finds_org_and_host(shop: Shop, way: str, queue: str) -> None:
    src = f"https://{shop.script}?org={shop.org}"
    globals_ = f"<script>_fs_org = '{shop.org}'; _fs_script = '{shop.script}';</script>" if way == "a text" else ""
    flush = "<script>window.flush = () => dispatchEvent(new Event('pagehide'))</script>"
    page = shop.visitor.open(shop.put_head(globals_ + flush + queue + _WAYS[way].replace("SRC", src)))
    page.wait_for_function(IS_THERE)
    page.evaluate("FS('trackEvent', { name: 'came', properties: {} })")

    assert shop.told(page, "came")


@pytest.mark.parametrize("says_host", [False, True])
def test_a_copy_of_the_script_on_the_site_finds_the_service(shop: Shop, reader: ApiReader, says_host: bool) -> None:
    copied = httpx.get(f"https://127.0.0.1:{shop.relay.port}/s/fs.js", headers={"host": shop.relay.host}, verify=False)
    page = shop.visitor.context.new_page()
    page.route("**/own/fs.js*", lambda route: route.fulfill(content_type="text/javascript", body=copied.text))
    told = f"<script>_fs_host = '{shop.relay.host}'</script>" if says_host else ""
    flush = "<script>window.flush = () => dispatchEvent(new Event('pagehide'))</script>"
    page.goto(shop.put_head(f"{flush}{told}<script src='/own/fs.js?org={shop.org}'></script>"))
    page.wait_for_function(IS_THERE)
    page.evaluate(_TRACK, "of a copy")

    if says_host:
        assert shop.told(page, "of a copy")
    else:
        page.evaluate("flush()")
        assert reader.wait_for(lambda: reader.event_names(session_of(page))) == ["of a copy"]


def test_a_page_full_of_html_is_no_acknowledgement(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    shop.relay.stand_ins["/rec/"] = (200, "text/html", "<html>You are offline</html>")
    call = "(uid) => settled(FS('setIdentityAsync', { uid, ack: true }))"
    assert page.evaluate(call, "ana offline") == {"error": "not_acknowledged"}
    page.evaluate(_TRACK, "hers")
    page.evaluate("flush()")
    assert page.evaluate(f"{_OUTBOX}.length") == 1
    del shop.relay.stand_ins["/rec/"]
    page.reload()
    page.wait_for_function(IS_THERE)

    hers = shop.relay.wait_for_event("hers")
    assert reader.event_names(full_id(hers)) == ["hers"]


def test_outboxes_have_a_bound_together_and_keep_what_identity_needs(shop: Shop) -> None:
    page = shop.open()
    shop.relay.is_down = True
    for at in range(12):
        page.evaluate(_IDENTIFY, f"ana {at}")
        page.evaluate(
            "FS('trackEvent', { name: 'large', properties: { text: 'x'.repeat(8000), more: 'y'.repeat(8000) } })"
        )
        page.evaluate("for (let at = 0; at < 3; at++) FS('log', { msg: 'z'.repeat(8000) })")
        page.evaluate("flush()")
        shop.go(page, f"next{at}")
    chars = f"{_OUTBOX}.reduce((sum, key) => sum + localStorage[key].length, 0)"

    assert page.evaluate(chars) <= 2 * 262_144
    kept = page.evaluate(f"{_OUTBOX}.map((key) => localStorage[key]).join()")
    assert all(f'"uid":"ana {at}"' in kept for at in range(12))


def test_the_sites_own_storage_comes_before_ours(shop: Shop) -> None:
    page = shop.open()
    shop.relay.is_down = True
    page.evaluate("for (let at = 0; at < 5; at++) FS('log', { msg: 'z'.repeat(8000) })")
    page.evaluate("flush()")
    assert page.evaluate(f"{_OUTBOX}.length") == 1
    page.evaluate("""() => {
      let size = 1 << 22;
      for (let at = 0; size >= 1; at++) {
        try { localStorage.setItem('site' + at, 'x'.repeat(size)) } catch { size >>= 1 }
      }
    }""")
    taken = page.evaluate(
        "Object.keys(localStorage).reduce((sum, key) => sum + key.length + localStorage[key].length, 0)"
    )

    assert page.evaluate(f"{_OUTBOX}.length") == 0
    assert taken > 5_000_000


def test_consent_and_shutdown_are_the_page_s_own(shop: Shop) -> None:
    first = shop.open()
    second = shop.visit(shop.address())
    first.evaluate(_IDENTIFY, "ana withdraws")
    first.evaluate("FS('setIdentity', { consent: false }); FS('shutdown')")
    first.evaluate(_TRACK, "never")
    second.evaluate(_TRACK, "goes on")
    shop.told(second, "goes on")

    assert _named(shop, "never") == []
    assert [op["granted"] for op in shop.relay.operations() if op["op"] == "consent"] == [False]
    assert first.evaluate("document.cookie.includes('fs_cid=1.0')")


def test_a_page_that_the_cache_gives_back_after_a_logout_is_not_hers(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ana of the cache")
    page.evaluate(_TRACK, "hers")
    hers = shop.told(page, "hers")
    shop.go(page, "logout")
    page.evaluate(_ANONYMIZE)
    shop.go(page, "login")
    page.evaluate(_IDENTIFY, "bo of the cache")
    for _ in range(2):
        page.go_back(wait_until="commit")
        page.wait_for_function(IS_THERE)
    page.evaluate(_TRACK, "on her page")
    seen = shop.told(page, "on her page")

    assert seen["device"] != hers["device"]
    assert reader.event_names(full_id(hers)) == ["hers"]
