"""The names of the engines; apart from what drives them, so that a command line can be read without it."""

from __future__ import annotations

from typing import Final

ENGINES: Final = ("chromium", "firefox", "webkit")

SHOW_AT_ONCE: Final = frozenset({"chromium"})
"""Engines in which a tab reads at once what another wrote; in others it was seen to read what stood there before."""
