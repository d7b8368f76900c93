"""How an operation comes about: in which session, after which `page`, under which stamp (QU-1, CL-4, CL-5)."""

from __future__ import annotations

import re
from typing import Any, Final

from passerby_client.config import Config
from passerby_client.ports import Page, Ports
from passerby_client.presence import Presence
from passerby_client.queue import IDENTITY, Queue

SOURCE_CHARS_MAX: Final = 64
_QUERY_OR_HASH: Final = re.compile("[?#]")


class Recorder:
    def __init__(self, ports: Ports, config: Config, presence: Presence, queue: Queue) -> None:
        self._ports = ports
        self._config = config
        self._presence = presence
        self._queue = queue
        self._url: str | None = None
        self._place = ""
        self._opened: tuple[str, str | None] | None = None
        self.identity_made: tuple[str, int] | None = None
        """Page and n of the first `end` or `identify` recorded since `expect_identity`."""

    def expect_identity(self) -> None:
        self.identity_made = None

    def record(self, op: str, source: Any = None, **members: Any) -> None:
        """Record an operation of the page's present device and session; the presence has followed already.

        An `end` is stamped with what is there. Anything else opens a session where the last has ended, and comes after
        the `page` of its session.
        """
        if op != "end":
            self.open_session()
            self.open_page()
        if source and isinstance(source, str):
            members["source"] = source[:SOURCE_CHARS_MAX]
        self._append(op, members)

    def open_session(self, *, split: bool = False) -> bool:
        """Begin a session where the last has ended (SE-1), or in any case if `split` (SE-7); whether it did."""
        why = self._presence.past_limit() or ("split" if split else None)
        if why is not None:
            self._presence.begin_session(why)
        return why is not None

    def open_page(self) -> None:
        """The `page` of the present session, if that has none of this page yet."""
        if self._opened != self._present():
            self.record_page(self.look_around())

    def navigated(self) -> None:
        """Record the new URL, if it is one (CL-11)."""
        page = self.look_around()
        if page.url != self._url:
            self._presence.follow()
            self.open_session()
            self.record_page(page)

    def record_page(self, page: Page, *, referrer: bool = False) -> None:
        members = {"url": page.url, "title": page.title, "referrer": page.referrer if referrer else None}
        self._append("page", {name: value for name, value in members.items() if value is not None})
        self._url = page.url
        self._opened = self._present()

    def look_around(self) -> Page:
        """Where the page is; what was said of another host or path is over (PR-3)."""
        page = self._ports.page()
        place = _QUERY_OR_HASH.split(page.url, maxsplit=1)[0]
        if place != self._place:
            self._place = place
            self._presence.page_names = set()
        return page

    def _present(self) -> tuple[str, str | None]:
        return self._presence.here.session, self._presence.page

    def _append(self, op: str, members: dict[str, Any]) -> None:
        presence, record = self._presence, self._presence.here
        presence.n += 1
        stamp = {
            "v": 1,
            "org": record.org,
            "device": record.device,
            "session": record.session,
            "page": presence.page,
            "started": record.began_ms,
        }
        if self._config.sdk:
            stamp["sdk"] = self._config.sdk
        self._queue.append(stamp, {"op": op, "n": presence.n, "t": self._ports.clock.wall_ms(), **members})
        if op in IDENTITY and self.identity_made is None and presence.page is not None:
            self.identity_made = presence.page, presence.n
