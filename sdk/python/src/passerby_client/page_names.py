"""The names of a page's properties (PR-3): its first `pageName` stays, it has so many, and they end with the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from passerby_client import codes
from passerby_client.json_text import in_utf16
from passerby_client.ports import Ports

NAMES_MAX: Final = 50

_PAGE_NAME: Final = "pageName"
_NO_PLACE: Final = re.compile(r"^[a-z][\w+.-]*://|[?#].*$", re.IGNORECASE | re.ASCII | re.DOTALL)


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
        kept = {}
        for name in sorted(given, key=in_utf16):
            if name == _PAGE_NAME:
                passes = self._is_first(given[name])
                refusal = codes.PAGE_NAME_KEPT
            else:
                passes = name in self._names or len(self._names) < NAMES_MAX
                refusal = f"{codes.TOO_MANY_PROPERTIES}:{name}"
                if passes:
                    self._names.add(name)
            if passes:
                kept[name] = given[name]
            else:
                self._note(refusal)
        return kept

    def _is_first(self, value: Any) -> bool:
        """Whether the page may be called so: its first name that is a text stays; until then anything passes."""
        if self._first:
            return bool(value == self._first)
        if isinstance(value, str):
            self._first = value
        return True
