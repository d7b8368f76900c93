"""Who this page is: the record it shares with every other page of its browser, and the page id that is its own.

The record has one home, in storage, and is read there at every operation (ID-11). What this page held before is kept
only to notice that somebody changed it:

    in storage                      the page
    ------------------------------  -------------------------------------------------------------------
    its device, its session         goes on
    its device, another session     goes on in that session (tab)
    another device                  goes over to it under a new page id (tab)
    a device that it has left       mints a fresh one (returned)
    no usable record                mints a fresh one (lost)
    what was there when the record  goes on in memory, and tries to write again (RE-2)
    could not be written

Of a device that was left nothing is kept but its id, to know it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Literal

from passerby_client import codes
from passerby_client.config import Config
from passerby_client.limits import Limits
from passerby_client.ports import Ports, What
from passerby_client.record import YEAR_S, Record, bound_to, parse, whole_second
from passerby_client.store import ACTIVITY, RECORD, Store

Gone = Literal["lost", "returned"]

_ACTIVITY: Final = re.compile(r"1\.([0-9]+)")
_WHATS: Final[tuple[What, ...]] = ("device", "session", "page", "uid")


class Presence:
    def __init__(self, ports: Ports, store: Store, config: Config, tell: Callable[[str, Any], None]) -> None:
        self._ports = ports
        self._store = store
        self._config = config
        self._tell = tell
        self._seen: str | None = None
        self._unwritten = False
        self._left: set[str] = set()
        self._active_at_ms = 0
        self._user_went = False
        self.shown: dict[str, str | None] = dict.fromkeys(_WHATS)
        self.record: Record | None = None
        self.page: str | None = None
        self.uid: str | None = None
        self.user_properties: dict[str, Any] = {}
        self.n = 0
        self.limits = Limits(config.rates, ports.clock.wall_ms())
        self.page_names: set[str] = set()

    @property
    def here(self) -> Record:
        """The record of a page that has begun."""
        assert self.record is not None
        return self.record

    def begin(self) -> None:
        """Take up the record in storage, or mint one (CL-3)."""
        found = self._found()
        if not isinstance(found, Record):
            self.mint("start")
        else:
            self._load(found, "start")

    def resume(self) -> None:
        """Go on after a shutdown (SE-3)."""
        found = self._found()
        if not isinstance(found, Record) or self._bound(found):
            self.mint("restart")
            return
        if self.record is not None and found.device != self.record.device:
            self._leave()
        self._load(found, "restart")

    def _load(self, found: Record, why: str) -> None:
        self.record = found
        fresh = self.past_limit() is not None
        if fresh:
            self.record = self._with_session(pages=1)
        else:
            self.record = replace(found, pages=found.pages + 1)
        if self.page is None:
            self._mint_page()
        self._write()
        self.touch(session_began=fresh)
        self._show(why)

    def follow(self) -> None:
        """Make good what other pages changed, before anything is done on what this one remembers (ID-11)."""
        found = self._found()
        held = self.here
        if not isinstance(found, Record):
            self.mint(found)
        elif found.device != held.device:
            self._leave()
            self.record = found
            self._mint_page()
            self._show("tab")
        else:
            if found.session != held.session:
                self._active_at_ms = 0
            self.record = replace(found, bound=self._bound(found))
            if self._unwritten or self.record != found:
                self._write()
            self._show("tab")

    def guard(self) -> None:
        """A device that this page has left, and another wrote back, is not there for the next load to find (ID-11)."""
        if self._look(self._store.read(RECORD)) == "returned":
            self.follow()

    def stored(self) -> Record | None:
        """The record as it stands in storage now, if it is one that this page may go on with. Changes nothing."""
        found = self._look(self._store.read(RECORD))
        return found if isinstance(found, Record) else None

    def _found(self) -> Record | Gone:
        text = self._store.read(RECORD)
        found = self._look(text)
        self._unwritten = self._unwritten and text == self._seen
        self._seen = text
        if found == "returned":
            self._ports.note(codes.RELEASED_DEVICE_RETURNED)
        elif found == "lost" and text and parse(text, self._config.org) is None:
            self._ports.note(codes.FOREIGN_RECORD)
        return found

    def _look(self, text: str | None) -> Record | Gone:
        if self._unwritten and text == self._seen:
            return self.here
        found = parse(text or "", self._config.org)
        if found is None or found.expiry_s * 1000 <= self._now_ms():
            return "lost"
        return "returned" if found.device in self._left else found

    def _bound(self, found: Record) -> str:
        """The binding of the device: once seen it stays, whatever a delayed write says (ID-11)."""
        if self.record is not None and self.record.device == found.device and self.record.bound:
            return self.record.bound
        return found.bound

    def mint(self, why: str, uid: str | None = None) -> None:
        """A new device, session and page in place of any there were; bound to `uid` if that is given (CL-6)."""
        self._leave()
        now_ms = self._now_ms()
        device, session = self._ports.ids.mint("device"), self._ports.ids.mint("session")
        bound = "" if uid is None else bound_to(device, uid)
        began_ms = whole_second(now_ms)
        self.record = Record(self._config.org, device, session, began_ms, 1, began_ms // 1000 + YEAR_S, bound)
        self._mint_page()
        self.uid = uid
        self._write()
        self.touch(session_began=True)
        self._show(why)

    def bind(self, uid: str) -> None:
        """The device is `uid`'s from now on, in storage too (ID-2), or was already (ID-4)."""
        if not self.here.belongs_to(uid):
            self.record = replace(self.here, bound=bound_to(self.here.device, uid))
            self._write()
        self.uid = uid
        self._show("identify")

    def begin_session(self, why: str, pages: int = 1) -> None:
        """A new session on the same device and page."""
        self.record = self._with_session(pages)
        self._write()
        self.touch(session_began=True)
        self._show(why)

    def release(self, *, force: bool) -> bool:
        """Let go of the identity in storage while nothing is captured (SE-3). Whether there was one to let go.

        One that this page has left is let go again: what storage keeps the next load takes up. What this page holds
        goes too, unless it is an unbound device that is there still.
        """
        text = self._store.read(RECORD)
        found = self.record if self._unwritten and text == self._seen else parse(text or "", self._config.org)
        bound = found is not None and bool(self._bound(found))
        released = found is not None and (bound or force)
        if found is not None and released:
            self._left.add(found.device)
            self._store.remove(RECORD)
            self._store.remove(ACTIVITY)
        if released or found is None or (self.record is not None and self.record.device != found.device):
            self._leave()
            self.record = None
            self._show("forget" if released and not bound else "anonymize")
        return released

    def past_limit(self) -> Literal["idle", "age"] | None:
        """Which limit of SE-1 the session has reached; of two, the one it reached first."""
        record = self.here
        active_at_ms = max(record.began_ms, self._active_at_ms, self._stored_activity_ms() or 0)
        idle_at_ms = active_at_ms + self._config.idle_ms
        age_at_ms = record.began_ms + self._config.age_ms
        if self._now_ms() < min(idle_at_ms, age_at_ms):
            return None
        return "age" if age_at_ms <= idle_at_ms else "idle"

    def touch(self, *, session_began: bool = False) -> None:
        """The user did something just now (SE-1, ST-4)."""
        now_ms = self._now_ms()
        self._active_at_ms = now_ms
        stored_ms = self._stored_activity_ms()
        if session_began or stored_ms is None or now_ms - stored_ms >= self._config.activity_write_ms:
            self._store.write(ACTIVITY, f"1.{whole_second(now_ms) if session_began else now_ms}")

    def session_url(self, record: Record) -> str:
        return f"{self._config.app}/ui/{record.org}/session/{record.device}%3A{record.session}"

    def _stored_activity_ms(self) -> int | None:
        found = _ACTIVITY.fullmatch(self._store.read(ACTIVITY) or "")
        return int(found[1]) if found else None

    def _with_session(self, pages: int) -> Record:
        return replace(self.here, session=self._ports.ids.mint("session"), began_ms=self._now_ms(), pages=pages)

    def _mint_page(self) -> None:
        """A page id, and all that belongs to one, anew."""
        self.page = self._ports.ids.mint("page")
        self.n = 0
        self.page_names = set()
        self.limits = Limits(self._config.rates, self._now_ms())

    def _leave(self) -> None:
        if self.record is not None:
            self._left.add(self.record.device)
        self._user_went = self.uid is not None or bool(self.user_properties)
        self.page = self.uid = None
        self.user_properties = {}
        self._active_at_ms = 0
        self._unwritten = False

    def _write(self) -> None:
        """Write the record, unless somebody put another device there since it was read (ID-11)."""
        stored = self._store.read(RECORD)
        if self._device_in(stored) != self._device_in(self._seen):
            return
        text = str(self.here)
        self._unwritten = not self._store.write(RECORD, text)
        if self._unwritten:
            # What is there must not bring anybody back at the next start; a removal needs no room.
            self._store.remove(RECORD)
        self._seen = self._store.read(RECORD) if self._unwritten else text

    def _device_in(self, text: str | None) -> str | None:
        found = parse(text or "", self._config.org)
        return found.device if found else None

    def _show(self, why: str) -> None:
        """Tell what changed since it was last told: `changed` in the order of CL-1, then observers (CL-7)."""
        device, session = (self.record.device, self.record.session) if self.record else (None, None)
        now: dict[str, str | None] = {"device": device, "session": session, "page": self.page, "uid": self.uid}
        before, self.shown = self.shown, now
        for what in _WHATS:
            if before[what] != now[what]:
                self._ports.changed(what, before[what], now[what], why)
        if self.record is not None and why != "shutdown":
            url = self.session_url(self.record)
            if why in ("start", "restart"):
                self._tell("start", {"sessionUrl": url})
            if why in ("start", "restart") or before["session"] != session:
                self._tell("session", {"url": url})
        if self._user_went and self.uid is None:
            self._tell("user", {"user": None})
        self._user_went = False

    def _now_ms(self) -> int:
        return self._ports.clock.wall_ms()
