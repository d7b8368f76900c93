"""The first page belongs to whom the page first speaks of (issue 10, point 6), not to whoever was there before."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.browser.loaders import SDK
from tests.browser.packages import bundle
from tests.browser.shop import IS_THERE, Shop

_FOLLOWER: Final = "import { followAuth } from '@passerby/flows'; window.follower = followAuth();"
_HELD_MS: Final = 5000


def _was_ana(shop: Shop) -> str:
    """Somebody signed in here, and her login expired with no page open; her device."""
    page = shop.open(loader="tag")
    page.evaluate("FS('setIdentity', { uid: 'ana who left' }); FS('trackEvent', { name: 'Was here' })")
    device: str = shop.told(page, "Was here")["device"]
    page.close()
    return device


def _whose_first_page(shop: Shop, page: Page) -> tuple[str, str | None]:
    """Device and uid under which the private address of this page was recorded."""
    page.evaluate("FS('trackEvent', { name: 'Looked' })")
    shop.told(page, "Looked")
    operations = shop.relay.wait_for(lambda ops: any(_is_private(op) for op in ops))
    (device,) = {op["device"] for op in operations if _is_private(op)}
    uids = [op["uid"] for op in operations if op["op"] == "identify" and op["device"] == device]
    return device, uids[0] if uids else None


def _is_private(operation: dict[str, Any]) -> bool:
    return operation["op"] == "page" and "private" in operation["url"]


def _follower() -> str:
    return bundle(_FOLLOWER, SDK)


def _visit(shop: Shop) -> Page:
    return shop.visit(shop.address() + "private")


@pytest.mark.parametrize(
    ("user", "whose"),
    [
        ("bo", "bo"),
        ("42", "42"),
        ("", None),
        (" ", None),
        ("undefined", None),
        ("null", None),
        ("[object Object]", None),
        ("None", None),
        ("{{ user.id }}", None),
    ],
)
def test_06_a_page_that_a_server_made_is_whose_it_was_made_for(user: str, whose: str | None, shop: Shop) -> None:
    anas = _was_ana(shop)
    shop.put(loader="tag", data_user=user)
    device, uid = _whose_first_page(shop, _visit(shop))

    assert device != anas
    assert uid == whose
    assert any("_uid" in line for line in shop.visitor.complaints) == (whose is None and bool(user))


@pytest.mark.parametrize(("signature", "sent"), [("v1.1790000000.c2ln", "v1.1790000000.c2ln"), ("", None)])
def test_a_page_that_a_server_made_brings_the_signature_of_whom_it_was_made_for(
    signature: str, sent: str | None, shop: Shop
) -> None:
    shop.put(loader="tag", data_user="bo", data_signature=signature)
    page = _visit(shop)
    page.evaluate("FS('setIdentity', { uid: 'bo' })")
    _whose_first_page(shop, page)
    operations = shop.relay.wait_for(lambda ops: sum(op["op"] == "identify" for op in ops) == 2)

    signatures = [op.get("sig") for op in operations if op["op"] == "identify"]
    assert signatures == [sent, None]


def test_06_a_page_that_was_made_for_who_is_there_goes_on(shop: Shop) -> None:
    anas = _was_ana(shop)
    shop.put(loader="tag", data_user="ana who left")

    assert _whose_first_page(shop, _visit(shop)) == (anas, "ana who left")


def test_06_a_page_that_does_not_say_follows_the_record(shop: Shop) -> None:
    anas = _was_ana(shop)

    assert _whose_first_page(shop, _visit(shop))[0] == anas


@pytest.mark.parametrize(
    ("call", "whose"), [("{ uid: 'bo of plain code' }", "bo of plain code"), ("{ anonymous: true }", None)]
)
def test_06_plain_code_that_speaks_before_the_document_is_read_is_in_time(
    call: str, whose: str | None, shop: Shop
) -> None:
    anas = _was_ana(shop)
    shop.put(loader="tag", after=f"FS('setIdentity', {call})")
    device, uid = _whose_first_page(shop, _visit(shop))

    assert device != anas
    assert uid == whose


@pytest.mark.parametrize(
    ("state", "whose"), [("'bo who is followed'", "bo who is followed"), ("null", None), ("'ana who left'", "hers")]
)
@pytest.mark.parametrize("way", ["attribute", "global"])
def test_06_what_happens_before_the_first_known_state_waits_for_it(
    way: str, state: str, whose: str | None, shop: Shop
) -> None:
    anas = _was_ana(shop)
    announced = {"data_follow": ""} if way == "attribute" else {}
    before = "" if announced else "window._fs_follow = true"
    shop.put(before, _follower(), loader="tag", **announced)
    page = _visit(shop)
    page.evaluate("FS('trackEvent', { name: 'Early' })")
    page.evaluate("follower.say(undefined)")
    assert shop.relay.operations()[-1]["name"] in ("Was here", "hidden")
    page.evaluate(f"follower.say({state})")
    device, uid = _whose_first_page(shop, page)
    early = shop.relay.wait_for_event("Early")

    assert early["device"] == device
    assert (device == anas) == (whose == "hers")
    assert uid == ("ana who left" if whose == "hers" else whose)


@pytest.mark.parametrize("was_bound", [True, False])
def test_06_five_seconds_without_a_state_keep_things_apart_from_a_bound_device(was_bound: bool, shop: Shop) -> None:
    before = _was_ana(shop) if was_bound else ""
    shop.put("", _follower(), loader="tag", data_follow="")
    page = shop.visitor.context.new_page()
    page.clock.install()
    page.goto(shop.address() + "private")
    page.wait_for_function(IS_THERE)
    page.evaluate("FS('trackEvent', { name: 'Early' })")
    shared = page.evaluate("document.cookie.match(/fs_uid=#[^#]*#([^:]*)/)[1]")
    page.clock.run_for(_HELD_MS)
    device, uid = _whose_first_page(shop, page)
    page.evaluate("follower.say('bo who came late')")
    page.evaluate("FS('trackEvent', { name: 'Late' })")
    late = shop.told(page, "Late")

    assert uid is None or not was_bound
    assert (device == shared) == (not was_bound)
    assert device != before
    assert shop.relay.wait_for_event("Early")["device"] == device
    assert (late["device"] == device) == (not was_bound)
    assert late["device"] != before


def test_06_a_page_that_is_left_while_it_waits_is_nobodys_where_somebody_was(shop: Shop) -> None:
    anas = _was_ana(shop)
    shop.put("", _follower(), loader="tag", data_follow="")
    page = _visit(shop)
    page.evaluate("FS('trackEvent', { name: 'Early' })")
    shop.put(loader="none")
    page.goto(shop.address() + "elsewhere")
    early = shop.relay.wait_for_event("Early")
    operations = shop.relay.wait_for(lambda ops: any(_is_private(op) for op in ops))

    assert early["device"] != anas
    assert {op["device"] for op in operations if _is_private(op)} == {early["device"]}
    assert [op for op in operations if op["op"] == "identify" and op["device"] == early["device"]] == []
