"""How an operation comes about: under which stamp, after which `page` (QU-1, CL-4, CL-5), and what waits (CL-16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from passerby_client.address import Address
from passerby_client.ports import Page, Ports
from passerby_client.queue import Entry, Queue, Stamp
from passerby_client.record import Record
from passerby_client.settings import Settings
from passerby_client.standing import Standing

SOURCE_CHARS_MAX: Final = 64

Work = Callable[[], object]


class Recorder:
    def __init__(self, ports: Ports, settings: Settings, standing: Standing, address: Address, queue: Queue) -> None:
        self._ports = ports
        self._settings = settings
        self._standing = standing
        self._address = address
        self._queue = queue
        self._waiting: list[tuple[Work, int]] | None = None
        self._made_at_ms: int | None = None
        self.looked_at: str | None = None
        """The URL at the last look around for a `page`, recorded or waiting."""
        self.identity_made: Entry | None = None
        """The last `end`, or else the first `identify`, recorded since it was last said that one is expected."""

    def expect_identity(self) -> None:
        self.identity_made = None

    def record(self, op: str, source: Any = None, **members: Any) -> None:
        """Record an operation of the page's present device and session, after the `page` it happens on.

        An `end` asks for no `page` before it (CL-4).
        """
        standing = self._standing
        if op == "page":
            standing.url = self._ports.page().url
            standing.is_page_due = False
        elif standing.is_page_due and op != "end":
            self.record_page()
        if source and isinstance(source, str):
            members["source"] = source[:SOURCE_CHARS_MAX]
        standing.n += 1
        at_ms = self._ports.wall_ms() if self._made_at_ms is None else self._made_at_ms
        stamp = self._stamp(standing.here, standing.page or "")
        entry = self._queue.append(stamp, {"op": op, "n": standing.n, "t": at_ms, **members})
        if op == "end" or (op == "identify" and self.identity_made is None):
            self.identity_made = entry

    def record_page(self) -> None:
        self._record_page_at(self._look())

    def end_lost(self, at: Record) -> None:
        """End a device that stood in a home not in use, as its own user's (ST-1)."""
        stamp = self._stamp(at, self._standing.mint_page())
        self._queue.append(stamp, {"op": "end", "n": 1, "t": self._ports.wall_ms(), "why": "lost"})

    @property
    def is_waiting(self) -> bool:
        """Whether it is not known yet who is there, and so everything waits."""
        return self._waiting is not None

    def begin_to_wait(self) -> None:
        self._waiting = []

    def wait(self, work: Work) -> bool:
        """Keep `work` until it is known who is there; False when that has not to be waited for."""
        if self._waiting is None:
            return False
        self._waiting.append((work, self._ports.wall_ms()))
        return True

    def wait_to_record_page(self) -> None:
        """As `wait`, with the `page` as it is now; on another device by then, the page was not referred to."""
        page, device = self._look(), self._standing.here.device
        away = replace(page, referrer=None)
        self.wait(lambda: self._record_page_at(page if self._standing.here.device == device else away))

    def go_on(self) -> None:
        """The page has spoken of somebody, or waits no longer: what waited is done, as made when it was."""
        waited, self._waiting = self._waiting or [], None
        for work, at_ms in waited:
            self._made_at_ms = at_ms
            work()
        self._made_at_ms = None

    def _look(self) -> Page:
        self.looked_at = self._ports.page().url
        return self._address.look()

    def _record_page_at(self, page: Page) -> None:
        members = {"url": page.url, "title": page.title, "referrer": page.referrer}
        self.record("page", **{name: value for name, value in members.items() if value is not None})

    def _stamp(self, at: Record, page: str) -> Stamp:
        stamp: dict[str, Any] = {
            "v": 1,
            "org": self._settings.org,
            "device": at.device,
            "session": at.session,
            "page": page,
            "started": at.began_ms,
        }
        if at.key:
            stamp["key"] = at.key
        if self._settings.sdk:
            stamp["sdk"] = self._settings.sdk
        return stamp
