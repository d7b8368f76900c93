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

    def _mark(self, kind: str, text: str) -> str:
        mac = self._key.copy()
        mac.update(f"mark\0{kind}\0{text}".encode())
        return mac.hexdigest()

    def of_uid(self, uid: Uid) -> str:
        """The mark of a uid."""
        return self._mark("uid", uid)

    def of_device(self, device: DeviceId) -> str:
        """The mark of a device."""
        return self._mark("device", device)

    def of_text(self, text: str) -> str:
        """The mark of any text that must be recognised and not kept (AP-3)."""
        return self._mark("text", text)
