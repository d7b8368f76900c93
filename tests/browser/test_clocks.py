"""Clocks that are wrong, put right, or not the page's own (SE-8)."""

from __future__ import annotations

from typing import Final

import pytest

from tests.browser.reader import ApiReader
from tests.browser.shop import Shop, full_id, session_of

_TRACK: Final = "(name) => FS('trackEvent', { name, properties: {} })"
_IDENTIFY: Final = "(uid) => FS('setIdentity', { uid })"
_ANONYMIZE: Final = "FS('setIdentity', { anonymous: true })"
_HOUR_AHEAD: Final = "const real = Date.now; window.ahead = 3600000; Date.now = () => real() + window.ahead;"
_NONSENSE: Final = {
    "no number": "Date.now = () => NaN",
    "a text": "Date.now = () => '2024-01-01'",
    "nothing": "Date.now = () => undefined",
    "before 1970": "Date.now = () => -5",
    "beyond all time": "Date.now = () => 1e300",
    "fractions": "{ const real = Date.now; Date.now = () => real() + 0.1234 }",
    "the year 2000": "{ const real = Date.now, then = real(); Date.now = () => 946684800000 + real() - then }",
    "standing still": "Date.now = () => 1700000000000",
}


def test_offline_with_the_clock_an_hour_ahead_and_put_right(shop: Shop, reader: ApiReader) -> None:
    page = shop.open(before=_HOUR_AHEAD)
    shop.visitor.context.set_offline(True)
    page.evaluate(_IDENTIFY, "ana an hour ahead")
    page.evaluate(_TRACK, "hers")
    ahead = session_of(page)
    page.evaluate("window.ahead = 0")
    page.evaluate(_TRACK, "hers too")
    assert session_of(page) != ahead
    page.evaluate(_ANONYMIZE)
    page.evaluate(_IDENTIFY, "bo in time")
    page.evaluate(_TRACK, "his")
    shop.visitor.context.set_offline(False)
    hers, too, his = (shop.told(page, name) for name in ("hers", "hers too", "his"))

    assert hers["device"] == too["device"] != his["device"]
    names = [name for one in reader.sessions("ana an hour ahead") for name in reader.event_names(one)]
    assert sorted(names) == ["hers", "hers too"]
    assert reader.sessions("bo in time") == [full_id(his)]


@pytest.mark.parametrize("nonsense", _NONSENSE)
def test_a_clock_that_says_nonsense_costs_nothing(shop: Shop, reader: ApiReader, nonsense: str) -> None:
    first, second = f"ana and {nonsense}", f"bo and {nonsense}"
    page = shop.open(before=_NONSENSE[nonsense])
    page.evaluate(_IDENTIFY, first)
    page.evaluate(_TRACK, "hers")
    hers = shop.told(page, "hers")
    page.evaluate(_ANONYMIZE)
    page.evaluate(_IDENTIFY, second)
    page.evaluate(_TRACK, "his")
    his = shop.told(page, "his")

    assert [type(op["t"]) for op in (hers, his)] == [int, int]
    assert reader.sessions(first) == [full_id(hers)]
    assert reader.sessions(second) == [full_id(his)]
    assert page.evaluate("settled(FS('setIdentityAsync', { anonymous: true, ack: true }))") == {"value": None}


def test_a_clock_that_stands_still_keeps_no_call_waiting(shop: Shop) -> None:
    page = shop.open(before="Date.now = () => 1700000000000")
    shop.relay.hold()

    call = "settled(FS('setIdentityAsync', { uid: 'x', ack: true }))"
    assert page.evaluate(call) == {"error": "not_acknowledged"}
