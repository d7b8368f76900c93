"""Four ways to leave: on one page, on the way to the next, with a second tab open, and before the network answered.

Her pages are her own: their address and title name her, she came to them from a page of hers, and her clock is wrong by
an odd time. The pages after them are anybody's.
"""

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


_SKEW: Final = """(() => {
  const Wall = Date;
  const now = () => Wall.now() + SKEW_MS;
  window.Date = class Date extends Wall {
    constructor(...given) { super(...(given.length ? given : [now()])); }
    static now() { return now(); }
  };
})()"""


class Person(msgspec.Struct, frozen=True):
    """Who she is: the `uid` the SDK is told, the `name` and `token` in the addresses and titles of her pages, and by
    how much the clock of her machine is ahead.
    """

    uid: str
    name: str
    token: str
    skew_ms: int

    @property
    def title(self) -> str:
        """Of her pages."""
        return f"Inbox of {self.name}"

    @property
    def query(self) -> str:
        """Of her pages' addresses."""
        return f"?user={self.name}&token={self.token}"

    @property
    def referrer(self) -> str:
        """Where she came from."""
        return f"https://friends.test/of/{self.name}"


def person_at(at: int) -> Person:
    """Another person for every scenario: what two of them share is no one's."""
    return Person(f"alice{at}{at}{at}{at}", f"ana-{at}-of-7351{at}", f"t0ken{at}b5a9c{at}", 11_828_347 + at * 7_777_771)


class Trace(msgspec.Struct, frozen=True):
    """All that one run left behind. `left_at_s` is when the person left. `hers` and `nobodys` are the events tracked
    before and after that, by name; `late` are those of `nobodys` that were tracked when some time had passed.
    """

    person: Person
    left_at_s: float
    hers: tuple[str, ...]
    nobodys: tuple[str, ...]
    late: tuple[str, ...]
    sent: list[Sent]
    kept_before: list[Kept]
    kept_after: list[Kept]


class Run:
    """One visitor, one subject, one way to leave."""

    def __init__(self, collector: Collector, visitor: Visitor, address: str, person: Person) -> None:
        self._collector = collector
        self._visitor = visitor
        self._address = address
        self._person = person
        visitor.chromium.add_init_script(_SKEW.replace("SKEW_MS", str(person.skew_ms)))
        self._hers: list[str] = []
        self._nobodys: list[str] = []
        self._late: list[str] = []
        self._kept_before: list[Kept] = []
        self._left_at_s = 0.0

    def arrive(self, path: str = "") -> Page:
        """A new tab on a page of hers, ready to track."""
        page = self._visitor.open(self._address + path + self._person.query, self._person.referrer)
        self.settle(page)
        return page

    def settle(self, page: Page) -> None:
        """Wait until the subject on this page is ready."""
        page.evaluate("subject.ready")

    def identify(self, page: Page, *names: str) -> None:
        """Say who it is and track events, in one task."""
        self._hers += names
        page.evaluate(
            "([uid, names]) => { subject.identify(uid); names.forEach(subject.track) }", [self._person.uid, names]
        )

    def track_as_her(self, page: Page, name: str) -> None:
        """An event of hers."""
        self._hers.append(name)
        page.evaluate("name => { subject.track(name) }", name)

    def remember(self, *pages: Page) -> None:
        """What is kept while she is there."""
        self._kept_before += [self._visitor.keeps(page) for page in pages]

    def leave(self, page: Page, last: str | None, first: str, onward: str = "") -> None:
        """Her last event, the logout call, and the first event after it, in one task; then on to anybody's page."""
        self._hers += [last] if last else []
        self._nobodys.append(first)
        self._left_at_s = time.monotonic()
        script = """([last, first, onward]) => {
          if (last) subject.track(last);
          subject.reset();
          subject.track(first);
          if (onward) location.href = onward;
        }"""
        given = [last, first, self._anybodys + onward if onward else ""]
        if onward:
            with page.expect_navigation():
                page.evaluate(script, given)
        else:
            page.evaluate(script, given)

    @property
    def _anybodys(self) -> str:
        return self._address.replace("/probe/", "/anybody/")

    def go_on(self, page: Page) -> None:
        """Load a page of anybody's in this tab."""
        page.goto(self._anybodys)
        self.settle(page)

    def track_as_nobody(self, page: Page, name: str, *, is_late: bool = False) -> None:
        """An event of whoever came after."""
        self._nobodys.append(name)
        self._late += [name] if is_late else []
        page.evaluate("name => { subject.track(name) }", name)

    def show(self, page: Page, other: Page) -> None:
        """Wait until `other` is shown what `page` wrote, in both places: a tab with a process of its own reads what
        another wrote a moment ago, and nobody changes tabs as fast as that.
        """
        page.evaluate("localStorage.probed = '1'; document.cookie = 'probed=1'")
        other.wait_for_function("localStorage.probed && document.cookie.includes('probed=1')")
        page.evaluate("localStorage.removeItem('probed'); document.cookie = 'probed=; max-age=0'")

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
        return Trace(self._person, self._left_at_s, *told, self._collector.sent(), self._kept_before, kept_after)


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
    run.show(page, other)
    run.track_as_nobody(other, "Stood by")
    run.pause(page)
    run.track_as_nobody(other, "Stood on", is_late=True)
    run.go_on(page)
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
    run.go_on(page)
    run.track_as_nobody(page, "Walked on", is_late=True)
    return run.end(page)


SCENARIOS: Final[dict[str, Callable[[Run, Collector], Trace]]] = {
    "same task": same_task,
    "navigation": navigation,
    "second tab": second_tab,
    "delayed write": delayed_write,
}


def traces(subject: Subject, browser: Browser, site: Site, collector: Collector) -> dict[str, Trace]:
    """Every scenario once, each in a fresh profile with a person of its own."""
    head = subject.head(collector.host)
    site.put("anybody", head)
    site.put("plain", "")
    found = {}
    for at, (name, scenario) in enumerate(SCENARIOS.items()):
        collector.forget()
        person = person_at(at)
        address = site.put("probe", head, title=person.title)
        with visiting(browser) as visitor:
            run = Run(collector, visitor, address, person)
            try:
                found[name] = scenario(run, collector)
            finally:
                collector.release()
    return found
