"""The dashboard in a real browser: nothing that people send runs, nothing moves, nothing is heavy."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.running import RunningService, running_service

PASSWORD = "a password for the tests"
DEVICE, SESSION = "00000001-5eed-4000-8000-0123456789ab", "00000002-5eed-4000-8000-0123456789ab"
HOSTILE = (
    "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 2'>"
    "\"><svg onload='window.harmed = 3'></svg>'-alert(1)-'{{7*7}}javascript:window.harmed=4"
)
FIRST_PAGE_BYTES_MAX = 100_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service whose users are all malicious."""
    with running_service(tmp_path_factory.mktemp("data"), org="o-hostile", password=PASSWORD, log="off") as service:
        send(service, 1)
        yield service


def send(service: RunningService, page: int) -> None:
    """A bundle with every place that text can be put filled with what a browser might run."""
    now = 1_750_000_000_000
    ops: list[dict[str, Any]] = [
        {"op": "page", "url": f"javascript:alert(1)//{HOSTILE}", "title": HOSTILE, "referrer": HOSTILE},
        {"op": "identify", "uid": HOSTILE, "properties": {"displayName": HOSTILE, "email": HOSTILE, HOSTILE: HOSTILE}},
        {"op": "properties", "type": "page", "properties": {"pageName": HOSTILE}},
        {"op": "event", "name": HOSTILE, "source": HOSTILE[:64], "properties": {"a": [HOSTILE]}},
        {"op": "log", "level": "error", "message": HOSTILE},
        {"op": HOSTILE},
    ]
    stamped = [{"n": n, "t": now, **op} for n, op in enumerate(ops, 1)]
    envelope = {
        "v": 1, "org": service.org, "device": DEVICE, "session": SESSION,
        "page": f"{page:08x}-5eed-4000-8000-0000000000aa", "started": now, "sent": now,
        "sdk": HOSTILE[:64], "ops": stamped,
    }  # fmt: skip
    assert httpx.post(f"{service.base}/rec/bundle", content=msgspec.json.encode(envelope)).status_code == 200


@pytest.fixture
def office(running: RunningService, visitor: Visitor) -> Page:
    """A tab of an admin."""
    page = visitor.context.new_page()
    page.goto(f"{running.base}/ui/{running.org}/")
    page.fill("#password", PASSWORD)
    page.click("form.stack button")
    expect(page.locator("nav[aria-label=Pages]")).to_be_visible()
    return page


def addresses(running: RunningService, office: Page) -> list[str]:
    """Every page that shows something people sent."""
    base = f"{running.base}/ui/{running.org}"
    office.goto(f"{base}/users")
    user = office.locator("a.who").first.get_attribute("href")
    paths = [f"{base}/", f"{base}/users", f"{base}/users?q=%3Cscript%3E", f"{base}/live", f"{base}/errors"]
    return [*paths, f"{base}/settings", f"{running.base}{user}", f"{base}/session/{DEVICE}:{SESSION}"]


def test_nothing_that_people_send_runs_on_any_page(running: RunningService, office: Page, visitor: Visitor) -> None:
    dialogs: list[str] = []
    office.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for address in addresses(running, office):
        office.goto(address)
        for summary in office.locator("summary").all():
            summary.click()
        assert office.evaluate("window.harmed") is None
        assert office.locator("main img, main script, [onload], [onerror], a[href^='javascript:']").count() == 0
    assert dialogs == []
    assert visitor.complaints == []


def test_what_arrives_live_is_shown_without_running(running: RunningService, office: Page, visitor: Visitor) -> None:
    office.goto(f"{running.base}/ui/{running.org}/live")
    expect(office.locator("[data-live-state]")).to_contain_text("connected")
    before = office.locator(".happening").count()
    send(running, 2)
    expect(office.locator(".happening")).not_to_have_count(before, timeout=10_000)
    expect(office.locator(".happening.fresh").first).to_be_visible()
    assert office.evaluate("window.harmed") is None
    assert visitor.complaints == []


def test_times_are_in_the_viewers_zone_with_the_exact_instant_beside(running: RunningService, office: Page) -> None:
    office.goto(f"{running.base}/ui/{running.org}/session/{DEVICE}:{SESSION}")
    began = office.locator(".facts time").first
    instant = began.get_attribute("datetime")
    shown = office.evaluate(
        "(instant) => new Date(instant).toLocaleString('sv')",
        instant,
    )
    expect(began).to_contain_text(shown)
    expect(began).to_have_attribute("title", re.compile(re.escape(instant or "")))


def test_nothing_moves_while_a_page_loads(running: RunningService, office: Page) -> None:
    for address in addresses(running, office):
        office.goto(address)
        moved = office.evaluate(
            """() => new Promise((tell) => { let sum = 0;
            new PerformanceObserver((list) => { for (const shift of list.getEntries()) sum += shift.value; })
              .observe({type: 'layout-shift', buffered: true});
            requestAnimationFrame(() => requestAnimationFrame(() => tell(sum))); })"""
        )
        assert moved < 0.01, address


def test_the_first_page_with_all_it_needs_is_light(running: RunningService, office: Page) -> None:
    office.goto(f"{running.base}/ui/{running.org}/", wait_until="load")
    sizes = office.evaluate(
        """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .map((entry) => entry.encodedBodySize)"""
    )
    assert len(sizes) >= 3
    assert 0 < sum(sizes) < FIRST_PAGE_BYTES_MAX


def test_a_phone_needs_no_sideways_scrolling(running: RunningService, office: Page) -> None:
    office.set_viewport_size({"width": 360, "height": 740})
    for address in addresses(running, office):
        office.goto(address)
        assert office.evaluate("document.documentElement.scrollWidth") <= 360, address


@pytest.mark.parametrize(("width", "columns"), [(1280, 2), (400, 1)])
def test_the_cards_of_the_settings_stand_close(running: RunningService, office: Page, width: int, columns: int) -> None:
    office.set_viewport_size({"width": width, "height": 900})
    office.goto(f"{running.base}/ui/{running.org}/settings")
    boxes = [card.bounding_box() for card in office.locator(".columns > .card").all()]
    stacks: dict[float, list[tuple[float, float]]] = {}
    for box in boxes:
        assert box is not None
        stacks.setdefault(box["x"], []).append((box["y"], box["y"] + box["height"]))
    assert len(stacks) == columns
    for stack in stacks.values():
        gaps = [below[0] - above[1] for above, below in itertools.pairwise(stack)]
        assert all(8 < gap < 24 for gap in gaps), gaps
    ends = [stack[-1][1] for stack in stacks.values()]
    assert max(ends) - min(ends) < 300


def test_everything_on_a_page_is_reached_by_keyboard(running: RunningService, office: Page) -> None:
    office.goto(f"{running.base}/ui/{running.org}/users")
    office.keyboard.press("Tab")
    expect(office.locator(":focus")).to_have_text("Skip to content")
    reached = set()
    for _ in range(20):
        office.keyboard.press("Tab")
        reached.add(office.evaluate("document.activeElement.textContent.trim() || document.activeElement.id"))
    assert {"Home", "Users", "Live", "API errors", "Settings", "Sign out", "q", "Search"} <= reached
