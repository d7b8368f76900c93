"""Who a person is, from FS on the page to what the service says of them."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.reader import ApiReader
from tests.browser.shop import IS_THERE, Shop, full_id, session_of
from tests.browser.visitor import visiting

pytestmark = pytest.mark.every_engine

_ANONYMIZE: Final = "FS('setIdentity', { anonymous: true })"


def _identify(page: Page, uid: str, **properties: object) -> None:
    page.evaluate("([uid, properties]) => FS('setIdentity', { uid, properties })", [uid, properties])


def _track(page: Page, name: str) -> None:
    page.evaluate("(name) => FS('trackEvent', { name, properties: {} })", name)


def _end_session(page: Page) -> None:
    page.evaluate("FS('shutdown'); FS('restart')")


def _is_answered(page: Page) -> None:
    page.evaluate("flush()")
    page.wait_for_function("!Object.keys(localStorage).some((key) => key.startsWith('fs_out.'))")


def test_identify_brings_every_session_and_property_of_the_anonymous_visitor(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    sessions = []
    for name in ("first", "second", "third"):
        _track(page, name)
        sessions.append(session_of(page))
        if name != "third":
            _end_session(page)
    page.evaluate("FS('setProperties', { type: 'user', properties: { seen: 'anonymous', plan: 'free' } })")
    _identify(page, "ana of three visits", plan="pro")
    assert session_of(page) == sessions[2]
    _is_answered(page)

    assert len(set(sessions)) == 3
    assert set(reader.sessions("ana of three visits")) == set(sessions)
    assert [reader.event_names(session) for session in sessions] == [["first"], ["second"], ["third"]]
    found = reader.user("ana of three visits")
    assert found is not None
    assert found["properties"] == {"seen": "anonymous", "plan": "pro"}


def test_the_same_uid_again_merges_and_splits_nothing(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    _identify(page, "bo twice", plan="free", seats=2)
    before = session_of(page)
    _identify(page, "bo twice", plan="pro")
    _is_answered(page)

    assert session_of(page) == before
    assert reader.sessions("bo twice") == [before]
    assert (reader.user("bo twice") or {})["properties"] == {"plan": "pro", "seats": 2}


def test_another_uid_is_another_device_and_session(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    _identify(page, "cleo first", plan="pro")
    _track(page, "hers")
    hers = session_of(page)
    _identify(page, "dan second")
    _track(page, "his")
    his = session_of(page)
    _is_answered(page)

    assert set(hers.split(":")).isdisjoint(his.split(":"))
    assert (reader.sessions("cleo first"), reader.sessions("dan second")) == ([hers], [his])
    assert (reader.event_names(hers), reader.event_names(his)) == (["hers"], ["his"])
    assert not (reader.user("dan second") or {}).get("properties")


def test_after_an_anonymize_the_next_user_gets_only_what_came_after(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    _identify(page, "eve before", plan="pro")
    _track(page, "hers")
    hers = session_of(page)
    page.evaluate(_ANONYMIZE)
    _track(page, "nobodys")
    between = session_of(page)
    page.evaluate(_ANONYMIZE + "; " + _ANONYMIZE)
    assert session_of(page) == between
    _identify(page, "fay after")
    _track(page, "fays")
    _is_answered(page)

    assert set(hers.split(":")).isdisjoint(between.split(":"))
    assert reader.sessions("eve before") == [hers]
    assert reader.sessions("fay after") == [between]
    assert (reader.event_names(hers), reader.event_names(between)) == (["hers"], ["nobodys", "fays"])
    assert (reader.user("eve before") or {})["properties"] == {"plan": "pro"}


def test_who_comes_back_has_two_devices_and_two_sessions(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    _identify(page, "gil again")
    first = session_of(page)
    page.evaluate(_ANONYMIZE)
    _identify(page, "gil again")
    _is_answered(page)

    assert set(reader.sessions("gil again")) == {first, session_of(page)}
    assert first.split(":")[0] != session_of(page).split(":")[0]


def test_one_uid_in_two_browsers_is_one_user(shop: Shop, browser: Browser, reader: ApiReader) -> None:
    page = shop.open()
    _identify(page, "hal at home and at work")
    _is_answered(page)
    with visiting(browser) as other:
        elsewhere = other.open(shop.address())
        elsewhere.wait_for_function(IS_THERE)
        _identify(elsewhere, "hal at home and at work")
        _is_answered(elsewhere)

        assert set(reader.sessions("hal at home and at work")) == {session_of(page), session_of(elsewhere)}


def test_anonymous_is_a_uid_like_any_other(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    _identify(page, "anonymous")
    _is_answered(page)

    assert session_of(page) in reader.sessions("anonymous")
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert any("suspicious_uid" in line for line in shop.visitor.complaints)


@pytest.mark.parametrize("call", ["FS('setIdentity', { uid: false })", "FS.anonymize()", "FS.identify(false)"])
@pytest.mark.parametrize("snippet", ["snippet 2.1", "snippet 1.3"])
def test_every_way_to_anonymize_does(shop: Shop, call: str, snippet: str) -> None:
    page = shop.open(loader=snippet)
    _identify(page, "ida")
    before = session_of(page)
    page.evaluate(call)

    assert set(before.split(":")).isdisjoint(session_of(page).split(":"))
    # A 1.3 snippet's FS gives back nothing.
    assert page.evaluate("(FS('getConfig') || {}).user") is None


def test_v1_identify_is_one_identity_with_its_properties(shop: Shop, reader: ApiReader) -> None:
    page = shop.open()
    before = session_of(page)
    page.evaluate("FS.identify('jo of old', { displayName: 'Jo', seats_int: 3 }); FS.setUserVars({ plan_str: 'pro' })")
    _is_answered(page)

    assert session_of(page) == before
    found = reader.user("jo of old")
    assert found is not None
    assert found["display_name"] == "Jo"
    assert found["properties"] == {"seats": 3, "plan": "pro"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("{}", "empty_identity"),
        ("undefined", "invalid_uid"),
        ("null", "invalid_uid"),
        ("{ uid: null }", "invalid_uid"),
        ("{ uid: '' }", "invalid_uid"),
        ("{ uid: '  ' }", "invalid_uid"),
        ("{ uid: {} }", "invalid_uid"),
        ("{ uid: [] }", "invalid_uid"),
        ("{ uid: true }", "invalid_uid"),
        ("{ uid: NaN }", "invalid_uid"),
        ("{ uid: 'x'.repeat(257) }", "invalid_uid"),
        ("{ uid: undefined }", "empty_identity"),
        ("{ uid: 'undefined' }", "placeholder_uid"),
        ("{ uid: '[object Object]' }", "placeholder_uid"),
        ("{ anonymous: false }", "invalid_anonymous"),
        ("{ anonymous: 'true' }", "invalid_anonymous"),
        ("{ anonymous: true, uid: 'x' }", "uid_and_anonymous"),
        ("() => 'x'", "invalid_uid"),
    ],
)
def test_a_wrong_call_changes_nobody_warns_and_rejects(shop: Shop, options: str, code: str) -> None:
    page = shop.open()
    _identify(page, "kim stays")
    before = session_of(page)
    page.evaluate(f"void FS('setIdentity', {options})")

    assert page.evaluate(f"settled(FS('setIdentityAsync', {options}))") == {"error": code}
    assert session_of(page) == before
    assert page.evaluate("FS('getConfig').user.uid") == "kim stays"
    assert [line for line in shop.visitor.complaints if code in line and "FS('setIdentity'" in line]


def test_observers_and_config_know_the_user_until_the_anonymize(shop: Shop) -> None:
    page = shop.open(
        after="window.users = []; FS('observe', { type: 'internal/user', callback: ({ user }) => users.push(user) });"
    )
    assert page.evaluate("FS('getConfig').user") is None
    page.evaluate("FS('setProperties', { type: 'user', properties: { plan: 'free' } })")
    page.evaluate("FS.identify('lu', { seats_int: 3 })")
    known = {"uid": "lu", "properties": {"plan": "free", "seats": 3}}
    assert page.evaluate("FS('getConfig').user") == known
    page.evaluate(_ANONYMIZE)

    assert page.evaluate("FS('getConfig').user") is None
    users = page.evaluate("users")
    assert (users[0], users[-2:]) == ({"properties": {"plan": "free"}}, [known, None])


def test_consent_alone_changes_neither_user_nor_session(shop: Shop) -> None:
    page = shop.open()
    _identify(page, "mo")
    before = session_of(page)
    page.evaluate("FS('setIdentity', { consent: true }); FS.consent(false); FS('setIdentity', { consent: true })")
    _is_answered(page)

    assert session_of(page) == before
    assert page.evaluate("FS('getConfig').user.uid") == "mo"
    assert [op["granted"] for op in shop.relay.operations() if op["op"] == "consent"] == [True, False, True]


def test_a_source_travels_with_its_call(shop: Shop) -> None:
    page = shop.open()
    page.evaluate("""
      FS('setIdentity', { uid: 'nia' }, 'segment');
      FS('trackEvent', { name: 'sourced', properties: {} }, 'dlo');
      FS('source', { source: { integration: 'always' } });
      FS('trackEvent', { name: 'by default', properties: {} });
    """)
    shop.told(page, "by default")
    shop.relay.wait_for(lambda ops: any(op["op"] == "identify" for op in ops))

    told = {op.get("name") or op["op"]: op.get("source") for op in shop.relay.operations()}
    assert (told["identify"], told["sourced"], told["by default"]) == ("segment", "dlo", "always")


def test_what_an_observer_does_to_the_identity_is_done_in_its_turn(shop: Shop, reader: ApiReader) -> None:
    page = shop.open(
        after="""
        FS('observe', { type: 'internal/user', callback: ({ user }) => {
          if (user && user.uid == 'oz leaves') {
            FS('trackEvent', { name: 'his last', properties: {} });
            FS('setIdentity', { anonymous: true });
            FS('trackEvent', { name: 'nobodys', properties: {} });
          }
        } });
        """
    )
    _identify(page, "oz leaves")
    his, nobodys = shop.told(page, "his last"), shop.told(page, "nobodys")

    assert reader.sessions("oz leaves") == [full_id(his)]
    assert reader.event_names(full_id(his)) == ["his last"]
    assert full_id(nobodys) == session_of(page) != full_id(his)
    assert page.evaluate("FS('getConfig').user") is None
