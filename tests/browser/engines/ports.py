"""What the driver of an engine must be able to do; all else is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

EVALUATE: Final = (Path(__file__).parent / "evaluate.js").read_text()
"""A function on the page, from a JSON text to a promise of another."""


class Tab(Protocol):
    """One tab as an engine's driver knows it. What the page cannot do any more raises Playwright's Error."""

    def run(self, given: str) -> str:
        """What `EVALUATE` makes of this on the page."""

    def go(self, address: str) -> None:
        """To an address; does not wait for it."""

    def back(self) -> None:
        """Where the tab was before; does not wait for it."""

    def reload(self) -> None:
        """The same again; does not wait for it."""

    def press(self, key: str) -> None:
        """A key of the keyboard, by its WebDriver code point."""

    def close(self) -> None:
        """The tab goes."""


class Profile(Protocol):
    """What belongs to one visitor as an engine's driver knows it."""

    def new_tab(self) -> Tab:
        """A tab on an empty page."""

    def cookies(self, tab: Any) -> dict[str, str]:
        """Those that the page of this tab would send."""

    def set_offline(self, is_offline: bool) -> None:
        """Whether the network is there."""

    def crash(self) -> None:
        """The processes of all pages end at once."""
