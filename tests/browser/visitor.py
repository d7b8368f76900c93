"""A person with a browser profile of their own."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.browser.engines.tabs import Context

CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--ignore-certificate-errors",
    "--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
_DUMP: Final = """async () => {
  const done = (request) => new Promise((keep, fail) => {
    request.onsuccess = () => keep(request.result);
    request.onerror = fail;
  });
  const store = (area) => { try { return { ...area() } } catch { return {} } };
  const databases = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const table of database.objectStoreNames) {
      const rows = await done(database.transaction(table).objectStore(table).getAll());
      databases[`${name}/${table}`] = JSON.stringify(rows);
    }
    database.close();
  }
  return {
    local: store(() => localStorage), session: store(() => sessionStorage), databases,
    window: { name: window.name, history: JSON.stringify(history.state), address: location.href },
  };
}"""


class Kept(msgspec.Struct, frozen=True):
    """All that a browser keeps for a page: cookies, both storages, databases, and what belongs to the window."""

    cookies: dict[str, str]
    local: dict[str, str]
    session: dict[str, str]
    databases: dict[str, str]
    window: dict[str, str | None]

    def values(self) -> list[str]:
        """Every single value that is kept somewhere."""
        areas = (self.cookies, self.local, self.session, self.databases, self.window)
        return [value for area in areas for value in area.values() if value is not None]


class Visitor:
    """One browser profile. `complaints` are the warnings, errors and uncaught exceptions of its pages."""

    def __init__(self, context: BrowserContext | Context) -> None:
        self.context = context
        self._complaints: list[str] = []
        context.on("console", lambda line: self._hear(line.type, line.text))
        context.on("weberror", lambda error: self._complaints.append(f"uncaught {error.error}"))

    @property
    def chromium(self) -> BrowserContext:
        """The context, for what only Playwright's own can do. TypeError in another engine."""
        if isinstance(self.context, Context):
            raise TypeError("not in this engine")
        return self.context

    @property
    def complaints(self) -> list[str]:
        """So far, by kind and text."""
        if isinstance(self.context, Context):
            self.context.listen()
        return self._complaints

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("warning", "error"):
            self._complaints.append(f"{kind} {text}")

    def open(self, address: str, referrer: str | None = None) -> Page:
        """A new tab at that address, come to from `referrer`."""
        page = self.context.new_page()
        page.goto(address, referer=referrer)
        return page

    def crash(self, page: Page) -> None:
        """The page's process ends at once; elsewhere than in Chromium with those of all its other pages."""
        if isinstance(self.context, Context):
            self.context.crash()
        else:
            with contextlib.suppress(Error):
                page.goto("chrome://crash")

    def keeps(self, page: Page) -> Kept:
        """What is kept for this page now."""
        cookies = {cookie["name"]: cookie["value"] for cookie in self.context.cookies(page.url)}
        found: dict[str, Any] = page.evaluate(_DUMP)
        return Kept(cookies, **found)


def find_chromium() -> str | None:
    """Where this machine has a Chromium."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


@contextlib.contextmanager
def launched(chromium: str, *flags: str, without: Sequence[str] = ()) -> Iterator[Browser]:
    """A headless Chromium to which every host under .test is this machine, and every other host does not exist.

    `without` are flags that its driver would give it.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=[*FLAGS, *flags], ignore_default_args=list(without)
        )
        yield browser
        browser.close()


@contextlib.contextmanager
def visiting(browser: Browser) -> Iterator[Visitor]:
    """A visitor who was never here before."""
    context = browser.new_context()
    context.set_default_timeout(30_000)
    yield Visitor(context)
    context.close()
