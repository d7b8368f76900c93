"""WebKitGTK, driven by WebDriver (https://www.w3.org/TR/webdriver2/), with a browser of its own for each visitor."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import Error

from tests.browser.engines.network import Network, Way
from tests.browser.engines.ports import EVALUATE
from tests.browser.engines.processes import bare_environment, kill_below, running
from tests.browser.engines.tabs import Context

DRIVER: Final = "WebKitWebDriver"
_BROWSERS: Final = "lib*/*/webkit2gtk-4.*/MiniBrowser"
_RUN: Final = f"const [given, done] = arguments; ({EVALUATE})(given).then(done)"
_ANSWER_S: Final = 60


class Session:
    """One session of one driver; each command goes to the tab it is meant for."""

    def __init__(self, client: httpx.Client, browser: str, way: Way) -> None:
        self._client = client
        self._tab = ""
        wanted = {
            "acceptInsecureCerts": True,
            # Otherwise nothing can be asked of a page that waits for a script.
            "pageLoadStrategy": "none",
            # It would be kept by the page's own clock.
            "timeouts": {"script": None},
            # The proxy of WebDriver's own capabilities would be spoken to over TLS.
            "webkitgtk:browserOptions": {
                "binary": browser,
                "args": ["--automation", f"--proxy=http://127.0.0.1:{way.port}"],
            },
        }
        made = self.ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        self._path = "/" + made["sessionId"]
        self.first: str = self.ask("GET", "/window")

    _path = ""

    def ask(self, method: str, path: str, given: object = None, tab: str = "") -> Any:
        """A command's value. Playwright's Error if it has none."""
        if tab and tab != self._tab:
            self.ask("POST", "/window", {"handle": tab})
            self._tab = tab
        json = (given or {}) if method == "POST" else None
        try:
            reply = self._client.request(method, f"/session{self._path}{path}", json=json)
        except httpx.HTTPError as error:
            raise Error(f"{method} {path}: {error!r}") from error
        value = reply.json()["value"]
        if reply.is_error:
            raise Error(f"{method} {path}: {value['error']}: {value.get('message')}")
        return value

    def forget_tab(self) -> None:
        """The next command says again which tab it is for."""
        self._tab = ""


class WebKitTab:
    """One window: pages behind others would count as hidden."""

    def __init__(self, session: Session, handle: str) -> None:
        self._session = session
        self._handle = handle

    def _ask(self, method: str, path: str, given: object = None) -> Any:
        return self._session.ask(method, path, given, self._handle)

    def run(self, given: str) -> str:
        """What `EVALUATE` makes of this on the page."""
        text: str = self._ask("POST", "/execute/async", {"script": _RUN, "args": [given]})
        return text

    def go(self, address: str) -> None:
        """To an address; does not wait for it."""
        self._ask("POST", "/url", {"url": address})

    def back(self) -> None:
        """Where the tab was before; does not wait for it."""
        self._ask("POST", "/back")

    def reload(self) -> None:
        """The same again; does not wait for it."""
        self._ask("POST", "/refresh")

    def press(self, key: str) -> None:
        """A key of the keyboard, by its WebDriver code point."""
        actions = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def close(self) -> None:
        """The tab goes."""
        self._ask("DELETE", "/window")
        self._session.forget_tab()

    def cookies(self) -> dict[str, str]:
        """Those that the page would send."""
        return {cookie["name"]: cookie["value"] for cookie in self._ask("GET", "/cookie")}


class WebKitProfile:
    """One session. Its first window stays empty: a session ends with its last window."""

    def __init__(self, session: Session, process: int, way: Way) -> None:
        self.way = way
        self._session = session
        self._process = process

    def new_tab(self) -> WebKitTab:
        """A window on an empty page."""
        made = self._session.ask("POST", "/window/new", {"type": "window"}, self._session.first)
        return WebKitTab(self._session, made["handle"])

    def cookies(self, tab: WebKitTab) -> dict[str, str]:
        """Those that the page of this tab would send."""
        return tab.cookies()

    def set_offline(self, is_offline: bool) -> None:
        """Whether the network is there; the page is told nothing of it."""
        self.way.set_down(is_offline)

    def crash(self) -> None:
        """The processes of all pages end at once."""
        kill_below(self._process, "WebKitWebProces")
        self._session.forget_tab()

    def close(self) -> None:
        """All of it goes."""
        with contextlib.suppress(Error):
            self._session.ask("DELETE", "")


class WebKit:
    """What is needed to start a browser."""

    def __init__(self, driver: str, browser: str, display: str, directory: Path, network: Network) -> None:
        self._driver = driver
        self._browser = browser
        self._display = display
        self._directory = directory
        self._network = network

    def new_context(self) -> Context:
        """A visitor's, with a driver and a browser of its own."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = {**bare_environment(self._directory), "DISPLAY": self._display, "NO_AT_BRIDGE": "1"}
        ends = contextlib.ExitStack()
        way = ends.enter_context(self._network.way())
        output = self._directory / "output.txt"
        process = ends.enter_context(running([self._driver, f"--port={port}"], environment, output))
        _await_port(port)
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_ANSWER_S, trust_env=False)
        profile = WebKitProfile(Session(ends.enter_context(client), self._browser, way), process.pid, way)
        ends.callback(profile.close)
        return Context(profile, way, ends)


def find() -> tuple[str, str, str] | None:
    """Where this machine has the driver, its browser and a display without a screen."""
    driver, display = shutil.which(DRIVER), shutil.which("Xvfb")
    browser = max(Path("/usr").glob(_BROWSERS), default=None)
    return (driver, str(browser), display) if driver and browser and display else None


@contextlib.contextmanager
def launched(programs: tuple[str, str, str], directory: Path, network: Network) -> Iterator[WebKit]:
    """WebKitGTK on a display of its own, until the block ends."""
    driver, browser, display = programs
    output = directory / "display.txt"
    with running([display, "-displayfd", "1", "-nolisten", "tcp"], bare_environment(directory), output):
        yield WebKit(driver, browser, ":" + _first_line(output), directory, network)


def _await_port(port: int) -> None:
    _until(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None, f"no driver at {port}")


def _first_line(output: Path) -> str:
    _until(lambda: output.read_text().endswith("\n"), "no display")
    return output.read_text().split()[0]


def _until(holds: Any, otherwise: str) -> None:
    until, pause = time.monotonic() + 15, threading.Event()
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if holds():
                return
        pause.wait(0.02)
    raise AssertionError(otherwise)
