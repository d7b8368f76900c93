"""The names of a page's properties (PR-3): its first `pageName` stays, it has so many, and they end with the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from passerby_client import codes
from passerby_client.ports import Ports
from passerby_client.uid import NUMBER_MAX, number_text

NAMES_MAX: Final = 50

_PAGE_NAME: Final = "pageName"
_NO_PLACE: Final = re.compile(r"^[a-z][\w+.-]*://|[?#].*$", re.IGNORECASE | re.ASCII)


class PageNames:
    def __init__(self, ports: Ports) -> None:
        self._page: Callable[[], Any] = ports.page
        self._note = ports.note
        self._place = ""
        self._first = ""
        self._names: set[str] = set()

    def clear(self) -> None:
        """Begin anew, as every page id does."""
        self._first = ""
        self._names = set()

    def look(self) -> None:
        """They end with the host or path that they were set on."""
        place = _NO_PLACE.sub("", self._page().url)
        if place != self._place:
            self.clear()
        self._place = place

    def kept(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What of `given` the page may have."""
        self.look()
        kept: dict[str, Any] = {}
        for name, value in given.items():
            if name == _PAGE_NAME:
                self._first = self._first or _text(value)
                if self._first != _text(value) or value is None:
                    self._note(codes.PAGE_NAME_KEPT)
                    continue
            elif name in self._names or len(self._names) < NAMES_MAX:
                self._names.add(name)
            else:
                self._note(codes.TOO_MANY_PROPERTIES, name)
                continue
            kept[name] = value
        return kept


def _text(value: Any) -> str:
    """A value as ECMAScript prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return number_text(value) if abs(value) <= NUMBER_MAX else str(value)
    return "null" if value is None else value if isinstance(value, str) else "[object Object]"
