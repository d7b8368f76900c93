"""What has been recorded and not yet answered: how it is grouped, kept and sent (QU).

An operation is here from the moment it is recorded until an answer takes it away. Remains of other pages go before
everything of this one (QU-7). Of the rest of the core it knows nothing; ids and times come to it in stamps.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from passerby_client import codes
from passerby_client.json_text import units
from passerby_client.ports import Ports, Request
from passerby_client.remains import NEVER_GIVEN_UP, Envelope, Remains, take_up, text_of
from passerby_client.settings import Settings
from passerby_client.store import OUTBOX, Store

OUTBOX_CHARS_SMALL: Final = 8192
"""What a page may keep whatever others do (QU-9)."""

_GIVEN_UP_FIRST: Final = frozenset({"event", "log", "page"})
_WORTH_A_RETRY: Final = frozenset({408, 425, 429})
_TELLS_WHEN: Final = frozenset({429, 503})
_RETRY_AFTER: Final = re.compile(r"[ \t]*([0-9]{1,9})[ \t]*")
_RETRY_AFTER_S_MAX: Final = 86_400

Stamp = Mapping[str, Any]
"""The members of an envelope that say whose its operations are (WI-2), in order, without `sent` and `ops`."""


@dataclass(slots=True, eq=False)
class Entry:
    stamp: Stamp
    op: Mapping[str, Any]
    due_at_ms: int
    request: str | None = None
    is_stored: bool | None = None
    """What the server made of it; None until it is answered."""

    @property
    def page(self) -> str:
        page: str = self.stamp["page"]
        return page


class Queue:
    def __init__(self, ports: Ports, store: Store, settings: Settings, answered: Callable[[Entry, bool], None]) -> None:
        self._ports = ports
        self._store = store
        self._settings = settings
        self._answered = answered
        self._remains: list[Remains] = []
        self._under_way: dict[str, int] = {}
        """How many operations each request carried; some may have been given up since."""
        self._sent = 0
        self._attempts = 0
        self._retrying = False
        self._operations_max = math.inf
        """What is known of how many operations a bundle may have, remains too (QU-5)."""
        self.entries: list[Entry] = []
        """What this core recorded itself, oldest first."""

    def take_up(self) -> None:
        """What other pages left in storage, to be sent before all of this page's own (QU-7)."""
        own = {OUTBOX + entry.page for entry in self.entries}
        self._remains += take_up(self._store, self._settings, self._now_ms(), self._ports.note, own.__contains__)

    def append(self, stamp: Stamp, op: Mapping[str, Any]) -> Entry:
        """Record `op`; an identity operation is in storage with the rest of its page when this returns (QU-6)."""
        entry = Entry(stamp, op, op["t"] + self._settings.flush_ms)
        self.entries.append(entry)
        self._make_room(entry.page)
        if op["op"] in NEVER_GIVEN_UP:
            self._all_due()
            self._keep(entry.page)
        return entry

    def pump(self) -> None:
        """Send what is due, if nothing is under way; else see to it that we are woken when it is (QU-3, QU-4)."""
        self._ports.clear_timer("flush")
        if self._retrying or self._under_way:
            return
        if self._remains:
            self._send([self._remains[0]], self._remains[0].next(self._operations_max))
        elif self.entries:
            head = self.entries[0]
            head.due_at_ms = min(head.due_at_ms, self._now_ms() + self._settings.flush_ms)
            if head.due_at_ms > self._now_ms():
                self._ports.set_timer("flush", head.due_at_ms)
                return
            self._all_due()
            bundle = self._bundles(self.entries)[0]
            self._send(bundle, _enveloped(bundle))

    def flush(self) -> None:
        """The timer `flush` is there."""
        self._all_due()

    def retry(self) -> None:
        """The timer `retry` is there."""
        self._retrying = False

    def hurry(self) -> None:
        """The page may be gone in a moment: keep and send all of its own (QU-3, QU-6). Remains are safe already."""
        self._keep_all()
        if all(remains.request for remains in self._remains):
            self._retrying = False
            self._ports.clear_timer("retry")
        for bundle in self._bundles(entry for entry in self.entries if entry.request is None):
            self._send(bundle, _enveloped(bundle), is_leaving=True)
        self._ports.clear_timer("flush")

    def revive(self) -> None:
        """No request that is under way will find an answer any more: what they carry goes again."""
        for request in list(self._under_way):
            self._land(request)

    def reply(self, request: str, status: int, retry_after: str | None, body: Any) -> None:
        """The server answered, or nobody did (0). Only what the service itself says is an answer (QU-5, WI-6, WI-7)."""
        carried = self._under_way.get(request, 0)
        flight = self._land(request)
        if flight is None:
            return
        if 200 <= status < 300 and _is_whole_number(_member(body, "stored")):
            self._attempts = 0
            self._take_away(flight, body)
        elif status == 413 and carried > 1:
            self._operations_max = min(self._operations_max, (carried + 1) // 2)
        elif status == 413 or (_is_refusal(status) and isinstance(_member(body, "code"), str)):
            self._ports.note(codes.BUNDLE_REFUSED)
            self._take_away(flight, None)
        else:
            self._try_again(_retry_after_ms(retry_after) if status in _TELLS_WHEN else 0)

    def _land(self, request: str) -> list[Entry | Remains] | None:
        """What was under way in that request, and is no more; None when nothing was."""
        all_of_it: list[Entry | Remains] = [*self._remains, *self.entries]
        flight = [one for one in all_of_it if one.request == request]
        for one in flight:
            one.request = None
            if isinstance(one, Entry):
                one.due_at_ms = 0
        if request not in self._under_way:
            return None
        del self._under_way[request]
        return flight

    def _try_again(self, at_least_ms: int) -> None:
        longest_ms = min(self._settings.retry_max_ms, self._settings.retry_ms * 2 ** min(self._attempts, 32))
        self._attempts += 1
        delay_ms = max(int(longest_ms * (0.5 + self._ports.random() / 2)), at_least_ms)
        self._keep_all()
        self._retrying = True
        self._ports.set_timer("retry", self._now_ms() + delay_ms)
        self._ports.clear_timer("flush")

    def _take_away(self, flight: list[Entry | Remains], reply: Any) -> None:
        """`flight` was answered; `reply` may say something of single operations. None: all of it was refused."""
        refused = _named(reply, "refused")
        for one in refused:
            self._ports.note(f"{codes.REFUSED}:{one['code']}")
        for one in _named(reply, "notes"):
            name = one.get("name")
            self._ports.note(f"{one['code']}:{name}" if name and isinstance(name, str) else one["code"])
        numbers = {one["n"] for one in refused}
        gone = set(map(id, flight))
        self.entries = [entry for entry in self.entries if id(entry) not in gone]
        for landed in flight:
            if isinstance(landed, Remains):
                self._take_remains_away(landed)
            else:
                self._answered(landed, reply is not None and landed.op["n"] not in numbers)
                if landed is flight[-1]:
                    self._keep(landed.page)

    def _take_remains_away(self, remains: Remains) -> None:
        """One of its bundles was answered; all of it goes from storage with the last, unless somebody changed it."""
        del remains.envelopes[0]
        if not remains.envelopes:
            self._remains.remove(remains)
            if self._store.read(remains.key) == remains.text:
                self._store.write(remains.key, None, say=False)

    def _make_room(self, page: str) -> None:
        mine = self._of(page)
        if len(mine) <= self._settings.queue_operations_max:
            return
        for is_given_up in (_GIVEN_UP_FIRST.__contains__, lambda op: op not in NEVER_GIVEN_UP):
            for entry in mine:
                if is_given_up(entry.op["op"]):
                    self.entries.remove(entry)
                    self._ports.note(codes.QUEUE_FULL)
                    return

    def _keep_all(self) -> None:
        for page in dict.fromkeys(entry.page for entry in self.entries):
            self._keep(page)

    def _keep(self, page: str) -> None:
        """Make storage say what is left of `page`, to the operation; nothing left removes it (QU-6)."""
        key = OUTBOX + page
        if mine := self._of(page):
            self._store.write(key, self._outbox(mine, key))
        elif self._store.read(key) is not None:
            self._store.write(key, None)

    def _outbox(self, mine: list[Entry], own: str) -> str:
        """What is kept of `mine`: where all outboxes together would be too large, identity operations alone (QU-9)."""
        text = self._text_of(mine)
        chars = units(text)
        needed = [entry for entry in mine if entry.op["op"] in NEVER_GIVEN_UP]
        if chars < OUTBOX_CHARS_SMALL or needed == mine:
            return text
        others = sum(units(self._store.read(key) or "") for key in self._store.keys(OUTBOX) if key != own)
        if others + chars <= self._settings.outbox_chars_max:
            return text
        self._ports.note(codes.OUTBOX_FULL)
        return self._text_of(needed)

    def _text_of(self, mine: list[Entry]) -> str:
        return text_of([_enveloped(bundle) for bundle in self._bundles(mine)])

    def _of(self, page: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.page == page]

    def _bundles(self, entries: Iterable[Entry]) -> list[list[Entry]]:
        """Runs under one page and session, and so one device, each within a bundle's bound (QU-2)."""
        found: list[list[Entry]] = []
        most = min(self._settings.bundle_operations_max, self._operations_max)
        for entry in entries:
            last = found[-1] if found else []
            if last and len(last) < most and _is_together(last[0], entry):
                last.append(entry)
            else:
                found.append([entry])
        return found

    def _all_due(self) -> None:
        for entry in self.entries:
            entry.due_at_ms = 0

    def _send(self, flight: Iterable[Entry | Remains], envelope: Envelope, *, is_leaving: bool = False) -> None:
        self._sent += 1
        request = f"r{self._sent}"
        for one in flight:
            one.request = request
        self._under_way[request] = len(envelope["ops"])
        self._ports.send(Request(request, {**envelope, "sent": self._now_ms()}, is_leaving))

    def _now_ms(self) -> int:
        return self._ports.wall_ms()


def _enveloped(bundle: list[Entry]) -> Envelope:
    """A bundle as it is kept; `sent` is added when it travels (WI-2)."""
    return {**bundle[0].stamp, "ops": [entry.op for entry in bundle]}


def _is_together(one: Entry, other: Entry) -> bool:
    return one.page == other.page and one.stamp["session"] == other.stamp["session"]


def _is_refusal(status: int) -> bool:
    return 400 <= status < 500 and status not in _WORTH_A_RETRY


def _is_whole_number(found: Any) -> bool:
    return not isinstance(found, bool) and (isinstance(found, int) or (isinstance(found, float) and found.is_integer()))


def _member(body: Any, name: str) -> Any:
    return body.get(name) if isinstance(body, Mapping) else None


def _named(reply: Any, member: str) -> list[Mapping[str, Any]]:
    """What a reply says of single operations, if it has that form (WI-6)."""
    listed = _member(reply, member)
    found = listed if isinstance(listed, list) else []
    return [one for one in found if isinstance(one, Mapping) and _is_named(one)]


def _is_named(one: Mapping[str, Any]) -> bool:
    return _is_whole_number(one.get("n")) and one["n"] >= 0 and isinstance(one.get("code"), str)


def _retry_after_ms(text: str | None) -> int:
    """What the header says, a day at most."""
    found = _RETRY_AFTER.fullmatch(text) if isinstance(text, str) else None
    return min(int(found[1]), _RETRY_AFTER_S_MAX) * 1000 if found else 0
