"""Four ways to leave: on one page, on the way to the next, with a second tab open, and before the network answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import msgspec
from playwright.sync_api import Browser, Page

from bench.leakprobe.collector import Collector, Sent
from bench.leakprobe.subjects import Subject
from tests.browser.site import Site
from tests.browser.visitor import Kept, Visitor, visiting

ARRIVAL_S_MAX: Final = 9.0
"""Longer than any subject keeps an event back before it sends it."""

QUIET_MS: Final = 1500
"""Apart by this much, two instants are not the same one by chance."""


class Trace(msgspec.Struct, frozen=True):
    """All that one run left behind. `left_at_s` is when the person left. `hers` and `nobodys` are the events tracked
    before and after that, by name; `late` are those of `nobodys` that were tracked when some time had passed.
    """

    uid: str
    left_at_s: float
    hers: tuple[str, ...]
    nobodys: tuple[str, ...]
    late: tuple[str, ...]
    sent: list[Sent]
    kept_before: list[Kept]
    kept_after: list[Kept]


class Run:
    """One visitor, one subject, one way to leave."""

    def __init__(self, collector: Collector, visitor: Visitor, address: str, uid: str) -> None:
        self._collector = collector
        self._visitor = visitor
        self._address = address
        self._uid = uid
        self._hers: list[str] = []
        self._nobodys: list[str] = []
        self._late: list[str] = []
        self._kept_before: list[Kept] = []
        self._left_at_s = 0.0

    def arrive(self, path: str = "") -> Page:
        """A new tab, ready to track."""
        page = self._visitor.open(self._address + path)
        self.settle(page)
        return page

    def settle(self, page: Page) -> None:
        """Wait until the subject on this page is ready."""
        page.evaluate("subject.ready")

    def identify(self, page: Page, *names: str) -> None:
        """Say who it is and track events, in one task."""
        self._hers += names
        page.evaluate("([uid, names]) => { subject.identify(uid); names.forEach(subject.track) }", [self._uid, names])

    def track_as_her(self, page: Page, name: str) -> None:
        """An event of hers."""
        self._hers.append(name)
        page.evaluate("name => { subject.track(name) }", name)

    def remember(self, *pages: Page) -> None:
        """What is kept while she is there."""
        self._kept_before += [self._visitor.keeps(page) for page in pages]

    def leave(self, page: Page, last: str | None, first: str, onward: str = "") -> None:
        """Her last event, the logout call, and the first event after it, in one task; then on to the next page."""
        self._hers += [last] if last else []
        self._nobodys.append(first)
        self._left_at_s = time.monotonic()
        script = """([last, first, onward]) => {
          if (last) subject.track(last);
          subject.reset();
          subject.track(first);
          if (onward) location.href = onward;
        }"""
        given = [last, first, self._address + onward if onward else ""]
        if onward:
            with page.expect_navigation():
                page.evaluate(script, given)
        else:
            page.evaluate(script, given)

    def track_as_nobody(self, page: Page, name: str, *, is_late: bool = False) -> None:
        """An event of whoever came after."""
        self._nobodys.append(name)
        self._late += [name] if is_late else []
        page.evaluate("name => { subject.track(name) }", name)

    def pause(self, page: Page) -> None:
        """Let time pass, so that what is the same afterwards is so on purpose."""
        page.wait_for_timeout(QUIET_MS)

    def await_arrival(self, *names: str) -> None:
        """Wait for events to arrive, but no longer than any subject takes."""
        until = time.monotonic() + ARRIVAL_S_MAX
        for name in names:
            self._collector.wait_for(name, max(0.0, until - time.monotonic()))

    def end(self, *pages: Page) -> Trace:
        """Leave every page, so that queues are sent, and gather what is left. What was answered may be let go first."""
        self.await_arrival(*self._hers, *self._nobodys)
        self.pause(pages[0])
        for page in pages:
            page.goto(self._address.replace("/probe/", "/plain/"))
        self.await_arrival(*self._hers, *self._nobodys)
        kept_after = [self._visitor.keeps(page) for page in pages]
        told = (tuple(self._hers), tuple(self._nobodys), tuple(self._late))
        return Trace(self._uid, self._left_at_s, *told, self._collector.sent(), self._kept_before, kept_after)


def same_task(run: Run, _collector: Collector) -> Trace:
    """Her last event, the logout and the next event in one task of one page."""
    page = run.arrive()
    run.identify(page, "Came in")
    run.await_arrival("Came in")
    run.remember(page)
    run.leave(page, "Went out", "Walked by")
    run.pause(page)
    run.track_as_nobody(page, "Walked on", is_late=True)
    return run.end(page)


def navigation(run: Run, _collector: Collector) -> Trace:
    """The same, and in the same task on to another page."""
    page = run.arrive()
    run.identify(page, "Came in")
    run.await_arrival("Came in")
    run.remember(page)
    run.leave(page, "Went out", "Walked by", "next")
    run.settle(page)
    run.pause(page)
    run.track_as_nobody(page, "Walked on", is_late=True)
    return run.end(page)


def second_tab(run: Run, _collector: Collector) -> Trace:
    """A second tab was open all the while, and is used after the logout in the first."""
    page = run.arrive()
    run.identify(page, "Came in")
    run.await_arrival("Came in")
    other = run.arrive("other")
    run.track_as_her(other, "Looked around")
    run.await_arrival("Looked around")
    run.remember(page, other)
    run.leave(page, "Went out", "Walked by")
    run.track_as_nobody(other, "Stood by")
    run.pause(page)
    run.track_as_nobody(other, "Stood on", is_late=True)
    page.reload()
    run.settle(page)
    run.track_as_nobody(page, "Walked on", is_late=True)
    return run.end(page, other)


def delayed_write(run: Run, collector: Collector) -> Trace:
    """The network has answered nothing yet when she leaves; the answers come afterwards."""
    page = run.arrive()
    run.pause(page)
    collector.hold()
    run.identify(page, "Came in")
    run.remember(page)
    run.leave(page, None, "Walked by")
    run.pause(page)
    collector.release()
    run.pause(page)
    page.reload()
    run.settle(page)
    run.track_as_nobody(page, "Walked on", is_late=True)
    return run.end(page)


SCENARIOS: Final[dict[str, Callable[[Run, Collector], Trace]]] = {
    "same task": same_task,
    "navigation": navigation,
    "second tab": second_tab,
    "delayed write": delayed_write,
}


def traces(subject: Subject, browser: Browser, site: Site, collector: Collector) -> dict[str, Trace]:
    """Every scenario once, each in a fresh profile with a uid of its own."""
    address = site.put("probe", subject.head(collector.host))
    site.put("plain", "")
    found = {}
    for at, (name, scenario) in enumerate(SCENARIOS.items()):
        collector.forget()
        with visiting(browser) as visitor:
            run = Run(collector, visitor, address, f"alice{at}{at}{at}{at}")
            try:
                found[name] = scenario(run, collector)
            finally:
                collector.release()
    return found
