"""Marks: keyed hashes by which something is known again that is not kept itself (PV-2.2, AT-3, AT-9).

Nobody without the org's secret can tell whose a mark is, nor try uids on it.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import Final

from passerby.base.ids import DeviceId, PageId, Uid

_SHIFT_BITS: Final = 35


class Marks:
    """Derives marks with one org's secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, digestmod=hashlib.sha256)

    def _digest(self, kind: str, content: bytes) -> bytes:
        mac = self._key.copy()
        mac.update(f"mark\0{kind}\0".encode() + content)
        return mac.digest()

    def _mark(self, kind: str, content: bytes) -> str:
        return self._digest(kind, content).hex()

    def of_uid(self, uid: Uid) -> str:
        """The mark of a uid."""
        return self._mark("uid", uid.encode())

    def of_device(self, device: DeviceId) -> str:
        """The mark of a device."""
        return self._mark("device", device.encode())

    def of_bytes(self, content: bytes) -> str:
        """The mark of anything that must be recognised and not kept (AP-3)."""
        return self._mark("bytes", content)

    def name_of_erasure(self, device: DeviceId) -> str:
        """The id of the erasure of a device that nobody asked for by name (PV-2.2): a UUID, as of any other."""
        return str(uuid.UUID(bytes=self._digest("erasure", device.encode())[:16], version=4))

    def of_key(self, device: DeviceId, key: str) -> bytes:
        """The mark of a device's key, which is another on another device (AT-9)."""
        return self._digest("key", f"{device}\0{key}".encode())

    def of_origin(self, device: DeviceId, page: PageId | None) -> bytes:
        """The mark of a device, or of a page on it, as the origin of pieces kept elsewhere (AT-3)."""
        return self._digest("origin", f"{device}\0{page or ''}".encode())

    def shift_ms(self, device: DeviceId) -> int:
        """By how much the client times of a device are moved before they are stored: 0 to 2^35 ms (PV-1.1).

        All by the same, so that they can be compared among themselves, and with no other device's.
        """
        return int.from_bytes(self._digest("shift", device.encode())[:8]) >> (64 - _SHIFT_BITS)
