"""How fs.js comes onto a page: what the loaders leave there, what it takes over, and when it keeps still."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.shop import Shop, session_of

pytestmark = pytest.mark.every_engine

_SPY = """
window.stored = [];
const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
Object.defineProperty(document, 'cookie', {
  get: () => cookie.get.call(document),
  set: (text) => { stored.push(text); cookie.set.call(document, text); },
});
const setItem = Storage.prototype.setItem;
Storage.prototype.setItem = function (...given) { stored.push(given[0]); setItem.apply(this, given); };
"""


def _requests(shop: Shop) -> list[str]:
    return [carried.target for carried in shop.relay.carried()]


def _has_nothing(shop: Shop, page: Page) -> bool:
    kept = shop.visitor.keeps(page)
    return not (kept.cookies or kept.local or kept.session or kept.databases)


def test_the_script_is_asked_for_once_with_the_org_and_without_cookies(shop: Shop) -> None:
    shop.open()
    asked = [carried for carried in shop.relay.carried() if carried.target.startswith("/s/fs.js")]

    assert [carried.target for carried in asked] == [f"/s/fs.js?org={shop.org}"]
    assert asked[0].headers["origin"].startswith("https://www.shop.test")
    assert "cookie" not in asked[0].headers


def test_the_script_comes_as_javascript_that_any_origin_may_load(shop: Shop) -> None:
    address = shop.put()
    page = shop.visitor.open("about:blank")

    with page.expect_response(lambda response: "/s/fs.js" in response.url) as waiting:
        page.goto(address)

    assert waiting.value.headers["access-control-allow-origin"] == "*"
    assert waiting.value.headers["content-type"].startswith("text/javascript")


def test_calls_made_before_the_script_is_there_are_done_in_their_order(shop: Shop) -> None:
    page = shop.open(
        after="""
        FS('trackEvent', { name: 'one', properties: {} });
        FS('setIdentity', { uid: 'queued' });
        FS('trackEvent', { name: 'two', properties: {} }, 'dlo');
        window.before = [FS('getSession'), FS('observe', { type: 'start', callback: () => {} })];
        window.waiting = FS('getSessionAsync');
        FS('setIdentity', { anonymous: true });
        FS('trackEvent', { name: 'three', properties: {} });
        """
    )
    nobodys = shop.told(page, "three")["page"]
    told = [
        (op.get("name") or op.get("uid") or op["op"], op["page"] == nobodys)
        for op in shop.relay.operations()
        if op["op"] != "page"
    ]

    assert [name for name, is_nobodys in told if not is_nobodys] == ["one", "queued", "two", "end"]
    assert [name for name, is_nobodys in told if is_nobodys] == ["three"]
    assert [op.get("source") for op in shop.relay.operations() if op.get("name") == "two"] == ["dlo"]
    assert page.evaluate("before.every((value) => value == null)")
    assert "/session/" in page.evaluate("waiting")


def test_after_takeover_the_api_answers_and_no_queue_is_left(shop: Shop) -> None:
    page = shop.open()

    assert page.evaluate("[typeof FS._api, !FS.q]") == ["function", True]
    assert (
        page.evaluate(
            "['getCurrentSession', 'getCurrentSessionURL', 'getSessionURL', 'enableConsole', 'disableConsole',"
            " 'getFullstoryId'].map((name) => typeof FS[name])"
        )
        == ["function"] * 6
    )
    assert page.evaluate("FS.getCurrentSession() == FS('getSession', { format: 'id' })")
    assert page.evaluate("FS.getCurrentSessionURL() == FS('getSession')")
    assert page.evaluate("FS.getCurrentSessionURL(true).startsWith(FS('getSession') + '%3A')")
    assert page.evaluate("FS.getSessionURL() == FS('getSession')")
    assert page.evaluate("FS.getSessionURL(true).startsWith(FS('getSession') + '%3A')")
    env = page.evaluate("FS('getConfig').env")
    assert (env["namespace"], type(env["snippetVersion"])) == ("FS", str)
    assert page.evaluate("FS.getFullstoryId(document.body) == FS('getFullstoryId', document.body)")
    assert page.evaluate("typeof FS('getFullstoryId', document.body)") == "number"


def test_what_a_1_3_snippet_queued_is_done(shop: Shop) -> None:
    page = shop.open(
        loader="snippet 1.3",
        after="""
        FS.identify('old timer', { displayName: 'Old', seats_int: 3 }, 'seg');
        FS.event('first', { price_real: 1.5 }, 'seg');
        FS.setVars('page', { pageName: 'Basket' });
        FS.log('warn', 'careful');
        FS.consent();
        FS.consent(false);
        FS.identifyAccount('acme', { displayName: 'Acme' });
        FS.shutdown();
        FS.restart();
        """,
    )
    page.evaluate("FS('trackEvent', { name: 'second', properties: {} }, 'later')")
    second = shop.told(page, "second")
    told = shop.relay.operations()
    by_kind = {op["op"]: op for op in told}

    assert second["source"] == "later"
    assert [(op["name"], op["source"], op.get("properties")) for op in told if op["op"] == "event"] == [
        ("first", "seg", {"price_real": 1.5}),
        ("second", "later", None),
    ]
    assert by_kind["identify"]["uid"] == "old timer"
    assert by_kind["log"] | {"level": "warn", "message": "careful"} == by_kind["log"]
    assert [op["granted"] for op in told if op["op"] == "consent"] == [True, False]
    users = [op for op in told if op["op"] == "properties" and op["type"] == "user"]
    assert [(op["properties"], op["suffixes"]) for op in users] == [({"displayName": "Old", "seats_int": 3}, True)]
    assert [op["properties"] for op in told if op["op"] == "properties" and op["type"] == "page"] == [
        {"pageName": "Basket"}
    ]
    assert [op["why"] for op in told if op["op"] == "end"] == ["shutdown"]


def test_the_globals_of_a_2_0_snippet_configure_the_script(shop: Shop) -> None:
    page = shop.open(loader="snippet 2.0", before="window._fs_app_host = 'app.shop.test';")

    assert _requests(shop)[0] == "/s/fs.js"
    env = page.evaluate("FS('getConfig').env")
    assert env["orgId"] == shop.org
    assert env["script"] == shop.script
    assert page.evaluate("FS('getSession')").startswith(f"https://app.shop.test/ui/{shop.org}/session/")


def test_another_namespace_is_taken_over_and_fs_is_left_alone(shop: Shop) -> None:
    page = shop.visitor.open(shop.put(namespace="MyFS"))
    page.wait_for_function("!!(window.MyFS && MyFS._api)")

    assert page.evaluate("[typeof MyFS('getSession'), 'FS' in window, _fs_namespace]") == ["string", False, "MyFS"]


def test_later_init_calls_win(shop: Shop) -> None:
    page = shop.open(
        after="""
        FS('init', { env: { appHost: 'one.test', sessionUid: 'kept' } });
        FS('init', { env: { appHost: 'two.test' } });
        """
    )
    env = page.evaluate("FS('getConfig').env")

    assert (env["appHost"], env["sessionUid"], env["orgId"]) == ("two.test", "kept", shop.org)
    assert {"appHost", "orgId", "recHost", "recSettingsHost", "scheme", "namespace", "snippetVersion"} <= env.keys()


def test_a_script_that_cannot_be_loaded_rejects_what_waits_and_what_comes(shop: Shop) -> None:
    script = shop.relay.host + "/s/nothing.js"
    page = shop.visitor.open(shop.put(script=script, after="window.waiting = settled(FS('getSessionAsync'));"))

    failed = {"error": f"Error loading {script}"}
    assert page.evaluate("waiting") == failed
    assert page.evaluate("settled(FS('trackEventAsync', { name: 'x', properties: {} }))") == failed
    assert page.evaluate("FS('trackEvent', { name: 'x', properties: {} }) == null")


def test_the_ready_callback_is_called_once(shop: Shop) -> None:
    page = shop.open(before="window.calls = []; window._fs_ready = () => calls.push(typeof FS('getSession'));")

    assert page.evaluate("calls") == ["string"]


def test_the_namespace_is_told_to_those_who_look_for_it(shop: Shop) -> None:
    assert shop.open().evaluate("window._fs_namespace") == "FS"


def test_the_packages_ready_callback_is_given_the_session_url(shop: Shop) -> None:
    page = shop.visitor.open(
        shop.put(loader="@fullstory/browser 2.1", ready="(given) => { window.ready = given.sessionUrl; }")
    )
    page.wait_for_function("window.ready")

    assert page.evaluate("ready") == page.evaluate("FullStory('getSession')")


def test_dev_mode_captures_nothing(shop: Shop) -> None:
    page = shop.visitor.open(shop.put(loader="@fullstory/browser 2.1", devMode=True))
    page.wait_for_function("!!(window.FS && FS._api)")
    page.evaluate("FS('trackEvent', { name: 'x', properties: {} }); flush()")

    assert page.evaluate("FS('getSession')") is None
    assert [target for target in _requests(shop) if "fs.js" not in target] == []
    assert _has_nothing(shop, page)


def test_a_script_loaded_twice_is_loaded_once(shop: Shop) -> None:
    page = shop.open(before="window.calls = 0; window._fs_ready = () => { calls += 1; };")
    before = session_of(page)
    page.add_script_tag(url=f"https://{shop.script}?org={shop.org}&again")
    page.evaluate("history.pushState(null, '', 'once'); FS('trackEvent', { name: 'once', properties: {} })")
    shop.told(page, "once")

    assert (page.evaluate("calls"), session_of(page)) == (1, before)
    assert [op["op"] for op in shop.relay.operations() if op["op"] != "event"] == ["page", "page"]


def test_fetch_and_xhr_are_the_pages_own(shop: Shop) -> None:
    page = shop.open()

    assert page.evaluate("fetch(location.href).then((reply) => reply.status)") == 200
    assert (
        page.evaluate(
            "new Promise((keep) => { const asked = new XMLHttpRequest(); asked.open('GET', location.href);"
            " asked.onload = () => keep(asked.status); asked.send(); })"
        )
        == 200
    )


def test_a_page_without_a_snippet_has_the_whole_api_from_the_script_alone(shop: Shop) -> None:
    page = shop.visitor.open(shop.put(loader="none"))
    page.add_script_tag(url=f"https://{shop.script}?org={shop.org}")
    page.evaluate("FS.identify('no snippet', { plan: 'pro' }); FS.event('here', {}); FS('nonsense'); FS(); FS(7, 8)")

    assert shop.told(page, "here")
    assert [op["uid"] for op in shop.relay.operations() if op["op"] == "identify"] == ["no snippet"]


def test_a_page_that_names_no_org_is_refused_and_goes_on(shop: Shop) -> None:
    page = shop.visitor.open(shop.put(loader="none"))
    page.add_script_tag(url=f"https://{shop.script}")

    assert page.evaluate("settled(FS('getSessionAsync'))") == {"error": "no org configured"}
    assert page.evaluate("FS('trackEvent', { name: 'x' })") is None
    assert _has_nothing(shop, page)


@pytest.mark.parametrize("broken", ["FS('setVars')", "FS('event')", "FS('user')", "FS('log')", "FS('init')", "FS('')"])
def test_a_broken_call_in_the_queue_costs_no_other(shop: Shop, broken: str) -> None:
    page = shop.open(after=f"{broken}; FS('trackEvent', {{ name: 'after', properties: {{}} }});")
    page.evaluate(broken)

    assert shop.told(page, "after")


def test_with_capture_on_startup_off_nothing_is_stored_or_sent_until_start(shop: Shop) -> None:
    page = shop.open(
        before=_SPY + "window._fs_capture_on_startup = false;",
        after="FS('trackEvent', { name: 'too early', properties: {} }); FS('setIdentity', { uid: 'early' });",
    )
    page.evaluate("history.pushState(null, '', 'elsewhere'); document.body.click(); flush()")

    assert page.evaluate("[stored, FS('getSession')]") == [[], None]
    assert [target for target in _requests(shop) if "fs.js" not in target] == []
    assert _has_nothing(shop, page)

    page.evaluate("FS('start'); FS('trackEvent', { name: 'in time', properties: {} })")
    shop.told(page, "in time")
    assert [op["op"] for op in shop.relay.operations()] == ["page", "event"]


def test_a_package_that_starts_by_hand_waits_for_start(shop: Shop) -> None:
    page = shop.visitor.open(shop.put(loader="@fullstory/browser 2.1", startCaptureManually=True))
    page.wait_for_function("!!(window.FS && FS._api)")

    assert _has_nothing(shop, page)
    page.evaluate("window.waiting = settled(FullStory('getSessionAsync', { format: 'id' })); FullStory('start')")
    assert page.evaluate("waiting") == {"value": session_of(page)}


def test_a_shutdown_before_the_script_is_there_means_no_session_until_restart(shop: Shop) -> None:
    page = shop.open(after="FS('trackEvent', { name: 'too early', properties: {} }); FS('shutdown');")
    page.evaluate("FS('trackEvent', { name: 'still', properties: {} }); flush()")

    assert page.evaluate("FS('getSession')") is None
    assert [target for target in _requests(shop) if "fs.js" not in target] == []
    page.evaluate("FS('restart'); FS('trackEvent', { name: 'now', properties: {} })")
    shop.told(page, "now")
    assert [op.get("name") or op["op"] for op in shop.relay.operations()] == ["page", "now"]
