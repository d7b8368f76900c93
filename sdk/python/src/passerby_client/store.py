"""Storage as the core sees it: one that may refuse, which is noted once a page load (RE-2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from passerby_client import codes
from passerby_client.json_text import in_utf16
from passerby_client.ports import Storage

RECORD: Final = "fs_uid"
ACTIVITY: Final = "fs_lua"
CONSENT: Final = "fs_cid"
OUTBOX: Final = "fs_out."


class Store:
    def __init__(self, storage: Storage, note: Callable[[str], None]) -> None:
        self._storage = storage
        self._note = note
        self._failed = False

    def read(self, key: str) -> str | None:
        return self._storage.read(key)

    def keys(self, prefix: str) -> list[str]:
        """In the order of the UTF-16 of their names."""
        return sorted(self._storage.keys(prefix), key=in_utf16)

    def strays(self) -> list[str]:
        """What stands in homes that are not in use, and is removed by asking (ST-1)."""
        return list(self._storage.strays())

    def disown(self) -> None:
        """A user was let go (ID-17)."""
        self._storage.disown()

    def write(self, key: str, value: str | None, *, say: bool = True) -> bool:
        """Write, or remove where the value is None; False when storage refuses, which is noted if it is to be said."""
        done = self._storage.write(key, value)
        if not done and say:
            self.fail()
        return done

    def fail(self) -> None:
        """Storage refused something."""
        if not self._failed:
            self._failed = True
            self._note(codes.STORAGE_FAILED)
