"""At most one record, in one home (ST-1, ST-9): whatever happens between two loads, nobody who left comes back."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Page

from tests.browser.reader import ApiReader
from tests.browser.shop import IS_THERE, Shop, full_id, session_of
from tests.browser.test_storage import NO_COOKIES, NO_LOCAL

_TRACK: Final = "(name) => FS('trackEvent', { name, properties: {} })"
_IDENTIFY: Final = "(uid) => FS('setIdentity', { uid })"
_ANONYMIZE: Final = "FS('setIdentity', { anonymous: true })"
_OF_ANOTHER_SITE: Final = "window._fs_cookie_domain = 'staging.example';"
_BLOCKED_UNTIL_CONSENT: Final = f"if (!/agreed/.test(location.hash)) {{ {NO_COOKIES} }}"
_RECORDS: Final = """() => [
  ...document.cookie.split('; ').filter((one) => /^fs_uid/.test(one)).map((one) => one.replace(/.*?=/, '')),
  ...Object.keys(localStorage).filter((key) => /^fs_uid/.test(key)).map((key) => localStorage[key]),
]"""


def _device(page: Page) -> str:
    return session_of(page).split(":")[0]


def _go(shop: Shop, page: Page, path: str, before: str) -> None:
    shop.put(before=before)
    page.goto("about:blank")
    page.goto(shop.address() + path)
    page.wait_for_function(IS_THERE)


# What one home is followed by, and then again: a wrong release and its roll-back, a consent tool, a private mode.
_MOVES: Final = {
    "a cookie domain of another site, put right, and rolled back": (_OF_ANOTHER_SITE, "", _OF_ANOTHER_SITE),
    "cookies blocked until somebody agrees": (_BLOCKED_UNTIL_CONSENT, "", _BLOCKED_UNTIL_CONSENT),
    "cookies, then none, then cookies": ("", NO_COOKIES, ""),
    "a narrower cookie domain, and back": ("", "window._fs_cookie_domain = location.hostname;", ""),
    "the host alone, then the domain": ("window._fs_cookie_domain = '';", "", "window._fs_cookie_domain = '';"),
    "no local storage in between": (NO_COOKIES, NO_LOCAL, NO_COOKIES),
}


@pytest.mark.parametrize("move", _MOVES)
@pytest.mark.parametrize("let_go_in", [1, 2])
def test_a_record_that_was_left_in_another_home_never_comes_back(
    shop: Shop, reader: ApiReader, move: str, let_go_in: int
) -> None:
    first, second, third = _MOVES[move]
    if let_go_in == 2 and second == NO_LOCAL:
        pytest.skip("two loads that see no home in common cannot know of one another")
    uid = f"ana of {move} {let_go_in}"
    page = shop.visit(shop.put(before=first))
    page.evaluate(_IDENTIFY, uid)
    page.evaluate(_TRACK, "hers first")
    hers = {full_id(shop.told(page, "hers first"))}
    if let_go_in == 1:
        page.evaluate(_ANONYMIZE)
    _go(shop, page, "second", second)
    if let_go_in == 2:
        page.evaluate(_IDENTIFY, uid)
        page.evaluate(_TRACK, "hers second")
        hers.add(full_id(shop.told(page, "hers second")))
        page.evaluate(_ANONYMIZE)
    page.evaluate(_TRACK, "nobodys")
    _go(shop, page, "third", third)
    page.evaluate(_TRACK, "of whoever is next")

    after = shop.told(page, "of whoever is next")
    assert after["device"] not in {one.split(":")[0] for one in hers}
    assert set(reader.sessions(uid)) == hers
    assert {name for one in hers for name in reader.event_names(one)} <= {"hers first", "hers second"}
    records = page.evaluate(_RECORDS)
    assert len(records) <= 1
    assert all(after["device"] in record for record in records)


def test_what_is_found_in_another_home_is_ended_as_its_own_users(shop: Shop) -> None:
    page = shop.visit(shop.put(before=NO_COOKIES))
    page.evaluate(_IDENTIFY, "ana of an old home")
    page.evaluate(_TRACK, "hers")
    hers = shop.told(page, "hers")
    _go(shop, page, "second", "")

    (end,) = [op for op in shop.relay.wait_for(lambda ops: any(op["op"] == "end" for op in ops)) if op["op"] == "end"]
    assert (full_id(end), end["why"]) == (full_id(hers), "lost")
    assert end["page"] != hers["page"]
    assert _device(page) != hers["device"]


def test_a_record_of_nobody_in_another_home_is_only_removed(shop: Shop) -> None:
    page = shop.visit(shop.put(before=NO_COOKIES))
    page.evaluate(_TRACK, "before")
    shop.told(page, "before")
    _go(shop, page, "second", "")
    page.evaluate(_TRACK, "after")
    shop.told(page, "after")

    assert not [op for op in shop.relay.operations() if op["op"] == "end"]
    assert len(page.evaluate(_RECORDS)) == 1


def test_a_release_empties_every_home_that_it_can_see(shop: Shop) -> None:
    page = shop.open()
    page.evaluate(_IDENTIFY, "ana of many homes")
    page.evaluate("localStorage.setItem('fs_uid', document.cookie.match(/fs_uid=([^;]*)/)[1])")
    hers = _device(page)
    page.evaluate(_ANONYMIZE)

    assert page.evaluate(_RECORDS) == [record for record in page.evaluate(_RECORDS) if hers not in record]
    assert page.evaluate("localStorage.getItem('fs_uid')") is None


def test_two_orgs_on_one_domain_keep_their_own_records(shop: Shop) -> None:
    ours = shop.open()
    ours.evaluate(_IDENTIFY, "ana of two orgs")
    before = session_of(ours)
    other = shop.visitor.open(shop.put(before="window._fs_org = 'o-other'; window.other = true;", after=""))
    other.evaluate("""() => new Promise((done) => {
      const script = document.createElement('script');
      const loaded = document.querySelector('script[src*="fs.js"]').src.replace(/org=[^&]*/, 'org=o-other');
      script.src = loaded;
      script.setAttribute('data-fs-namespace', 'OTHER');
      script.onload = done;
      document.head.append(script);
    })""")
    theirs = other.evaluate("OTHER('getSession', { format: 'id' })")
    for at in range(3):
        ours.evaluate(_TRACK, f"ours {at}")
        other.evaluate("(name) => OTHER('trackEvent', { name, properties: {} })", f"theirs {at}")

    assert session_of(ours) == before == session_of(other)
    assert other.evaluate("OTHER('getSession', { format: 'id' })") == theirs != before
    other.evaluate("OTHER('setIdentity', { anonymous: true, force: true })")
    assert session_of(ours) == before
    ours.evaluate(_ANONYMIZE)
    shop.go(ours, "next")
    assert session_of(ours) != before
