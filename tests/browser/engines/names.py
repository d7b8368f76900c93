"""The names of the engines; apart from what drives them, so that a command line can be read without it."""

from __future__ import annotations

from typing import Final

ENGINES: Final = ("chromium", "firefox", "webkit")

TABS_AGREE: Final = frozenset({"chromium"})
"""Engines in which tabs agree soon after one wrote: a read at once was stale in one of 2,000. In others a tab was seen
to be shown the old record for good (ID-11). In no engine may a test look at another tab without waiting for it.
"""
