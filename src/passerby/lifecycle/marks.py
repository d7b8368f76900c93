"""Marks: keyed hashes by which somebody is known again after nothing else of them is left (PV-2.2).

Nobody without the org's secret can tell whose a mark is, nor try uids on it.
"""

from __future__ import annotations

import hashlib
import hmac

from passerby.base.ids import DeviceId, Uid


class Marks:
    """Derives marks with one org's secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, digestmod=hashlib.sha256)

    def _mark(self, kind: str, content: bytes) -> str:
        mac = self._key.copy()
        mac.update(f"mark\0{kind}\0".encode() + content)
        return mac.hexdigest()

    def of_uid(self, uid: Uid) -> str:
        """The mark of a uid."""
        return self._mark("uid", uid.encode())

    def of_device(self, device: DeviceId) -> str:
        """The mark of a device."""
        return self._mark("device", device.encode())

    def of_bytes(self, content: bytes) -> str:
        """The mark of anything that must be recognised and not kept (AP-3)."""
        return self._mark("bytes", content)
