"""The identity record in shared storage, as this page reads and writes it (ID-11, ST-1, CL-6).

    found in storage                      what `read` makes of it
    ------------------------------------  ------------------------------------------------------------
    a record of a device never left       that
    a device this page has left           nothing (`returned`); whoever left does not come back
    nothing, or nothing readable          nothing (`lost`)
    what was there when a write failed    what could not be written (RE-2)

Another tab may write between a read and the write that follows from it. So each write and each removal looks again, and
is not made when another device is there by then: what that tab wrote is for the next operation to find.

Of a device that was left nothing is kept but its id, to know it again.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from passerby_client import codes
from passerby_client.ports import Ports
from passerby_client.record import Record, parse
from passerby_client.store import RECORD, Store

Gone = Literal["lost", "returned"]

_NOT_HELD: Final = object()


class Presence:
    def __init__(self, ports: Ports, store: Store, org: str) -> None:
        self._ports = ports
        self._store = store
        self._org = org
        self._held: Any = _NOT_HELD
        self._seen: str | None = None
        """The device that storage had when this page last acted upon it, or that it wrote there since."""
        self.left: set[str] = set()
        self.doubtful: set[str] = set()
        """Devices that this page left when it knew them to be bound: it may come back, if the record says so too."""
        self._stuck_at: Any = _NOT_HELD
        self.why_gone: Gone = "lost"
        """Why `read` last found nothing to go on with."""

    @property
    def is_unwritten(self) -> bool:
        """Whether the record could not be written; what storage held then is held against what it holds later."""
        return self._held is not _NOT_HELD

    @property
    def is_stuck(self) -> bool:
        """Whether storage still keeps what could be neither replaced nor removed (ID-17)."""
        return self._stuck_at is not _NOT_HELD

    def there(self) -> Record | None:
        """What stands in storage, for who only looks."""
        return parse(self._store.read(RECORD), self._org)

    def see(self) -> Record | None:
        """What stands in storage, for who acts upon it."""
        return self._see(self._store.read(RECORD))

    def ask(self, here: Record | None) -> Record | None:
        """What `read` would say, for who only asks: nothing comes of it (SE-5)."""
        text = self._store.read(RECORD)
        if self._held == text:
            return here
        found = parse(text, self._org)
        return found if found and self._is_valid(found) and not self.has_left(found) else None

    def read(self, here: Record | None) -> Record | None:
        """The record to go on with, None when there is none; `here` is the one in memory."""
        text = self._store.read(RECORD)
        found = self._see(text)
        if self._held == text:
            return here
        self._held = _NOT_HELD
        self.why_gone = "lost"
        if text and found is None:
            self._ports.note(codes.FOREIGN_RECORD)
        if found is None or not self._is_valid(found):
            return None
        if not self.has_left(found):
            return found
        self._ports.note(codes.RELEASED_DEVICE_RETURNED)
        self.why_gone = "returned"
        return None

    def save(self, at: Record) -> None:
        self._stuck_at = _NOT_HELD
        if not self._is_as_seen:
            self._held = _NOT_HELD
            return
        if self._store.write(RECORD, str(at), say=False):
            self._held = _NOT_HELD
            self._seen = at.device
            return
        # What is there must not bring anybody back at the next load; a removal needs no room.
        self.remove(say=False)
        self._held = self._store.read(RECORD) if self._is_as_seen else _NOT_HELD
        self._store.fail()

    def disown(self) -> None:
        """A user was let go; what this page cannot see of them is for others to end (ID-17)."""
        self._store.disown()

    def forget(self) -> None:
        """What could not be written is given up: the page goes apart from it, or lets it go."""
        self._held = _NOT_HELD

    def remove(self, *, say: bool = True) -> None:
        self._stuck_at = _NOT_HELD
        if not self._is_as_seen:
            return
        if self._store.write(RECORD, None, say=say):
            self._seen = None
        else:
            self._stuck_at = self._store.read(RECORD)

    def has_left(self, found: Record) -> bool:
        """Whether this page has left that device (ID-11, ID-15)."""
        return found.device in self.left or (found.device in self.doubtful and not found.bound)

    def take_up(self, device: str) -> None:
        """The page goes on with that device: what it remembered of it counts no longer."""
        self.left.discard(device)
        self.doubtful.discard(device)

    def sweep(self, but: str | None = None) -> list[Record]:
        """The bound records that stood in other homes, which hold none from now on; not `but`, and each once (ST-1)."""
        bound: list[Record] = []
        for found in filter(None, (parse(text, self._org) for text in self._store.strays())):
            if found.bound and found.device != but and not self.has_left(found):
                self.left.add(found.device)
                bound.append(found)
        return bound

    def _see(self, text: str | None) -> Record | None:
        if self._stuck_at != text:
            self._stuck_at = _NOT_HELD
        found = parse(text, self._org)
        self._seen = found.device if found else None
        return found

    @property
    def _is_as_seen(self) -> bool:
        found = self.there()
        return (found.device if found else None) == self._seen

    def _is_valid(self, found: Record) -> bool:
        return found.expiry_s * 1000 > self._ports.wall_ms()
