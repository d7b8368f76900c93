"""One service a folder: a lock that goes with its process, however that ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from passerby.base.errors import StoreError

if sys.platform != "win32":
    import fcntl

LOCK: Final = "passerby.lock"


class FolderLock:
    """Held from here to `release`. StoreError, which names the process, if somebody else holds it.

    The file stays when the lock is gone; where there is no `fcntl`, nothing is locked.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"cannot lock the data in {folder} ({error.strerror})") from error
        if sys.platform == "win32":
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() or "?"
            os.close(self._file)
            raise StoreError(f"the data in {folder} are in use by process {holder}: stop it first") from error
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let others have it. Idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
