"""The demo, as people play with it: what they do in the shop is what the dashboard shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.running import running_service

PASSWORD = "the demo's own password"
PATIENCE_MS = 20_000
# The panel is first drawn once the shop has said who is logged in.
SLOW_STATE = """(() => {
  const known = window.fetch;
  window.fetch = async (address, options) => {
    if (address === "/state") await new Promise((done) => setTimeout(done, 1500));
    return known(address, options);
  };
})()"""


class Demo(msgspec.Struct, frozen=True):
    """A running demo: the addresses of the shop and of the dashboard."""

    shop: str
    dashboard: str


@pytest.fixture(scope="module")
def demo(_built_sdk: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo for this module; each test is a customer in a browser of their own."""
    data = tmp_path_factory.mktemp("demo")
    with running_service(data, "--shop-port", "0", command="demo", password=PASSWORD, log="off") as running:
        shop = re.search(r"Shop\s+(\S+)", running.welcome)
        assert shop is not None
        yield Demo(shop[1], f"{running.base}/ui/{running.org}")


@pytest.fixture
def shop(demo: Demo, visitor: Visitor) -> Page:
    """The shop's first page, in a browser that was never here."""
    page = visitor.context.new_page()
    page.clock.install()
    page.goto(demo.shop)
    return page


@pytest.fixture
def office(demo: Demo, visitor: Visitor) -> Page:
    """A tab of somebody who is signed in to the dashboard."""
    page = visitor.context.new_page()
    page.goto(f"{demo.dashboard}/users")
    page.fill("#password", PASSWORD)
    page.click("form.stack button")
    expect(page.locator("h1")).to_have_text("Users")
    return page


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """A busy machine is no mistake of the demo's."""
    expect.set_options(timeout=PATIENCE_MS)
    yield
    expect.set_options(timeout=5_000)


def press(page: Page, label: str) -> None:
    """Presses the one button of this name, once it is shown: "Log out" is not "Log out when idle"."""
    page.locator(".panel").get_by_role("button", name=label, exact=True).click()


def logged_in(page: Page, label: str, name: str) -> None:
    press(page, label)
    expect(page.locator("[data-name]")).to_contain_text(name)


def drawn(page: Page, *labels: str) -> None:
    """Waits until the panel's lanes are called this, the latest first."""
    expect(page.locator("[data-panel] .lane-names b")).to_have_text(list(labels), timeout=PATIENCE_MS)


def device(page: Page) -> str:
    found: str = page.evaluate("FS('getSession', {format: 'all'}).userId")
    return found


def session_of(demo: Demo, page: Page) -> str:
    """Where the dashboard shows the session that goes on now."""
    name: str = page.evaluate("FS('getSession', {format: 'id'})")
    return f"{demo.dashboard}/session/{name}"


def look_until(office: Page, address: str, text: str) -> None:
    """Opens a page of the dashboard again and again until it says `text`: bundles come some seconds later."""
    for _ in range(30):
        office.goto(address)
        if text in office.inner_text("main"):
            return
        office.wait_for_timeout(500)
    raise AssertionError(f"{text!r} never came")


def test_a_logout_ends_the_lane_and_the_next_person_is_elsewhere(demo: Demo, shop: Page, office: Page) -> None:
    first = session_of(demo, shop)
    adas = device(shop)
    logged_in(shop, "Log in as Ada", "Ada Byron")
    shop.click(".goods li:first-child a")
    shop.click("text=Buy")
    shop.click("text=Place the order")
    expect(shop.locator("h1")).to_have_text("Thank you")
    with shop.expect_navigation():
        press(shop, "Log out")
    bos = device(shop)
    logged_in(shop, "Log in as Bo", "Bo Lindqvist")
    drawn(shop, "Bo", "Ada")

    look_until(office, first, "Order Completed")
    expect(office.locator(".heading .tag").first).to_have_text("anonymize")
    office.click(".facts a.who")
    expect(office.locator("h1")).to_have_text("Ada Byron")
    expect(office.locator(".timeline .mark.seal text")).to_have_text(["anonymize"])
    assert bos[:8] not in office.content()
    look_until(office, session_of(demo, shop), "demo-bo")
    office.click(".facts a.who")
    expect(office.locator("h1")).to_have_text("Bo Lindqvist")
    assert adas[:8] not in office.content()


def test_a_logout_that_the_network_fails_is_tried_again_and_never_silent(shop: Page) -> None:
    logged_in(shop, "Log in as Ada", "Ada Byron")
    adas = device(shop)
    shop.route("**/log-out", lambda route: route.abort(), times=2)
    press(shop, "Log out")
    expect(shop.locator("[data-told]")).to_contain_text("Please try again")
    assert device(shop) == adas

    shop.route("**/log-out", lambda route: route.abort(), times=1)
    with shop.expect_navigation():
        press(shop, "Log out")
    assert device(shop) != adas


def test_an_account_switch_ends_the_first_persons_lane(demo: Demo, shop: Page, office: Page) -> None:
    first = session_of(demo, shop)
    logged_in(shop, "Log in as Ada", "Ada Byron")
    logged_in(shop, "Switch account", "Bo Lindqvist")
    drawn(shop, "Bo", "Ada")
    look_until(office, first, "Account Switched")
    expect(office.locator(".heading .tag").first).to_have_text("reidentify")
    expect(office.locator(".facts a.who")).to_have_text("Ada Byron")
    look_until(office, session_of(demo, shop), "demo-bo")
    expect(office.locator(".facts a.who")).to_have_text("Bo Lindqvist")


def test_a_workspace_switch_is_the_same_person_on_a_new_lane(shop: Page) -> None:
    logged_in(shop, "Log in as Ada", "Ada Byron · Home")
    logged_in(shop, "Switch workspace", "Ada Byron · Studio")
    drawn(shop, "Ada", "Ada")


def test_a_kiosk_releases_whoever_walks_away(demo: Demo, shop: Page, office: Page) -> None:
    press(shop, "Kiosk mode")
    expect(shop.locator("dialog")).to_be_visible()
    first = session_of(demo, shop)
    shop.click("dialog >> text=Ada Byron")
    expect(shop.locator("[data-mode]")).to_contain_text("released in")
    shop.clock.fast_forward(21_000)
    expect(shop.locator("dialog")).to_be_visible()
    shop.click("dialog >> text=Bo Lindqvist")
    drawn(shop, "Bo", "Ada", "anonymous")
    look_until(office, first, "kiosk timeout")
    expect(office.locator(".facts a.who")).to_have_text("Ada Byron")
    expect(office.locator(".heading .tag").first).to_have_text("anonymize")


def test_who_is_quicker_than_the_panel_has_a_lane(demo: Demo, visitor: Visitor) -> None:
    page = visitor.context.new_page()
    page.add_init_script(SLOW_STATE)
    page.goto(demo.shop)
    logged_in(page, "Log in as Ada", "Ada Byron")
    logged_in(page, "Switch account", "Bo Lindqvist")
    drawn(page, "Bo", "Ada")


def test_what_is_done_incognito_is_nobodys_for_ever(demo: Demo, shop: Page, office: Page) -> None:
    logged_in(shop, "Log in as Ada", "Ada Byron")
    press(shop, "Incognito")
    expect(shop.locator("[data-told]")).to_contain_text("nobody's")
    shop.click(".goods li:first-child a")
    shop.wait_for_url("**/goods/*")
    unseen = session_of(demo, shop)
    drawn(shop, "anonymous", "Ada")
    press(shop, "Incognito")
    expect(shop.locator("[data-told]")).to_contain_text("Back as Ada Byron")
    drawn(shop, "Ada", "anonymous", "Ada")
    look_until(office, unseen, "/goods/")
    expect(office.locator(".facts a.who")).to_contain_text("Anonymous")


def test_who_idles_is_logged_out(shop: Page) -> None:
    press(shop, "Log out when idle")
    logged_in(shop, "Log in as Ada", "Ada Byron")
    shop.clock.fast_forward(31_000)
    expect(shop.locator("[data-name]")).to_have_text("Not logged in")
    expect(shop.locator("[data-told]")).to_contain_text("idle timeout")


def test_a_forced_logout_is_found_and_releases(shop: Page) -> None:
    logged_in(shop, "Log in as Ada", "Ada Byron")
    before = device(shop)
    press(shop, "Force logout")
    expect(shop.locator("[data-name]")).to_have_text("Not logged in", timeout=PATIENCE_MS)
    assert device(shop) != before


def test_06_the_first_page_after_an_expired_login_is_nobodys(demo: Demo, shop: Page, office: Page) -> None:
    logged_in(shop, "Log in as Ada", "Ada Byron")
    adas = session_of(demo, shop)
    address = demo.shop.rstrip("/")
    shop.goto(f"{address}/state")
    shop.evaluate("fetch('/log-out', { method: 'POST' })")
    shop.goto(f"{address}/thanks?order=of-somebody-else")
    nobodys = session_of(demo, shop)
    look_until(office, nobodys, "of-somebody-else")
    expect(office.locator(".facts a.who")).to_contain_text("Anonymous")
    look_until(office, adas, "anonymize")
    assert "of-somebody-else" not in office.content()


def test_a_second_tab_is_the_same_person_and_leaves_with_the_first(demo: Demo, shop: Page) -> None:
    logged_in(shop, "Log in as Ada", "Ada Byron")
    tab = shop.context.new_page()
    tab.goto(demo.shop)
    expect(tab.locator("[data-name]")).to_contain_text("Ada Byron")
    assert device(tab) == device(shop)
    with shop.expect_navigation():
        press(shop, "Log out")
    expect(tab.locator("[data-name]")).to_have_text("Not logged in", timeout=PATIENCE_MS)
    assert device(tab) == device(shop)
