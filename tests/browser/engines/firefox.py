"""Firefox, driven by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), with a user context for each visitor."""

from __future__ import annotations

import contextlib
import re
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from playwright.sync_api import Error
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.browser.engines.network import Network, Way
from tests.browser.engines.ports import EVALUATE
from tests.browser.engines.processes import bare_environment, kill_below, running
from tests.browser.engines.tabs import Context

NAMES: Final = ("firefox-esr", "firefox")
_PREFERENCES: Final = {
    # Nothing of its own may go out: what belongs to no visitor meets a proxy that is not there.
    "network.proxy.type": 1,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.server": "",
    "app.normandy.enabled": False,
    "messaging-system.rsexperimentloader.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    # A tab behind another keeps its pace, as in the other engines here.
    "dom.min_background_timeout_value": 4,
    "dom.timeout.enable_budget_timer_throttling": False,
    "dom.timeout.throttling_delay": -1,
}
_ANSWER_S: Final = 60


class Bidi:
    """One connection to a browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._asked = 0

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """A command's result. Playwright's Error if it has none."""
        self._asked += 1
        try:
            self._socket.send(msgspec.json.encode({"id": self._asked, "method": method, "params": parameters}).decode())
            message = {"id": None}
            while message.get("id") != self._asked:
                message = msgspec.json.decode(self._socket.recv(timeout=_ANSWER_S))
        except (TimeoutError, WebSocketException) as error:
            raise Error(f"{method}: {error!r}") from error
        if message["type"] == "error":
            raise Error(f"{method}: {message['error']}: {message['message']}")
        result: dict[str, Any] = message["result"]
        return result


class FirefoxTab:
    """One window: pages behind others would count as hidden."""

    def __init__(self, bidi: Bidi, context: str) -> None:
        self._bidi = bidi
        self.context = context

    def run(self, given: str) -> str:
        """What `EVALUATE` makes of this on the page."""
        done = self._bidi.ask(
            "script.callFunction",
            functionDeclaration=EVALUATE,
            arguments=[{"type": "string", "value": given}],
            awaitPromise=True,
            target={"context": self.context},
        )
        if done["type"] != "success":
            raise Error(done["exceptionDetails"]["text"])
        text: str = done["result"]["value"]
        return text

    def go(self, address: str) -> None:
        """To an address; does not wait for it."""
        self._bidi.ask("browsingContext.navigate", context=self.context, url=address, wait="none")

    def back(self) -> None:
        """Where the tab was before; does not wait for it."""
        self._bidi.ask("browsingContext.traverseHistory", context=self.context, delta=-1)

    def reload(self) -> None:
        """The same again; does not wait for it."""
        self._bidi.ask("browsingContext.reload", context=self.context, wait="none")

    def press(self, key: str) -> None:
        """A key of the keyboard, by its WebDriver code point."""
        actions = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self._bidi.ask(
            "input.performActions",
            context=self.context,
            actions=[{"type": "key", "id": "keyboard", "actions": actions}],
        )

    def close(self) -> None:
        """The tab goes."""
        self._bidi.ask("browsingContext.close", context=self.context)


class FirefoxProfile:
    """One user context."""

    def __init__(self, bidi: Bidi, process: int, way: Way) -> None:
        self.way = way
        self._bidi = bidi
        self._process = process
        proxy = {"proxyType": "manual", "sslProxy": f"127.0.0.1:{way.port}", "httpProxy": f"127.0.0.1:{way.port}"}
        made = bidi.ask("browser.createUserContext", acceptInsecureCerts=True, proxy=proxy)
        self._name: str = made["userContext"]

    def new_tab(self) -> FirefoxTab:
        """A window on an empty page."""
        made = self._bidi.ask("browsingContext.create", type="window", userContext=self._name)
        return FirefoxTab(self._bidi, made["context"])

    def cookies(self, tab: FirefoxTab) -> dict[str, str]:
        """Those that the page of this tab would send."""
        found = self._bidi.ask("storage.getCookies", partition={"type": "context", "context": tab.context})
        return {cookie["name"]: cookie["value"]["value"] for cookie in found["cookies"]}

    def set_offline(self, is_offline: bool) -> None:
        """Whether the network is there."""
        self.way.set_down(is_offline)
        conditions = {"type": "offline"} if is_offline else None
        self._bidi.ask("emulation.setNetworkConditions", networkConditions=conditions, userContexts=[self._name])

    def crash(self) -> None:
        """The processes of all pages end at once."""
        kill_below(self._process, "Isolated Web Co", "Web Content")

    def close(self) -> None:
        """All of it goes."""
        self._bidi.ask("browser.removeUserContext", userContext=self._name)


class Firefox:
    """One Firefox."""

    def __init__(self, bidi: Bidi, process: int, network: Network) -> None:
        self._bidi = bidi
        self._process = process
        self._network = network

    def new_context(self) -> Context:
        """A visitor's."""
        ends = contextlib.ExitStack()
        way = ends.enter_context(self._network.way())
        profile = FirefoxProfile(self._bidi, self._process, way)
        ends.callback(profile.close)
        return Context(profile, way, ends)


def find() -> str | None:
    """Where this machine has a Firefox."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextlib.contextmanager
def launched(program: str, directory: Path, network: Network) -> Iterator[Firefox]:
    """A headless Firefox, until the block ends."""
    preferences = [f"user_pref({_json(name)}, {_json(value)});\n" for name, value in _PREFERENCES.items()]
    (directory / "user.js").write_text("".join(preferences))
    environment = {**bare_environment(directory), "MOZ_CRASHREPORTER_DISABLE": "1"}
    command = [program, "--headless", "--no-remote", "--profile", str(directory), "--remote-debugging-port=0"]
    output = directory / "output.txt"
    with (
        running(command, environment, output) as process,
        connect(_address(output) + "/session", max_size=None, proxy=None) as socket,
    ):
        bidi = Bidi(socket)
        bidi.ask("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        yield Firefox(bidi, process.pid, network)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _address(output: Path) -> str:
    until, pause = time.monotonic() + 30, threading.Event()
    while time.monotonic() < until:
        if found := re.search(r"BiDi listening on (ws://\S+)", output.read_text(errors="replace")):
            return found[1]
        pause.wait(0.05)
    raise AssertionError(f"Firefox did not start:\n{output.read_text(errors='replace')}")
