"""Screenshots of the real pages: a demo is filled and served, and a browser looks at each page, light and dark."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import click
from playwright.sync_api import Browser, Page

from tests.browser.visitor import find_chromium, launched
from tests.running import RunningService, running_service

PASSWORD: Final = "only for the screenshots"
SHOWN: Final = ("home", "user", "session", "errors", "shop")
DESKTOP: Final = (1280, 800)
PHONE: Final = (390, 844)
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path("docs/images"))
@click.option("--visitors", default=3000, help="How many visitors to make up.")
@click.option("--phone", is_flag=True, help="As a phone shows them.")
@click.option("--all", "is_all", is_flag=True, help="Every page, whole, not only the few that the docs show.")
def main(directory: Path, visitors: int, phone: bool, is_all: bool) -> None:
    """Take the screenshots."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("this needs chromium on PATH")
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, launched(chromium) as browser:
        flags = ("--fill", str(visitors), "--shop-port", "0")
        with running_service(data, *flags, command="demo", password=PASSWORD, log="off") as running:
            for scheme in SCHEMES:
                _look(browser, running, scheme, PHONE if phone else DESKTOP, directory, is_all)


def _look(
    browser: Browser,
    running: RunningService,
    scheme: Literal["light", "dark"],
    size: tuple[int, int],
    directory: Path,
    is_all: bool,
) -> None:
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": size[0], "height": size[1]}, timezone_id="Europe/Berlin"
    )
    page = context.new_page()
    night = "" if scheme == "light" else "-dark"
    device = "" if size == DESKTOP else "-phone"

    def shoot(name: str) -> None:
        if is_all or name in SHOWN:
            page.wait_for_timeout(300)
            page.screenshot(path=directory / f"{name}{night}{device}.png", full_page=is_all)

    base = f"{running.base}/ui/{running.org}"
    page.goto(f"{base}/")
    shoot("sign-in")
    page.fill("#password", PASSWORD)
    page.click("form.stack button")
    for name, path in _addresses(page, base).items():
        page.goto(f"{base}{path}" if path.startswith("/") else path)
        shoot(name)
    _play(page, running, shoot)
    context.close()


def _addresses(page: Page, base: str) -> dict[str, str]:
    """The pages; of users and sessions those that show the most."""
    found = {
        "home": "/",
        "users": "/users",
        "search": "/users?q=plan%3Dpremium&kind=identified",
        "nobody": "/users?q=nobody+of+that+name",
        "live": "/live",
        "errors": "/errors",
        "settings": "/settings",
    }
    page.goto(f"{base}/users?kind=identified")
    users = page.eval_on_selector_all("a.who", "links => links.slice(0, 30).map((link) => link.href)")
    richest = max(users, key=lambda user: _richness(page, user), default=None)
    if richest is None:
        return found
    page.goto(richest)
    sessions = page.eval_on_selector_all(".rows a[href*='/session/']", "links => links.map((link) => link.href)")
    return {**found, "user": richest, "session": sessions[-1]}


def _richness(page: Page, user: str) -> int:
    page.goto(user)
    lanes = page.locator(".lane-names li").count()
    return page.locator(".timeline .mark.seal").count() * 2 + min(lanes, 4) if lanes < 6 else 0


def _play(page: Page, running: RunningService, shoot: Callable[[str], None]) -> None:
    """Somebody logs in, switches and leaves in the shop."""
    shop = re.search(r"Shop\s+(\S+)", running.welcome)
    if shop is None:
        return
    page.goto(shop[1])
    for label in ("Log in as Ada", "Switch account", "Log out"):
        page.wait_for_timeout(1500)
        page.locator(".panel button", has_text=label).locator("visible=true").first.click()
    page.wait_for_timeout(7000)
    shoot("shop")


if __name__ == "__main__":
    main()
