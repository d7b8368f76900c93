"""Fullstory's own loaders, unmodified, bring a site's users to Passerby, from the page to what the API reads back."""

from __future__ import annotations

from typing import Any

from tests.browser.conftest import TlsService
from tests.browser.loaders import Loader
from tests.browser.reader import ApiReader
from tests.browser.relay import Relay
from tests.browser.shop import until_all_is_answered
from tests.browser.site import Site
from tests.browser.visitor import Visitor


def _full_id(operation: dict[str, Any]) -> str:
    return f"{operation['device']}:{operation['session']}"


def test_what_came_before_anonymize_is_the_users_and_what_came_after_is_nobodys(
    loader: Loader, service: TlsService, site: Site, relay: Relay, visitor: Visitor, reader: ApiReader
) -> None:
    uid = f"ana with {loader.name}"
    address = site.put(loader.slug, loader.head(service.org, relay.host + "/s/fs.js"))

    page = visitor.open(address)
    page.evaluate("app.track('Looked')")
    page.goto(address + "basket")
    page.evaluate("uid => { app.identify(uid, { displayName: 'Ana' }); app.track('Bought') }", uid)
    with page.expect_navigation():
        page.evaluate("to => { app.track('Left'); app.anonymize(); location.href = to }", address + "goodbye")
    page.evaluate("app.track('Passed by')")
    page.goto(address + "street")

    hers = relay.wait_for_event("Left")
    nobodys = relay.wait_for_event("Passed by")
    until_all_is_answered(page)
    assert hers["device"] != nobodys["device"]
    assert hers["session"] != nobodys["session"]
    assert hers["page"] != nobodys["page"]
    assert reader.sessions(uid) == [_full_id(hers)]
    assert reader.event_names(_full_id(hers)) == ["Looked", "Bought", "Left"]
    assert reader.event_names(_full_id(nobodys)) == ["Passed by"]
    found = reader.user(uid)
    assert found is not None
    assert found["display_name"] == "Ana"
    for carried in relay.carried():
        told = " ".join([carried.target, *carried.headers.values(), carried.body])
        assert not (hers["device"] in told and nobodys["device"] in told)
    for value in visitor.keeps(page).values():
        assert not (hers["device"] in value and nobodys["device"] in value)
    page.wait_for_function(
        "device => !JSON.stringify([document.cookie, {...localStorage}]).includes(device)", arg=hers["device"]
    )
    assert visitor.complaints == []


def test_the_app_needs_nothing_between_itself_and_the_service(
    loader: Loader, service: TlsService, site: Site, visitor: Visitor, reader: ApiReader
) -> None:
    uid = f"bo with {loader.name}"
    address = site.put(loader.slug, loader.head(service.org, service.host + "/s/fs.js"))
    page = visitor.open(address)

    page.evaluate("uid => { app.identify(uid); app.track('Bought') }", uid)
    page.goto("about:blank")

    assert reader.wait_for(
        lambda: [name for session in reader.sessions(uid) for name in reader.event_names(session)]
    ) == ["Bought"]
