"""The names of the engines; apart from what drives them, so that a command line can be read without it."""

from __future__ import annotations

from typing import Final

ENGINES: Final = ("chromium", "firefox", "webkit")
