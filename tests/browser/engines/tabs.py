"""As much of Playwright's Page and BrowserContext as tests use that run where Playwright cannot drive the browser."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from playwright.sync_api import Error, TimeoutError

from tests.browser.engines.network import Handler, Listener, Passed, Way, matching
from tests.browser.engines.ports import Profile, Tab

_CLOCK: Final = (Path(__file__).parent / "clock.js").read_text()
_COMPLAINTS: Final = (Path(__file__).parent / "complaints.js").read_text()
_POLL_S: Final = 0.02


class Clock:
    """A page's clock."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def install(self) -> None:
        """Take it over."""
        self._page.evaluate(_CLOCK)

    def run_for(self, ms: int) -> None:
        """Let time pass with all that happens in it."""
        self._page.evaluate("(ms) => __clock.pass(ms)", ms)


class Keyboard:
    """The keyboard before a page."""

    _CODES: Final = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c"}

    def __init__(self, tab: Tab) -> None:
        self._tab = tab

    def press(self, key: str) -> None:
        """Press and let go."""
        self._tab.press(self._CODES.get(key, key))


class Awaited:
    """What an `expect_…` waited for."""

    value: Passed


class Page:
    """One tab."""

    def __init__(self, context: Context, tab: Tab) -> None:
        self.context = context
        self.tab = tab
        self.clock = Clock(self)
        self.keyboard = Keyboard(tab)
        self._marked = 0

    @property
    def url(self) -> str:
        """Where the tab is."""
        found: str = self.evaluate("location.href")
        return found

    def evaluate(self, expression: str, arg: object = None) -> Any:
        """As Playwright's; a function's value is awaited."""
        found = msgspec.json.decode(self.tab.run(msgspec.json.encode([expression, arg]).decode()))
        self.context.hear(found["complaints"])
        if "error" in found:
            raise Error(found["error"])
        return found["value"]

    def goto(self, address: str, referer: str | None = None) -> None:
        """Load an address, whole. Only Playwright can say that another page led there."""
        assert referer is None
        self._leave(lambda: self.tab.go(address), "load")

    def reload(self, wait_until: str = "load") -> None:
        """Load the same again."""
        self._leave(self.tab.reload, wait_until)

    def go_back(self, wait_until: str = "load") -> None:
        """Where the tab was before."""
        self._leave(self.tab.back, wait_until)

    def _leave(self, go: Callable[[], None], wait_until: str) -> None:
        """`load` is when the new page is there as a whole, `commit` as soon as it has begun."""
        here = self._mark()
        go()
        self._wait(lambda: self._has_left(here, "complete" if wait_until == "load" else ""), "another page")

    def _mark(self) -> int:
        """Marks this very document, among those that may come back too."""
        self._marked += 1
        self.evaluate("(mark) => { window.__mark = mark; }", self._marked)
        return self._marked

    def _has_left(self, here: int, state: str, address: str = "**") -> bool:
        mark, now, there = self.evaluate("[window.__mark, document.readyState, location.href]")
        return mark != here and state in (now, "") and matching(address).fullmatch(there) is not None

    def close(self, run_before_unload: bool = False) -> None:  # noqa: ARG002 - as Playwright's
        """The tab goes."""
        with contextlib.suppress(Error):
            self.evaluate("0")
        self.context.pages.remove(self)
        self.tab.close()

    def wait_for_function(self, expression: str, arg: object = None) -> None:
        """Until an expression holds, over navigations too."""
        self._wait(lambda: bool(self.evaluate(expression, arg)), expression)

    def _wait(self, holds: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + self.context.timeout_ms / 1000
        pause = threading.Event()
        last: Error | None = None
        while time.monotonic() < until:
            try:
                if holds():
                    return
            except Error as error:
                last = error
            pause.wait(_POLL_S)
        raise TimeoutError(f"never held: {what}" + (f"; last: {last}" if last else ""))

    @contextlib.contextmanager
    def expect_navigation(self, url: str = "**") -> Iterator[None]:
        """The block takes the tab to another document, which is loaded whole."""
        here = self._mark()
        yield
        self._wait(lambda: self._has_left(here, "complete", url), f"navigation to {url}")

    def expect_request(self, what: str) -> contextlib.AbstractContextManager[Awaited]:
        """The block makes the browser ask for something."""
        return self._expect(self.context.way.requests, what)

    def expect_response(self, what: str | Callable[[Passed], bool]) -> contextlib.AbstractContextManager[Awaited]:
        """The block makes the browser ask for something, and it is answered."""
        return self._expect(self.context.way.responses, what)

    @contextlib.contextmanager
    def _expect(self, listeners: list[Listener], what: str | Callable[[Passed], bool]) -> Iterator[Awaited]:
        def fits(passed: Passed) -> bool:
            return what(passed) if callable(what) else matching(what).fullmatch(passed.url) is not None

        awaited, came = Awaited(), threading.Event()

        def listen(passed: Passed) -> None:
            if not came.is_set() and fits(passed):
                awaited.value = passed
                came.set()

        listeners.append(listen)
        try:
            yield awaited
            if not came.wait(self.context.timeout_ms / 1000):
                raise TimeoutError(f"never passed: {what}")
        finally:
            listeners.remove(listen)

    def route(self, pattern: str, handler: Handler) -> None:
        """`handler` decides about these requests; of all tabs of the context."""
        self.context.way.route(matching(pattern), handler)

    def unroute(self, pattern: str) -> None:
        """Nobody decides about them any more."""
        self.context.way.unroute(matching(pattern))

    def add_script_tag(self, url: str) -> None:
        """A script, loaded whole."""
        self.evaluate(
            """(url) => new Promise((keep, fail) => {
              document.head.append(Object.assign(document.createElement('script'),
                { src: url, onload: () => keep(), onerror: () => fail(Error('no script')) }));
            })""",
            url,
        )

    def inner_text(self, selector: str) -> str:
        """The text that an element shows."""
        found: str = self.evaluate("(selector) => document.querySelector(selector).innerText", selector)
        return found

    def is_hidden(self, selector: str) -> bool:
        """Whether an element is not to be seen."""
        return bool(self.evaluate("(selector) => !document.querySelector(selector)?.getClientRects().length", selector))

    def get_attribute(self, selector: str, name: str) -> str | None:
        """An attribute of an element."""
        found: str | None = self.evaluate(
            "(asked) => document.querySelector(asked[0]).getAttribute(asked[1])", [selector, name]
        )
        return found


class Line(msgspec.Struct, frozen=True):
    """A line of a page's console."""

    type: str
    text: str


class Uncaught(msgspec.Struct, frozen=True):
    """An exception that nobody caught on a page."""

    error: str


class Context:
    """One visitor's profile."""

    def __init__(self, profile: Profile, way: Way, ends: contextlib.ExitStack) -> None:
        self.way = way
        self.pages: list[Page] = []
        self.timeout_ms = 30_000.0
        self._profile = profile
        self._ends = ends
        self._heard: dict[str, Callable[[Any], object]] = {}
        way.script = _COMPLAINTS
        way.on_complaints = lambda body: self.hear(msgspec.json.decode(body))

    def set_default_timeout(self, ms: float) -> None:
        """How long to wait for anything."""
        self.timeout_ms = ms

    def on(self, event: str, heard: Callable[[Any], object]) -> None:
        """Of the events, `console` (warnings and errors alone) and `weberror`."""
        self._heard[event] = heard

    def hear(self, complaints: list[tuple[str, str]]) -> None:
        """What a page complained of."""
        for kind, text in complaints:
            if kind == "uncaught":
                self._heard["weberror"](Uncaught(text))
            else:
                self._heard["console"](Line(kind, text))

    def listen(self) -> None:
        """Ask every page once more what it complains of."""
        for page in self.pages:
            with contextlib.suppress(Error):
                page.evaluate("0")

    def close(self) -> None:
        """All of it goes."""
        self._ends.close()

    def new_page(self) -> Page:
        """A tab on an empty page."""
        page = Page(self, self._profile.new_tab())
        self.pages.append(page)
        return page

    def cookies(self, url: str) -> list[dict[str, str]]:
        """Those of a page that is open."""
        page = next(page for page in self.pages if page.url == url)
        return [{"name": name, "value": value} for name, value in self._profile.cookies(page.tab).items()]

    def set_offline(self, is_offline: bool) -> None:
        """Whether the network is there."""
        self._profile.set_offline(is_offline)

    def crash(self) -> None:
        """The processes of all pages end at once."""
        self.pages.clear()
        self._profile.crash()
