"""Sessions, observers and every call's Async form, whatever the collector does."""

from __future__ import annotations

from typing import Final

import pytest

from tests.browser.shop import IS_THERE, Shop, session_of

_OBSERVE: Final = """
window.heard = [];
const hear = (type) => FS('observe', { type, callback: (told) => heard.push([type, told]) });
"""
_ASYNC: Final = {
    "FS('trackEventAsync', { name: 'x', properties: {} })": {"value": None},
    "FS('trackEventAsync', { name: '', properties: {} })": {"error": "invalid_event_name"},
    "FS('setPropertiesAsync', { type: 'user', properties: { a: 1 } })": {"value": None},
    "FS('setPropertiesAsync', { type: 'element', properties: { a: 1 } })": {"error": "invalid_properties"},
    "FS('setPageAsync', { pageName: 'x' })": {"value": None},
    "FS('setIdentityAsync', { uid: 'somebody', consent: true })": {"value": None},
    "FS('setIdentityAsync', { anonymous: true })": {"value": None},
    "FS('logAsync', { level: 'warn', msg: 'x' })": {"value": None},
    "FS('sourceAsync', { source: { integration: 'x' } })": {"value": None},
    "FS('setConfigAsync', { console: true })": {"value": None},
    "FS('statAsync', { event_type: 'x', properties: {} })": {"value": None},
    "FS('startAsync')": {"value": None},
    "FS('restartAsync')": {"value": None},
    "FS('shutdownAsync')": {"value": None},
    "FS('getConfigAsync').then((found) => found.env.orgId.length > 0)": {"value": True},
    "FS('getSessionAsync').then((url) => url == FS('getSession'))": {"value": True},
    "FS('observeAsync', { type: 'start', callback: () => {} }).then((one) => typeof one.disconnect)": {
        "value": "function"
    },
    "FS('nonsenseAsync')": {"error": "unknown_call"},
    "FS('captureAsync', { type: 'click' })": {"error": "unknown_call"},
}


@pytest.mark.parametrize("call", _ASYNC)
def test_every_async_call_settles(shop: Shop, call: str) -> None:
    assert (
        shop.open().evaluate(f"settled({call})") == {"value": None, **_ASYNC[call]}
        if "value" in _ASYNC[call]
        else _ASYNC[call]
    )


@pytest.mark.parametrize("collector", ["down", "held", "500", "HTML", "404"])
def test_nothing_hangs_whatever_the_collector_does(shop: Shop, collector: str) -> None:
    address = shop.put()
    page = shop.visit(address)
    _upset(shop, collector)
    page.evaluate("""() => {
      window.quick = settled(FS('setIdentityAsync', { uid: 'ana' }));
      window.gone = settled(FS('setIdentityAsync', { anonymous: true }));
      window.slow = settled(FS('setIdentityAsync', { uid: 'bo', ack: true }));
    }""")

    assert page.evaluate("quick") == page.evaluate("gone") == {"value": None}
    # What the service did not say is no acknowledgement, whatever its status (QU-5).
    assert page.evaluate("slow") == {"error": "not_acknowledged"}
    page.reload()
    page.wait_for_function(IS_THERE)
    assert page.evaluate("FS('trackEvent', { name: 'x', properties: {} }) == null")


def _upset(shop: Shop, collector: str) -> None:
    if collector == "down":
        shop.relay.is_down = True
    elif collector == "held":
        shop.relay.hold()
    else:
        status = {"500": 500, "HTML": 200, "404": 404}[collector]
        shop.relay.stand_ins["/rec/"] = (status, "text/html", "<!doctype html><title>Oops</title>")


@pytest.mark.parametrize("answer", ["<!doctype html>", "null", "5", '"text"', "[]", '{"auto": null, "capture": null}'])
def test_settings_may_be_anything(shop: Shop, answer: str) -> None:
    shop.relay.stand_ins["/s/settings/"] = (200, "application/json", answer)
    page = shop.open()
    page.reload()
    page.wait_for_function(IS_THERE)
    page.evaluate("document.querySelector('button').click(); FS('trackEvent', { name: 'here', properties: {} })")

    assert shop.told(page, "here")


def test_get_session_has_four_formats(shop: Shop) -> None:
    page = shop.open()
    device, session = session_of(page).split(":")
    url = f"https://{shop.relay.host}/ui/{shop.org}/session/{device}%3A{session}"

    assert page.evaluate("FS('getSession', { format: 'id' })") == f"{device}:{session}"
    assert page.evaluate("[FS('getSession'), FS('getSession', { format: 'url' })]") == [url, url]
    now = page.evaluate("FS('getSession', { format: 'url.now' })")
    assert now.startswith(url + "%3A")
    assert abs(int(now.removeprefix(url + "%3A")) - page.evaluate("Date.now()")) < 60_000
    found = page.evaluate("FS('getSession', { format: 'all' })")
    assert {**found, "pageId": None} == {"orgId": shop.org, "userId": device, "sessionId": session, "pageId": None}
    assert page.evaluate("FS('getSessionAsync')") == url


def test_observers_hear_of_start_session_and_shutdown(shop: Shop) -> None:
    page = shop.open(
        after=_OBSERVE + "for (const type of ['start', 'session', 'shutdown', 'internal/fs-init']) hear(type);"
    )
    first = page.evaluate("FS('getSession')")
    assert page.evaluate("heard.filter(([type]) => type != 'internal/fs-init').map(([type]) => type)") == [
        "start",
        "session",
    ]
    page.evaluate("heard.length = 0; FS('shutdown'); FS('shutdown'); FS('restart'); FS('restart')")
    second = page.evaluate("FS('getSession')")
    heard = page.evaluate("heard")

    assert [type_ for type_, _ in heard] == ["shutdown", "start", "session"]
    assert heard[0][1] == {"reason": 0}
    assert heard[1][1]["sessionUrl"] == second != first
    assert {"settings", "env"} <= heard[1][1].keys()
    assert heard[2][1] == {"url": second}


def test_an_observer_that_comes_late_hears_at_once_what_is_already_so(shop: Shop) -> None:
    page = shop.open()
    page.evaluate("() => {" + _OBSERVE + "hear('start'); hear('session'); hear('shutdown'); hear('internal/user'); }")

    assert page.evaluate("heard.map(([type]) => type)") == ["start", "session"]
    assert page.evaluate("heard[0][1].sessionUrl == FS('getSession') && heard[1][1].url == FS('getSession')")


@pytest.mark.parametrize(
    "options",
    [
        "{ type: 'nonsense', callback: () => {} }",
        "{ type: 'start' }",
        "{}",
        "undefined",
        "{ type: 'start', callback: 5 }",
    ],
)
def test_an_observer_of_nothing_has_failed(shop: Shop, options: str) -> None:
    page = shop.open()

    assert page.evaluate(f"FS('observe', {options}).failed")
    assert page.evaluate(f"FS('observe', {options}).disconnect() === undefined")


def test_an_observer_that_throws_or_left_costs_nothing(shop: Shop) -> None:
    page = shop.open(
        after=_OBSERVE
        + """
        FS('observe', { type: 'start', callback: () => { throw new Error('mine') } });
        window.leaving = FS('observeAsync', { type: 'session', callback: () => heard.push('left') });
        """
    )
    page.evaluate("leaving.then((one) => one.disconnect())")
    page.evaluate("heard.length = 0; FS('shutdown'); FS('restart')")

    assert page.evaluate("heard") == []
    assert page.evaluate("typeof FS('getSession')") == "string"


def test_bundles_and_errors_are_told_to_those_who_ask(shop: Shop) -> None:
    page = shop.open(after=_OBSERVE + "hear('internal/bundle');")
    page.evaluate("FS('trackEvent', { name: 'x', properties: {} }); flush()")
    page.wait_for_function("heard.length > 0")
    bundle = page.evaluate("heard[0][1]")

    assert f"{bundle['userId']}:{bundle['sessionId']}" == session_of(page)
    assert (bundle["orgId"], bundle["recHost"]) == (shop.org, shop.relay.host)
    assert bundle["response"]["stored"] == 2


def test_a_shutdown_holds_for_the_page_and_not_for_the_next(shop: Shop) -> None:
    page = shop.open()
    page.evaluate("FS('shutdown'); FS('shutdown')")
    page.evaluate("FS('trackEvent', { name: 'unheard', properties: {} }); document.body.click(); flush()")
    assert page.evaluate("FS('getSession')") is None
    page.reload()
    page.wait_for_function(IS_THERE)
    page.evaluate("FS('trackEvent', { name: 'heard', properties: {} })")
    shop.told(page, "heard")

    told = [op.get("name") or op.get("why") or op["op"] for op in shop.relay.operations()]
    assert told == ["page", "shutdown", "page", "heard"]


def test_a_restart_leaves_the_user(shop: Shop) -> None:
    page = shop.open()
    page.evaluate("FS('setIdentity', { uid: 'ana of a restart' })")
    before = session_of(page)
    page.evaluate("FS('shutdown'); FS('restart')")

    assert set(before.split(":")).isdisjoint(session_of(page).split(":"))
    assert page.evaluate("FS('getConfig').user") is None


def test_half_an_hour_without_input_begins_a_session_on_the_same_page(shop: Shop) -> None:
    page = shop.visitor.context.new_page()
    page.clock.install()
    page.goto(shop.put())
    page.wait_for_function(IS_THERE, polling=50)
    before = session_of(page)
    for _ in range(2):
        page.clock.fast_forward("29:00")
        page.keyboard.press("a")
    assert session_of(page) == before
    page.clock.fast_forward("31:00")
    page.keyboard.press("a")
    after = session_of(page)

    assert after != before
    assert after.split(":")[0] == before.split(":")[0]


def test_events_and_logs_work_while_nobody_is_identified(shop: Shop) -> None:
    page = shop.open()
    page.evaluate("""
      FS('log', { msg: 'plain' }); FS('log', { level: 'warn', msg: { a: 1 } }); FS('log', 'x'); FS.log('alone');
      const circle = {}; circle.circle = circle; FS('log', { msg: circle });
      FS('trackEvent', { name: 'Bought', properties: { price: 5, when: new Date(0), circle } });
      FS('trackEvent', { name: 'Bought too', properties: { price: 5 }, schema: { price: 'int' } });
    """)
    shop.told(page, "Bought too")
    logs = [(op["level"], op["message"]) for op in shop.relay.operations() if op["op"] == "log"]

    assert logs[:2] == [("log", "plain"), ("warn", '{"a":1}')]
    assert ("log", "alone") in logs


def test_calls_over_the_limit_are_dropped_and_an_anonymize_is_not(shop: Shop) -> None:
    page = shop.open()
    page.evaluate("for (let n = 0; n < 11; n++) FS('setIdentity', { uid: 'many', properties: { n } })")
    dropped = page.evaluate("settled(FS('setIdentityAsync', { uid: 'many' }))")
    before = session_of(page)
    page.evaluate("FS('setIdentity', { anonymous: true })")

    assert dropped == {"error": "rate_limited"}
    assert set(before.split(":")).isdisjoint(session_of(page).split(":"))
    assert any("rate_limited" in line for line in shop.visitor.complaints)


def test_a_name_for_every_page_is_kept_however_many_there_are(shop: Shop) -> None:
    page = shop.open()
    stored = page.evaluate(
        """async ([org, url]) => {
          let stored = 0;
          for (let part = 0; part < 3; part++) {
            const [device, session, page] = [0, 0, 0].map(() => crypto.randomUUID());
            const t = Date.now();
            const ops = Array.from({ length: 400 }, (_, at) => ({
              op: 'properties', n: at + 1, t, type: 'page', properties: { pageName: `page ${part} ${at}` },
            }));
            const body = JSON.stringify({ v: 1, org, device, session, page, started: t, sent: t, ops });
            stored += (await (await fetch(url, { method: 'POST', body })).json()).stored;
          }
          return stored;
        }""",
        [shop.org, f"https://{shop.relay.host}/rec/bundle"],
    )

    assert stored == 1200
