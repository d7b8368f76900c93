"""What has been recorded and not yet answered: how it is grouped, kept and sent (QU).

An operation is here from the moment it is recorded until an answer takes it away. Remains of other pages stand before
everything of this one (QU-7). Of the rest of the core it knows nothing; ids and times come to it in stamps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from passerby_client import codes
from passerby_client.config import REMAINS_MS_MAX, Config
from passerby_client.ports import Ports, Request
from passerby_client.remains import bundles_in
from passerby_client.store import OUTBOX, Store

IDENTITY: Final = frozenset({"identify", "end"})
_GIVEN_UP_FIRST: Final = frozenset({"event", "log", "page"})
_GIVEN_UP_NEXT: Final = frozenset({"properties", "consent"})
_WORTH_A_RETRY: Final = frozenset({408, 425, 429})
_TELLS_WHEN: Final = frozenset({429, 503})
_PATH: Final = "/rec/bundle"

Stamp = Mapping[str, Any]
"""The members of an envelope that say whose its operations are (WI-2), in order, without `sent` and `ops`."""


@dataclass(slots=True, eq=False)
class Entry:
    stamp: Stamp
    op: Mapping[str, Any]
    key: str
    """Where it is kept in storage."""
    due: bool = False
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer took away; `refused` are those that the server named as refused: (n, code)."""

    entries: list[Entry]
    accepted: bool
    refused: list[tuple[int, str]]


class Queue:
    def __init__(self, ports: Ports, store: Store, config: Config, answered: Callable[[Answered], None]) -> None:
        self._ports = ports
        self._store = store
        self._config = config
        self._answered = answered
        self._entries: list[Entry] = []
        self._remains: dict[str, str] = {}
        self._kept: set[str] = set()
        self._under_way: dict[str, list[Entry]] = {}
        self._sent = 0
        self._attempts = 0
        self._retrying = False
        self._flush_at_ms: int | None = None
        self._bundle_operations_max = config.bundle_operations_max

    def own(self) -> list[Entry]:
        """What this core recorded itself, oldest first."""
        return [entry for entry in self._entries if entry.key not in self._remains]

    def take_up(self) -> None:
        """What other pages left in storage, to be sent before all of this page's own (QU-7)."""
        found: list[Entry] = []
        for key in self._store.keys(OUTBOX):
            text = self._store.read(key) or ""
            bundles = bundles_in(text)
            if bundles is None:
                self._ports.note(codes.BROKEN_REMAINS)
                self._store.remove(key)
                continue
            entries = [Entry(stamp, op, key, due=True) for stamp, ops in bundles for op in ops]
            if self._now_ms() - max((entry.op["t"] for entry in entries), default=0) >= REMAINS_MS_MAX:
                self._store.remove(key)
                continue
            self._remains[key] = text
            found += entries
        self._entries[:0] = found

    def append(self, stamp: Stamp, op: Mapping[str, Any]) -> None:
        """Record `op`; an identity operation is in storage with the rest of its page when this returns (QU-6)."""
        key = f"{OUTBOX}{stamp['page']}"
        self._entries.append(Entry(stamp, op, key))
        self._make_room(key)
        if op["op"] in IDENTITY:
            self._all_due()
            self._keep(key)

    def _make_room(self, key: str) -> None:
        page = [entry for entry in self._entries if entry.key == key]
        if len(page) <= self._config.queue_operations_max:
            return
        for kinds in (_GIVEN_UP_FIRST, _GIVEN_UP_NEXT):
            for entry in page:
                if entry.op["op"] in kinds:
                    self._entries.remove(entry)
                    self._ports.note(codes.QUEUE_FULL)
                    return

    def pump(self) -> None:
        """Send what is due, if nothing is under way; else see to it that we are woken when it is (QU-3, QU-4)."""
        head = next(self._unsent(), None)
        if head is None or self._under_way or self._retrying:
            self._wake_at(None)
            return
        at_ms = min(head.op["t"], self._now_ms()) + self._config.flush_ms
        if self._flush_at_ms is not None:
            at_ms = min(at_ms, self._flush_at_ms)
        if head.due or at_ms <= self._now_ms():
            self._wake_at(None)
            self._send(head)
        else:
            self._wake_at(at_ms)

    def flush(self) -> None:
        """The timer `flush` is there."""
        self._flush_at_ms = None
        self._all_due()
        self.pump()

    def retry(self) -> None:
        """The timer `retry` is there."""
        self._retrying = False
        self.pump()

    def hurry(self) -> None:
        """The page may be gone in a moment: keep and send all of its own (QU-3, QU-6). Remains are safe already."""
        self._keep_all()
        if self._retrying:
            self._retrying = False
            self._ports.timers.clear("retry")
        self._wake_at(None)
        while head := next((entry for entry in self._unsent() if entry.key not in self._remains), None):
            self._send(head)

    def reply(self, request: str, status: int, headers: Mapping[str, str], body: Any) -> None:
        """The server answered (QU-5)."""
        entries = self._under_way.pop(request, None)
        if entries is None:
            return
        if 200 <= status < 300:
            self._attempts = 0
            refused = [(one["n"], one["code"]) for one in _named(body, "refused")]
            for _, code in refused:
                self._ports.note(codes.REFUSED, code)
            for one in _named(body, "notes"):
                self._ports.note(one["code"], str(one.get("name")))
            self._take_away(Answered(entries, True, refused))
        elif status == 413 and len(entries) > 1:
            self._bundle_operations_max = (len(entries) + 1) // 2
            _back(entries)
        elif 400 <= status < 500 and status not in _WORTH_A_RETRY:
            self._ports.note(codes.BUNDLE_REFUSED)
            self._take_away(Answered(entries, False, []))
        else:
            self._try_again(entries, _retry_after_ms(headers) if status in _TELLS_WHEN else 0)
        self.pump()

    def fail(self, request: str) -> None:
        """No answer came."""
        entries = self._under_way.pop(request, None)
        if entries is not None:
            self._try_again(entries, 0)
            self.pump()

    def _try_again(self, entries: list[Entry], at_least_ms: int) -> None:
        _back(entries)
        self._attempts += 1
        longest_ms = min(self._config.retry_max_ms, self._config.retry_ms * 2 ** min(self._attempts - 1, 32))
        delay_ms = max(int(longest_ms * (0.5 + self._ports.random() / 2)), at_least_ms)
        self._retrying = True
        self._ports.timers.set("retry", self._now_ms() + delay_ms)
        self._keep_all()

    def _take_away(self, answered: Answered) -> None:
        gone = set(map(id, answered.entries))
        self._entries = [entry for entry in self._entries if id(entry) not in gone]
        for key in dict.fromkeys(entry.key for entry in answered.entries):
            self._keep(key)
        self._answered(answered)

    def _keep_all(self) -> None:
        for key in dict.fromkeys(entry.key for entry in self._entries):
            if key not in self._remains:
                self._keep(key)

    def _keep(self, key: str) -> None:
        """Make storage say what is left of `key`: remains as a whole or not at all, our own to the operation."""
        entries = [entry for entry in self._entries if entry.key == key]
        if key in self._remains:
            if not entries and self._store.read(key) == self._remains.pop(key):
                self._store.remove(key)
        elif entries:
            bundles = [{**stamp, "ops": [entry.op for entry in group]} for stamp, group in self._bundles(entries)]
            if self._store.write(key, json.dumps(bundles, separators=(",", ":"))):
                self._kept.add(key)
        elif key in self._kept and self._store.remove(key):
            self._kept.discard(key)

    def _bundles(self, entries: list[Entry]) -> Iterator[tuple[Stamp, list[Entry]]]:
        for _, run in groupby(entries, lambda entry: entry.stamp):
            together = list(run)
            most = self._bundle_operations_max
            for at in range(0, len(together), most):
                yield together[at].stamp, together[at : at + most]

    def _unsent(self) -> Iterator[Entry]:
        return (entry for entry in self._entries if entry.request is None)

    def _all_due(self) -> None:
        for entry in self._unsent():
            entry.due = True

    def _send(self, head: Entry) -> None:
        """Send the bundle that begins with `head`; when one of our own goes, all the rest is to follow (QU-3)."""
        if head.key not in self._remains:
            self._all_due()
        bundle: list[Entry] = []
        for entry in self._entries[self._entries.index(head) :]:
            if entry.request is not None or entry.stamp != head.stamp or len(bundle) == self._bundle_operations_max:
                break
            bundle.append(entry)
        self._sent += 1
        request = f"r{self._sent}"
        for entry in bundle:
            entry.request = request
        self._under_way[request] = bundle
        body = {**head.stamp, "sent": self._now_ms(), "ops": [entry.op for entry in bundle]}
        self._ports.transport.send(Request(request, "POST", _PATH, body))

    def _wake_at(self, at_ms: int | None) -> None:
        if at_ms == self._flush_at_ms:
            return
        self._flush_at_ms = at_ms
        if at_ms is None:
            self._ports.timers.clear("flush")
        else:
            self._ports.timers.set("flush", at_ms)

    def _now_ms(self) -> int:
        return self._ports.clock.wall_ms()


def _back(entries: list[Entry]) -> None:
    for entry in entries:
        entry.request = None
        entry.due = True


def _named(body: Any, member: str) -> list[Mapping[str, Any]]:
    """What a reply says of single operations, if it has that form (WI-6)."""
    listed = body.get(member) if isinstance(body, Mapping) else None
    return [
        found
        for found in (listed if isinstance(listed, list) else [])
        if isinstance(found, Mapping) and isinstance(found.get("n"), int) and isinstance(found.get("code"), str)
    ]


def _retry_after_ms(headers: Mapping[str, str]) -> int:
    for name, value in headers.items():
        if name.lower() == "retry-after" and value.strip().isdecimal():
            return int(value) * 1000
    return 0
