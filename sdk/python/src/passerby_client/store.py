"""Storage as the core sees it: one that may refuse, which is noted once a page load (RE-2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from passerby_client import codes
from passerby_client.ports import Storage

RECORD: Final = "fs_uid"
ACTIVITY: Final = "fs_lua"
CONSENT: Final = "fs_cid"
OUTBOX: Final = "fs_out."


class Store:
    def __init__(self, storage: Storage, note: Callable[..., None]) -> None:
        self._storage = storage
        self._note = note
        self._failed = False

    def read(self, key: str) -> str | None:
        return self._storage.read(key)

    def keys(self, prefix: str) -> list[str]:
        """In the order of their names."""
        return sorted(self._storage.keys(prefix))

    def strays(self) -> list[str]:
        """What stands in homes that are not in use, and is removed by asking (ST-1)."""
        return list(self._storage.strays())

    def disown(self) -> None:
        """A user was let go (ID-17)."""
        self._storage.disown()

    def write(self, key: str, value: str, *, say: bool = True) -> bool:
        return self._checked(self._storage.write(key, value), say)

    def remove(self, key: str, *, say: bool = True) -> bool:
        return self._checked(self._storage.remove(key), say)

    def fail(self) -> None:
        """Storage refused something."""
        if not self._failed:
            self._failed = True
            self._note(codes.STORAGE_FAILED)

    def _checked(self, done: bool, say: bool) -> bool:
        if not done and say:
            self.fail()
        return done
