"""The patterns of the documentation in a real browser, from the page to what the API reads back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, Route

from tests.browser.loaders import SDK
from tests.browser.packages import bundle
from tests.browser.reader import ApiReader
from tests.browser.shop import Shop, full_id
from tests.browser.site import Site

pytestmark = pytest.mark.every_engine

_PATTERNS = Path(__file__).parents[2] / "examples" / "patterns"
_ID = "0d1c2b3a-4958-4677-8594-a3b2c1d0e0f1"
_THEIRS = f"#o-other#{_ID}:{_ID}:1750000000000::1#0123456789abcdef#/2000000000"
_NOTICE = "<div id='still-there' hidden></div><button>Order</button>"


@pytest.fixture(autouse=True)
def _login_page(site: Site) -> None:
    site.put("login", "", "Log in")


def _pattern(name: str) -> str:
    return bundle(f"import * as pattern from {str(_PATTERNS / name)!r}; window.pattern = pattern;", SDK)


def _identify(page: Page, uid: str) -> None:
    page.evaluate("uid => FS('setIdentity', { uid })", uid)


def _track(page: Page, *names: str) -> None:
    page.evaluate("names => names.forEach((name) => FS('trackEvent', { name }))", list(names))


def _events_of(reader: ApiReader, uid: str) -> list[str]:
    return [name for session in reader.sessions(uid) for name in reader.event_names(session)]


def _run_out(page: Page, ms: int) -> None:
    """Lets the time pass that ends in a navigation, which may be the end of the page before it has answered."""
    with suppress(Error):
        page.clock.run_for(ms)


def test_a_logout_whose_backend_is_down_lets_the_user_go_before_the_next_page(shop: Shop, reader: ApiReader) -> None:
    page = shop.open(after=_pattern("logout.js"))
    page.route("**/api/logout", lambda route: route.abort())
    page.evaluate("localStorage.setItem('auth', '{}')")
    _identify(page, "logs out")
    _track(page, "Bought")
    with page.expect_navigation(url="**/login"):
        page.evaluate("void pattern.logOut('button')")
    back = shop.visit(shop.address())
    _track(back, "Passed by")

    hers, nobodys = shop.relay.wait_for_event("User Logged Out"), shop.told(back, "Passed by")

    assert back.evaluate("localStorage.getItem('auth')") is None
    assert hers["properties"] == {"reason": "button"}
    assert hers["device"] != nobodys["device"]
    assert _events_of(reader, "logs out") == ["Bought", "User Logged Out"]
    assert reader.event_names(full_id(nobodys)) == ["Passed by"]


@pytest.mark.parametrize("loader", ["snippet 1.3", "snippet 2.0", "@fullstory/browser 2.0", "@fullstory/browser 2.1"])
def test_a_logout_lets_the_user_go_whichever_loader_a_page_has(loader: str, shop: Shop, reader: ApiReader) -> None:
    page = shop.open(after=_pattern("logout.js"), loader=loader)
    page.evaluate("uid => app.identify(uid)", f"logs out with {loader}")
    page.evaluate("app.track('Bought')")
    with page.expect_navigation(url="**/login"):
        page.evaluate("void pattern.logOut()")
    back = shop.visit(shop.address())
    back.evaluate("app.track('Passed by')")

    nobodys = shop.told(back, "Passed by")

    assert _events_of(reader, f"logs out with {loader}") == ["Bought", "User Logged Out"]
    assert reader.event_names(full_id(nobodys)) == ["Passed by"]


def test_a_logout_whose_backend_hangs_goes_on_after_five_seconds(shop: Shop) -> None:
    held: list[Route] = []
    page = shop.open(after=_pattern("logout.js"))
    page.route("**/api/logout", lambda route: held.append(route))
    page.clock.install()
    _identify(page, "waits")
    with page.expect_request("**/api/logout"):
        page.evaluate("void pattern.logOut()")
    assert not page.url.endswith("/login")
    with page.expect_navigation(url="**/login"):
        _run_out(page, 5000)
    back = shop.visit(shop.address())
    _track(back, "Passed by")

    assert shop.told(back, "Passed by")["device"] != shop.relay.wait_for_event("User Logged Out")["device"]


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("document.querySelector('#log-out').click()", "button"),
        ("told['401']()", "token expired"),
        ("told['signed-out-by-admin']()", "forced"),
        ("told['account-deleted']()", "account deleted"),
        ("", "idle"),
    ],
)
def test_every_way_out_of_an_app_goes_through_its_logout(way: str, reason: str, shop: Shop) -> None:
    page = shop.open(after=_pattern("logout_paths.js"), body="<button id='log-out'>Log out</button>")
    page.clock.install()
    page.evaluate("""() => {
      window.told = {};
      const onMessage = (name, act) => { told[name] = act };
      pattern.watchLogoutPaths({ onMessage, onUnauthorized: (act) => onMessage('401', act) });
    }""")
    _identify(page, f"leaves by {reason}")
    with page.expect_navigation(url="**/login"):
        if way:
            page.evaluate(f"void ({way})")
        else:
            _run_out(page, 15 * 60_000)
    back = shop.visit(shop.address())
    _track(back, "Passed by")

    hers, nobodys = shop.relay.wait_for_event("User Logged Out"), shop.told(back, "Passed by")

    assert hers["properties"] == {"reason": reason}
    assert hers["device"] != nobodys["device"]
    assert "fs_input" not in shop.visitor.keeps(back).local


def test_a_page_closed_while_the_backend_hangs_lets_the_user_go(shop: Shop) -> None:
    held: list[Route] = []
    page = shop.open(after=_pattern("logout.js"))
    page.route("**/api/logout", lambda route: held.append(route))
    _identify(page, "closes")
    with page.expect_request("**/api/logout"):
        page.evaluate("void pattern.logOut()")
    shop.go(page, "elsewhere")
    _track(page, "Passed by")

    assert shop.told(page, "Passed by")["device"] != shop.relay.wait_for_event("User Logged Out")["device"]


def test_a_logout_waits_for_a_script_that_is_still_under_way(shop: Shop, reader: ApiReader) -> None:
    held: list[Route] = []
    page = shop.open(after=_pattern("logout.js"))
    _identify(page, "is fast")
    page.route("**/s/fs.js*", lambda route: held.append(route))
    page.reload(wait_until="commit")
    page.wait_for_function("!!window.pattern")
    with page.expect_response("**/api/logout"):
        page.evaluate("void pattern.logOut()")
    with page.expect_navigation(url="**/login"):
        held[0].continue_()
    page.unroute("**/s/fs.js*")
    back = shop.visit(shop.address())
    _track(back, "Passed by")

    hers, nobodys = shop.relay.wait_for_event("User Logged Out"), shop.told(back, "Passed by")

    assert hers["device"] != nobodys["device"]
    assert _events_of(reader, "is fast") == ["User Logged Out"]


def test_a_logout_on_a_page_whose_script_is_blocked_still_lets_the_user_go(shop: Shop) -> None:
    page = shop.open(after=_pattern("logout.js"))
    _identify(page, "is blocked")
    _track(page, "Bought")
    hers = shop.told(page, "Bought")
    page.route("**/s/fs.js*", lambda route: route.abort())
    page.reload()
    with page.expect_navigation(url="**/login"):
        page.evaluate("void pattern.logOut()")
    page.unroute("**/s/fs.js*")
    back = shop.visit(shop.address())
    _track(back, "Passed by")

    assert shop.told(back, "Passed by")["device"] != hers["device"]


def test_a_sign_out_in_another_tab_is_followed_and_nobody_comes_back(
    shop: Shop, reader: ApiReader, tabs_agree: bool
) -> None:
    knows = "uid => ((FS('getConfig').user || {}).uid || null) === uid"
    first = shop.open(after=_pattern("follow.js"))
    second = shop.visit(shop.address())
    first.evaluate("localStorage.setItem('auth', JSON.stringify({ uid: 'in two tabs' }))")
    first.wait_for_function(knows, arg="in two tabs")
    second.wait_for_function(knows, arg="in two tabs")
    _track(first, "Hers in the first")
    _track(second, "Hers in the second")
    hers = [shop.told(first, "Hers in the first"), shop.told(second, "Hers in the second")]

    second.evaluate("localStorage.removeItem('auth')")
    first.wait_for_function(knows, arg=None)
    second.wait_for_function(knows, arg=None)
    _track(first, "Nobody's in the first")
    _track(second, "Nobody's in the second")
    nobodys = [shop.told(first, "Nobody's in the first"), shop.told(second, "Nobody's in the second")]

    assert len({op["device"] for op in hers}) == 1
    assert hers[0]["device"] not in {op["device"] for op in nobodys}
    # Both tabs let go at the same moment: elsewhere each may have a new device of its own (ID-11).
    assert len({op["device"] for op in nobodys}) == 1 or not tabs_agree
    assert sorted(_events_of(reader, "in two tabs")) == ["Hers in the first", "Hers in the second"]


@pytest.mark.parametrize("loader", ["snippet 1.3", "snippet 2.0", "@fullstory/browser 2.1"])
def test_an_app_is_followed_whichever_loader_it_has(loader: str, shop: Shop, reader: ApiReader) -> None:
    before = "localStorage.setItem('auth', JSON.stringify({ uid: 'followed by LOADER' }))".replace("LOADER", loader)
    page = shop.open(before, _pattern("follow.js"), loader=loader)
    page.wait_for_function("/fs_uid=[^;]*#[0-9a-f]{16}#/.test(document.cookie)")
    page.evaluate("app.track('Hers')")
    hers = shop.told(page, "Hers")
    page.evaluate("localStorage.removeItem('auth'); dispatchEvent(new Event('focus'))")
    page.evaluate("app.track('Nobodys')")
    nobodys = shop.told(page, "Nobodys")
    ends = [op["why"] for op in shop.relay.operations() if op["op"] == "end"]

    assert nobodys["device"] != hers["device"]
    assert ends == ["anonymize"]
    assert _events_of(reader, f"followed by {loader}") == ["Hers"]


def test_06_a_uid_that_is_refused_is_nobody_and_not_the_one_before(shop: Shop) -> None:
    page = shop.open(after=_pattern("follow.js"))
    _identify(page, "was followed")
    _track(page, "Hers")
    hers = shop.told(page, "Hers")
    page.evaluate("localStorage.setItem('auth', JSON.stringify({ uid: 'undefined' }))")
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.wait_for_function("!FS('getConfig').user")
    _track(page, "Nobodys")

    assert shop.told(page, "Nobodys")["device"] != hers["device"]


def test_an_anonymous_visitor_of_an_app_that_is_followed_hears_nothing_of_it(shop: Shop) -> None:
    page = shop.open(after=_pattern("follow.js"))
    before = page.evaluate("document.cookie.match(/fs_uid=#[^#]*#([^:]*)/)[1]")
    page.reload()

    page.wait_for_function("device => document.cookie.includes(device)", arg=before)
    assert shop.visitor.complaints == []


def test_a_kiosk_lets_go_of_whoever_walked_away_and_the_next_person_begins_anew(shop: Shop, reader: ApiReader) -> None:
    page = shop.open(after="addEventListener('DOMContentLoaded', () => {" + _pattern("kiosk.js") + "})", body=_NOTICE)
    page.wait_for_function("!!window.pattern")
    page.clock.install()
    page.evaluate("pattern.signIn({ holder: 'at the kiosk' })")
    _track(page, "Ordered")
    page.clock.run_for(50_000)
    assert page.inner_text("#still-there") == "Are you still there? 10"
    page.keyboard.press("Tab")
    assert page.is_hidden("#still-there")
    page.clock.run_for(60_000)
    page.wait_for_function("document.body.dataset.screen == 'welcome'")
    page.keyboard.press("Tab")
    _track(page, "Looked without signing in")
    page.clock.run_for(60_000)
    page.evaluate("pattern.signIn({ holder: 'next at the kiosk' })")
    _track(page, "Ordered too")

    told = shop.told(page, "Ordered too")

    assert told["device"] != shop.relay.wait_for_event("Looked without signing in")["device"]
    assert _events_of(reader, "at the kiosk") == ["Ordered"]
    assert _events_of(reader, "next at the kiosk") == ["Ordered too"]


def test_06_a_kiosk_that_was_switched_off_during_a_visit_gives_nobody_the_first_page(
    shop: Shop, tabs_agree: bool
) -> None:
    body = f"{_NOTICE}<script>{_pattern('kiosk.js')}</script>"
    page = shop.open(body=body, loader="tag")
    page.evaluate("pattern.signIn({ holder: 'was at the kiosk' })")
    _track(page, "Ordered")
    hers = shop.told(page, "Ordered")
    last = int(page.evaluate("localStorage.fs_input"))
    page.evaluate("last => localStorage.setItem('fs_input', last - 8 * 3600_000)", last)
    page.close()
    page = shop.visit(shop.address() + "private")
    _track(page, "Looked")
    looked = shop.told(page, "Looked")

    pages = [op for op in shop.relay.operations() if op["op"] == "page" and op["url"].endswith("private")]
    assert pages
    assert hers["device"] not in {looked["device"], *(op["device"] for op in pages)}
    # Elsewhere a tab may be shown the old record once more. It leaves it once more, for a newer device (ID-11).
    assert {op["device"] for op in pages} == {looked["device"]} or not tabs_agree


@pytest.mark.needs("cookie jar")
def test_04_a_kiosk_whose_visitor_could_not_be_let_go_welcomes_nobody(shop: Shop) -> None:
    page = shop.open(body=f"{_NOTICE}<script>{_pattern('kiosk.js')}</script>", loader="tag")
    page.evaluate("pattern.signIn({ holder: 'stays at the kiosk' })")
    (record,) = [cookie for cookie in shop.visitor.context.cookies() if cookie["name"] == "fs_uid"]
    shop.visitor.context.add_cookies([{**record, "httpOnly": True}])  # type: ignore[typeddict-item]
    failures = page.evaluate("pattern.done()")

    assert failures == [{"step": "anonymize", "code": "not_released"}]
    assert page.evaluate("document.body.dataset.screen") == "out-of-order"


@pytest.mark.needs("cookie jar")
def test_12_a_logout_without_the_script_removes_our_record_and_leaves_another_orgs(shop: Shop) -> None:
    theirs = {"name": "fs_uid", "value": _THEIRS, "domain": ".shop.test", "path": "/"}
    shop.visitor.context.add_cookies([theirs])  # type: ignore[list-item]
    page = shop.open(after=_pattern("logout.js"))
    _identify(page, "beside another org")
    _track(page, "Bought")
    hers = shop.told(page, "Bought")
    page.route("**/s/fs.js*", lambda route: route.abort())
    page.reload()
    assert hers["device"] in page.evaluate("document.cookie")
    with page.expect_navigation(url="**/login"):
        page.evaluate("void pattern.logOut()")
    assert page.evaluate("document.cookie") == f"fs_uid={_THEIRS}"
    page.unroute("**/s/fs.js*")
    back = shop.visit(shop.address())
    _track(back, "Passed by")

    assert shop.told(back, "Passed by")["device"] != hers["device"]


def test_what_was_done_incognito_never_becomes_the_users(shop: Shop, reader: ApiReader) -> None:
    page = shop.open(after=_pattern("incognito.js"))
    _identify(page, "looks around")
    _track(page, "Seen")
    page.evaluate("pattern.lookAround({ uid: 'looks around' })")
    assert page.get_attribute("body", "class") == "incognito"
    _track(page, "Unseen")
    unseen = shop.told(page, "Unseen")
    page.evaluate("pattern.comeBack()")
    assert page.get_attribute("body", "class") == ""
    _track(page, "Seen again")
    shop.told(page, "Seen again")

    assert sorted(_events_of(reader, "looks around")) == ["Seen", "Seen again"]
    assert reader.event_names(full_id(unseen)) == ["Unseen"]
    assert "looks around" not in str(shop.visitor.keeps(page).local)


@pytest.mark.parametrize(
    ("pattern", "call", "answer", "event"),
    [
        ("account.js", "pattern.openAccount(7)", {"uid": "switched to", "name": "Bo"}, "Account Switched"),
        (
            "workspace.js",
            "pattern.openWorkspace({ uid: 'switched to' }, 7)",
            {"name": "north", "plan": "pro"},
            "Workspace Switched",
        ),
    ],
)
def test_a_switch_ends_the_one_before_the_other_begins(
    shop: Shop, pattern: str, call: str, answer: dict[str, str], event: str
) -> None:
    page = shop.open(after=_pattern(pattern))
    page.route("**/api/**", lambda route: route.fulfill(json=answer))
    _identify(page, "switched from")
    failures = page.evaluate(call)
    _track(page, "Afterwards")

    after, before = shop.told(page, "Afterwards"), shop.relay.wait_for_event(event)
    identities = {op["device"]: op["uid"] for op in shop.relay.operations() if op["op"] == "identify"}

    assert failures == []
    assert identities == {before["device"]: "switched from", after["device"]: "switched to"}


@pytest.mark.needs("cookie jar")
def test_12_a_plain_script_that_is_blocked_says_which_orgs_record_is_to_go(shop: Shop) -> None:
    theirs = {"name": "fs_uid", "value": _THEIRS, "domain": ".shop.test", "path": "/"}
    shop.visitor.context.add_cookies([theirs])  # type: ignore[list-item]
    page = shop.open(after=_pattern("logout.js"), loader="tag")
    _identify(page, "of a plain script")
    page.route("**/s/fs.js*", lambda route: route.abort())
    page.reload()
    assert page.evaluate("!!window.FS") is False
    with page.expect_navigation(url="**/login"):
        page.evaluate("void pattern.logOut()")

    assert page.evaluate("document.cookie") == f"fs_uid={_THEIRS}"
