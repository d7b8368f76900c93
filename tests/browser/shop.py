"""A site with fs.js on its pages, and what tests ask of such a page."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

from playwright.sync_api import Page

from tests.browser.loaders import loader_named
from tests.browser.relay import Relay
from tests.browser.site import Site
from tests.browser.visitor import Visitor

_PAGE: Final = """<script>
window.settled = (call, within = 8000) => Promise.race([
  call.then((value) => ({ value }), (error) => ({ error: error.code || error.message })),
  new Promise((keep) => setTimeout(keep, within, 'never')),
]);
window.flush = () => dispatchEvent(new Event('pagehide'));
</script>
"""
IS_THERE: Final = "!!(window.FS && FS._api)"


class Shop:
    """Pages of one test, behind one path of the site, with fs.js from the relay."""

    def __init__(self, org: str, site: Site, relay: Relay, visitor: Visitor, name: str) -> None:
        self.org = org
        self.relay = relay
        self.visitor = visitor
        self._site = site
        self._name = name

    @property
    def script(self) -> str:
        """Host and path of fs.js."""
        return self.relay.host + "/s/fs.js"

    def put(
        self, before: str = "", after: str = "", body: str = "", loader: str = "snippet 2.1", **options: object
    ) -> str:
        """Serve the page; its address. `before` and `after` are scripts to run before and after the loader's,
        `options` are given to the loader, if there is to be one. The loader `tag` is the plain script, and its options
        are attributes of that: `data_user="ana"`.
        """
        snippet = "" if loader == "none" else self._head(loader, options)
        head = f"{_PAGE}<script>{before}</script>\n{snippet}<script>{after}</script>"
        return self._site.put(self._name, head, body or "<button>Buy</button>")

    def _head(self, loader: str, options: dict[str, object]) -> str:
        if loader != "tag":
            return loader_named(loader).head(self.org, **{"script": self.script, **options})
        told = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in options.items())
        return f'<script src="https://{self.script}?org={self.org}"{told}></script>\n'

    def put_head(self, head: str) -> str:
        """Serve a page with just that in its head; its address."""
        return self._site.put(self._name, head)

    def address(self, subdomain: str = "www") -> str:
        """Where the page is found."""
        return self._site.address(self._name, subdomain)

    def open(
        self, before: str = "", after: str = "", body: str = "", loader: str = "snippet 2.1", **options: object
    ) -> Page:
        """`put`, and a tab on it in which fs.js has taken over."""
        return self.visit(self.put(before, after, body, loader, **options))

    def visit(self, address: str) -> Page:
        """A tab there in which fs.js has taken over."""
        page = self.visitor.open(address)
        page.wait_for_function(IS_THERE)
        return page

    def go(self, page: Page, path: str) -> None:
        """Take a tab to a path of the site, where fs.js takes over again."""
        page.goto(self.address() + path)
        page.wait_for_function(IS_THERE)

    def bundles(self) -> list[dict[str, Any]]:
        """Every bundle that the relay carried, stored or not."""
        return [bundle for carried in self.relay.carried() if (bundle := carried.bundle()) is not None]

    def told(self, page: Page, name: str) -> dict[str, Any]:
        """The event of that name after `page` was asked to send what it has, and all that was made before it."""
        page.evaluate("flush()")
        found = self.relay.wait_for_event(name)
        until_all_is_answered(page)
        return found


_KEEPS_SOMETHING = """() => {
  try {
    return Object.keys(localStorage).some((key) => key.startsWith('fs_out.'));
  } catch {
    return false; // A page that may have no storage.
  }
}"""


def until_all_is_answered(page: Page, within_s: float = 10) -> None:
    """Until nothing is kept that has no answer: bundles of a page that leaves arrive in any order.

    Gives up in silence, for a test may have seen to it that something never has one.
    """
    pause, until = threading.Event(), time.monotonic() + within_s
    while page.evaluate(_KEEPS_SOMETHING) and time.monotonic() < until:
        pause.wait(0.02)


def session_of(page: Page) -> str:
    """`device:session`, as the page's FS says; empty, or None, where it shows none."""
    found: str = page.evaluate("FS.getCurrentSession()")
    return found


def agreed(*pages: Page, within_s: float = 10) -> str:
    """`device:session`, as soon as all these pages that show one show the same. AssertionError if they do not in time.


    Engines whose tabs have a process each may show a tab what another wrote a moment late.
    """
    agree_until, pause = time.monotonic() + within_s, threading.Event()
    while len(said := {shown for page in pages if (shown := session_of(page))}) > 1:
        if time.monotonic() > agree_until:
            raise AssertionError(f"never agreed: {said}")
        pause.wait(0.02)
    return said.pop()


def full_id(operation: dict[str, Any]) -> str:
    """`device:session` of an operation."""
    return f"{operation['device']}:{operation['session']}"
