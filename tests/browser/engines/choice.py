"""Which engines there are, what each lacks, and how it is started."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.browser.engines import firefox, webkit
from tests.browser.engines.network import networking
from tests.browser.visitor import CHROMIUM_NAMES, find_chromium
from tests.browser.visitor import launched as chromium_launched

LACKS: Final[dict[str, dict[str, str]]] = {
    "chromium": {},
    "firefox": {
        "cookie jar": "the driver of Firefox puts no cookies in",
        "prerendering": "Firefox prerenders no page",
    },
    "webkit": {
        "cookie jar": "the driver of WebKit puts no cookies in",
        "crash": "a driven WebKit ends when a page of it crashes",
        "prerendering": "WebKit prerenders no page",
    },
}
"""By engine, what a test may need and does not find there, with the reason."""


def missing(engine: str) -> str | None:
    """Why this machine cannot run an engine; None if it can."""
    found: object
    match engine:
        case "firefox":
            found, names = firefox.find(), " or ".join(firefox.NAMES)
        case "webkit":
            found, names = webkit.find(), f"{webkit.DRIVER}, MiniBrowser or Xvfb"
        case _:
            found, names = find_chromium(), " or ".join(CHROMIUM_NAMES)
    return None if found else f"no {engine}: this machine lacks {names}"


@contextlib.contextmanager
def launched(engine: str, directory: Path, keeps_pages: bool = False) -> Iterator[Any]:
    """A browser to which every host under .test is this machine; Playwright's Browser or what stands in for it.

    `keeps_pages` is for Chromium, whose driver switches its back-forward cache off.
    """
    match engine:
        case "firefox":
            with (
                networking(directory) as network,
                firefox.launched(firefox.find() or "", directory, network) as browser,
            ):
                yield browser
        case "webkit":
            programs = webkit.find()
            assert programs is not None
            with networking(directory) as network, webkit.launched(programs, directory, network) as browser:
                yield browser
        case _:
            without = ["--disable-back-forward-cache"] if keeps_pages else []
            with chromium_launched(find_chromium() or "", without=without) as chromium:
                yield chromium
