"""How a page stands: what it last saw of who it is, to tell a change by (CL-8), and all that belongs to its page id.

Who the page is to be, `identity` decides from what storage holds. Nothing here reads the record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from passerby_client.activity import Activity
from passerby_client.address import Address
from passerby_client.limits import Limits
from passerby_client.page_names import PageNames
from passerby_client.ports import Capture, Ports, State
from passerby_client.presence import Presence
from passerby_client.record import Record, bound_to
from passerby_client.settings import Settings


class Standing:
    def __init__(
        self,
        ports: Ports,
        settings: Settings,
        presence: Presence,
        activity: Activity,
        address: Address,
        tell: Callable[[str, Any], None],
    ) -> None:
        self._ports = ports
        self._settings = settings
        self._presence = presence
        self._activity = activity
        self._address = address
        self._tell = tell
        self.capture: Capture = "off"
        self.record: Record | None = None
        self.page: str | None = None
        self.uid: str | None = None
        self.told: str | None = None
        """Whom the app last told this page of, present or gone; None after it said nobody."""
        self.is_apart = False
        """Whether the record is this page's alone (ID-15)."""
        self.user_properties: dict[str, Any] = {}
        """What this page was told of the present user."""
        self.n = 0
        self.url: str | None = None
        """The URL at the last `page` operation."""
        self.is_page_due = False
        """Whether the next operation is to have a `page` before it."""
        self.names = PageNames(ports)
        self.limits = Limits(settings.rates, 0)

    @property
    def here(self) -> Record:
        """The record of a page that has begun."""
        assert self.record is not None
        return self.record

    @property
    def state(self) -> State:
        """What CL-8 shows."""
        record = self.record
        return {
            "capture": self.capture,
            "device": record.device if record else None,
            "session": record.session if record else None,
            "page": self.page,
            "uid": self.uid,
            "bound": record is not None and bool(record.bound),
        }

    @property
    def is_unshown(self) -> bool:
        """Whether the first page still waits to be recorded (CL-16)."""
        return self._settings.hold is not None and self.url is None

    def mint_page(self) -> str:
        return self._ports.mint("page")

    def turn(self, at: Record, why: str, *, is_new: bool, uid: str | None = None) -> None:
        """Write `at`, then make it this page's, under a page id of its own (CL-6)."""
        page = self.mint_page()
        self.save(at)
        self._activity.touch(is_beginning=is_new, is_apart=self.is_apart)
        self.enter(at, page, why, uid)

    def enter(self, at: Record | None, page: str | None, why: str, uid: str | None = None) -> None:
        """A page id begins with nothing carried over: no counter, bucket or page property (PV-1)."""
        before = self.record
        is_same = at is not None and before is not None and at.device == before.device
        self.n = 0
        self.is_page_due = True
        self.limits = Limits(self._settings.rates, self._ports.wall_ms())
        self.names.clear()
        if not is_same:
            if at is not None:
                self._presence.take_up(at.device)
            if before is not None:
                self._presence.left.add(before.device)
                self._address.leave(has_shown=self.url is not None)
            if self.uid is not None or self.user_properties:
                self._tell("user", {"user": None})
            self.user_properties = {}
        self._become(at, page, self.uid if is_same else uid, why)
        if at is not None and before is not None and before.session != at.session:
            self.tell_session()

    def go(self, at: Record, why: str) -> None:
        """Go on with `at` on the same device; in another session, with a `page` to come (CL-5)."""
        if self.here.session == at.session:
            self.record = at
            return
        if why == "tab":
            self._activity.forget()
        self.is_page_due = True
        self._become(at, self.page, self.uid, why)
        self.tell_session()

    def proceed(self, at: Record, why: str, *, is_new: bool) -> None:
        """Write `at`, the record of the same device, and go on with it under the same page id."""
        self.save(at)
        self._activity.touch(is_beginning=is_new, is_apart=self.is_apart)
        self.go(at, why)

    def be_told(self, at: Record, uid: str) -> None:
        """The same device, session and page, and whose it is is known; it may be another's than was thought (ID-15)."""
        if self.uid not in (None, uid):
            self.user_properties = {}
        self._become(at, self.page, uid, "identify")

    def save(self, at: Record) -> None:
        if not self.is_apart:
            self._presence.save(at)

    def renew(self) -> bool:
        """Begin the next session if this one is over (SE-1); whether it did."""
        why = self._activity.over(self.here, is_apart=self.is_apart)
        if why is not None:
            self.begin_session(why)
        return why is not None

    def begin_session(self, why: str, pages: int = 1) -> None:
        """A new session on the same device and page."""
        self.proceed(self.renewed(self.here, pages), why, is_new=True)

    def renewed(self, at: Record, pages: int = 1) -> Record:
        return replace(at, session=self._ports.mint("session"), began_ms=self._ports.wall_ms(), pages=pages)

    def bound_of(self, found: Record) -> str:
        """The binding of the device: once seen it stays, whatever a delayed write says (ID-11)."""
        known = self.record.bound if self.record is not None and self.record.device == found.device else ""
        return found.bound or known

    def is_strange(self, found: Record) -> bool:
        """Whether this page was told somebody whose device this is not."""
        if self.told is None or found.bound == bound_to(found.device, self.told):
            return False
        return bool(found.bound) or found.device != self.here.device

    def is_contradicted(self, found: Record) -> bool:
        """Whether storage says of the page's own device that it is another's than this page knows."""
        here = self.here
        return found.device == here.device and bool(found.bound and here.bound) and found.bound != here.bound

    def session_url(self, record: Record) -> str:
        return f"{self._settings.app}/ui/{self._settings.org}/session/{record.device}%3A{record.session}"

    def tell_session(self) -> None:
        if self.capture == "on":
            self._tell("session", {"url": self.session_url(self.here)})

    def _become(self, at: Record | None, page: str | None, uid: str | None, why: str) -> None:
        """Make these the page's own, and say so."""
        before = self.state
        self.record, self.page, self.uid = at, page, uid
        self._ports.changed(before, self.state, why)
