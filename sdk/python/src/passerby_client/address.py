"""What a `page` operation says of where the page is: nothing that is the departed user's goes along (CL-4, PV-1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from passerby_client.ports import Page

_ORIGIN: Final = re.compile(r"[a-z][\w+.-]*://[^/?#]*", re.IGNORECASE | re.ASCII)


class Address:
    def __init__(self, page: Callable[[], Page]) -> None:
        self._page = page
        self._departed: Page | None = None
        self._is_first = True

    def leave(self, *, has_shown: bool) -> None:
        """Another device begins, on a page that has shown itself already or not."""
        self._is_first = False
        if has_shown:
            self._departed = self._page()

    def look(self) -> Page:
        """Where the page is, as a `page` operation made now may say it.

        Where a user was when they left, that is no more than the origin until there is a navigation; their title not
        until it changes. Only the first look of a page load has its referrer.
        """
        page, departed = self._page(), self._departed
        was_first, self._is_first = self._is_first, False
        if departed is None:
            return page if was_first else replace(page, referrer=None)
        if page.url == departed.url:
            origin = _ORIGIN.match(page.url)
            return Page(f"{origin[0] if origin else ''}/")
        self._departed = replace(departed, url="")
        return Page(page.url, None if page.title == departed.title else page.title)
