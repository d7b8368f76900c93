"""Several tabs are one device, one session and one user, until one of them lets the user go: then in all of them."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Page

from tests.browser.reader import ApiReader
from tests.browser.shop import IS_THERE, Shop, agreed, full_id, session_of

pytestmark = pytest.mark.every_engine

_TRACK: Final = "(name) => FS('trackEvent', { name, properties: {} })"
_IDENTIFY: Final = "(uid) => FS('setIdentity', { uid })"
_ANONYMIZE: Final = "FS('setIdentity', { anonymous: true })"


def _device(page: Page) -> str:
    return session_of(page).split(":")[0]


def test_tabs_share_a_session(shop: Shop) -> None:
    first = shop.open()
    second = shop.visit(shop.address())

    assert session_of(first) == session_of(second)
    pages = [tab.evaluate("FS('getSession', { format: 'all' }).pageId") for tab in (first, second)]
    assert pages[0] != pages[1]


def test_what_another_tab_does_after_an_anonymize_is_nobodys(shop: Shop, reader: ApiReader) -> None:
    first = shop.open()
    second = shop.visit(shop.address())
    first.evaluate(_IDENTIFY, "ana of two tabs")
    second.evaluate(_TRACK, "hers")
    before = session_of(second)
    first.evaluate(_ANONYMIZE)

    assert agreed(first, second) != before
    second.evaluate(_TRACK, "nobodys")
    first.evaluate(_TRACK, "nobodys either")

    hers, nobodys, either = shop.told(second, "hers"), shop.told(second, "nobodys"), shop.told(first, "nobodys either")
    assert full_id(nobodys) == full_id(either) != full_id(hers)
    assert len({op["page"] for op in (hers, nobodys, either)}) == 3
    assert reader.sessions("ana of two tabs") == [full_id(hers)]
    assert reader.event_names(full_id(hers)) == ["hers"]


def test_a_user_taken_up_in_one_tab_is_let_go_in_another(shop: Shop) -> None:
    first = shop.open()
    second = shop.visit(shop.address())
    second.evaluate("window.users = []; FS('observe', { type: 'internal/user', callback: (n) => users.push(n.user) })")
    first.evaluate(_IDENTIFY, "bo of two tabs")
    second.evaluate(_TRACK, "his")
    second.evaluate(_ANONYMIZE)
    agreed(first, second)
    first.evaluate(_TRACK, "nobodys")

    assert shop.told(second, "his")["device"] != shop.told(first, "nobodys")["device"]
    assert first.evaluate("FS('getConfig').user") is None


def test_a_tab_forgets_the_user_whom_another_let_go(shop: Shop) -> None:
    first = shop.open()
    second = shop.visit(shop.address())
    second.evaluate("window.users = []; FS('observe', { type: 'internal/user', callback: (n) => users.push(n.user) })")
    second.evaluate("FS('setIdentity', { uid: 'cleo of two tabs', properties: { plan: 'pro' } })")
    first.evaluate(_ANONYMIZE)
    agreed(first, second)

    assert second.evaluate("FS('getConfig').user") is None
    second.evaluate(_TRACK, "nobodys")
    assert second.evaluate("users") == [{"uid": "cleo of two tabs", "properties": {"plan": "pro"}}, None]


def test_a_tab_that_writes_the_old_record_back_brings_nobody_back(shop: Shop, reader: ApiReader) -> None:
    first = shop.open()
    second = shop.visit(shop.address())
    first.evaluate(_IDENTIFY, "dan of two tabs")
    second.evaluate(_TRACK, "his")
    old = second.evaluate("document.cookie.match(/fs_uid=([^;]*)/)[1]")
    first.evaluate(_ANONYMIZE)
    agreed(first, second)
    second.evaluate(_TRACK, "nobodys")
    second.evaluate("(old) => { document.cookie = `fs_uid=${old};path=/;domain=shop.test;secure;max-age=999` }", old)
    first.evaluate(_TRACK, "nobodys first")
    second.evaluate(_TRACK, "nobodys second")

    his = shop.told(second, "his")
    after = [shop.told(tab, name) for tab, name in ((first, "nobodys first"), (second, "nobodys second"))]
    assert his["device"] not in [op["device"] for op in after]
    assert reader.event_names(full_id(his)) == ["his"]


def test_a_record_written_back_while_the_page_leaves_brings_nobody_back(shop: Shop) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ivy leaves")
    hers = _device(page)
    with page.expect_navigation():
        page.evaluate(
            """(to) => {
              const [old] = document.cookie.match(/fs_uid=[^;]*/);
              FS('setIdentity', { anonymous: true });
              document.cookie = old + ';path=/;domain=shop.test;secure;max-age=999';
              location.href = to;
            }""",
            shop.address() + "goodbye",
        )
    page.wait_for_function(IS_THERE)

    assert _device(page) != hers


@pytest.mark.needs("crash")
@pytest.mark.parametrize("is_held", [False, True], ids=["online", "unanswered"])
def test_a_tab_that_crashes_right_after_anonymize_has_let_the_user_go(
    shop: Shop, reader: ApiReader, is_held: bool
) -> None:
    uid = f"eve, {is_held}"
    page = shop.open()
    page.evaluate(_IDENTIFY, uid)
    page.evaluate(_TRACK, "hers")
    hers = shop.told(page, "hers")
    if is_held:
        shop.relay.hold()
    page.evaluate("FS('trackEvent', { name: 'her last', properties: {} }); " + _ANONYMIZE)
    shop.visitor.crash(page)

    other = shop.visit(shop.address())
    assert _device(other) != hers["device"]
    shop.relay.let_go()
    other.evaluate(_TRACK, "nobodys")
    nobodys = shop.told(other, "nobodys")
    shop.relay.wait_for(lambda ops: any(op["op"] == "end" for op in ops))
    assert reader.sessions(uid) == [full_id(hers)]
    assert reader.event_names(full_id(hers)) == ["hers", "her last"]
    assert reader.event_names(full_id(nobodys)) == ["nobodys"]


def test_offline_and_back_loses_nothing_and_mixes_nothing(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    shop.visitor.context.set_offline(True)
    page.evaluate(_IDENTIFY, "fay offline")
    page.evaluate(_TRACK, "hers")
    assert page.evaluate(f"settled({_ANONYMIZE.replace('setIdentity', 'setIdentityAsync')})") == {"value": None}
    page.evaluate(_TRACK, "nobodys")
    assert page.evaluate("settled(FS('setIdentityAsync', { uid: 'gil offline', ack: true }))") == {
        "error": "not_acknowledged"
    }
    shop.visitor.context.set_offline(False)

    hers, nobodys = shop.relay.wait_for_event("hers"), shop.relay.wait_for_event("nobodys")
    shop.relay.wait_for(lambda ops: any(op.get("uid") == "gil offline" for op in ops))
    assert reader.sessions("fay offline") == [full_id(hers)]
    assert reader.event_names(full_id(hers)) == ["hers"]
    assert reader.sessions("gil offline") == [full_id(nobodys)]


def test_a_tab_closed_offline_is_heard_by_the_next(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    shop.visitor.context.set_offline(True)
    page.evaluate(_IDENTIFY, "hal offline")
    page.evaluate(_TRACK, "his")
    page.evaluate(_ANONYMIZE)
    page.close(run_before_unload=False)
    shop.visitor.context.set_offline(False)
    other = shop.visit(shop.address())

    his = shop.relay.wait_for_event("his")
    assert _device(other) != his["device"]
    assert reader.sessions("hal offline") == [full_id(his)]


def test_what_a_busy_tab_does_after_another_let_a_user_go_is_never_that_users(
    shop: Shop, reader: ApiReader, tabs_agree: bool
) -> None:
    # Whoever is gone before a tab is shown them is not followed. The first user is there long enough in every engine.
    pause_ms = 20 if tabs_agree else 150
    address = shop.put()
    first, second = shop.visit(address), shop.visit(address)
    first.evaluate(_IDENTIFY, "busy 0")
    second.wait_for_function("/fs_uid=[^;]*#[0-9a-f]{16}#/.test(document.cookie)")
    second.evaluate("""() => {
      window.made = 0;
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        FS('trackEvent', { name: 'busy', properties: { calledAt: Date.now() } });
        made += 1;
        channel.port2.postMessage(0);
      };
      channel.port2.postMessage(0);
    }""")
    second.wait_for_function("made > 0")
    let_go_at = first.evaluate(
        """async (pause) => {
      const times = [];
      for (let at = 0; at < 40; at++) {
        FS('setIdentity', { uid: 'busy ' + at });
        await new Promise((keep) => setTimeout(keep, pause));
        FS('setIdentity', { anonymous: true });
        times.push(Date.now());
        await new Promise((keep) => setTimeout(keep, pause));
      }
      return times;
    }""",
        pause_ms,
    )
    second.close(run_before_unload=True)
    shop.relay.wait_for(lambda ops: sum(op["op"] == "end" for op in ops) == len(let_go_at), within_s=60)

    theirs = [reader.sessions(f"busy {at}") for at in range(len(let_go_at))]
    called_at = [
        [
            found["event_properties"]["calledAt"]
            for found in reader.events(sessions[0])
            if found["event_type"] == "custom"
        ]
        for sessions in theirs
    ]
    assert {len(sessions) for sessions in theirs} == {1}
    assert called_at[0]
    assert sum(map(len, called_at)) > len(let_go_at) or not tabs_agree
    assert [times for times, end in zip(called_at, let_go_at, strict=True) if max(times, default=0) > end] == []
