"""Substitutes: the ids under which operations are kept that may not go where they claim (AT-3).

They are keyed hashes, so that the same input always goes to the same place in any order of arrival, and so that nobody
without the org's secret can tell that a substitute and the device it stands in for ever had to do with one another.
"""

from __future__ import annotations

import hashlib
import hmac

from passerby.base.ids import DeviceId, PageId, SessionId, Uid


class Substitutes:
    """Derives ids with one org's secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, digestmod=hashlib.sha256)

    def _uuid(self, *parts: str) -> str:
        mac = self._key.copy()
        mac.update("\0".join(parts).encode())
        raw = bytearray(mac.digest()[:16])
        raw[6] = raw[6] & 0x0F | 0x80
        raw[8] = raw[8] & 0x3F | 0x80
        h = raw.hex()
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"

    def after(self, device: DeviceId) -> DeviceId:
        """Where goes what was made on `device` past its seal."""
        return DeviceId(self._uuid("after", device))

    def earlier(self, device: DeviceId, uid: Uid | None) -> DeviceId:
        """Where goes what `uid` (None: nobody known) did on `device` before its binding (AT-4.1)."""
        return DeviceId(self._uuid("earlier", device, "" if uid is None else f"u{uid}"))

    def nobody(self, device: DeviceId) -> DeviceId:
        """Where goes what has passed through too many substitutes, of which `device` is the last."""
        return DeviceId(self._uuid("nobody", device))

    def server(self, uid: Uid, erased_at_ms: int | None) -> DeviceId:
        """Where goes what a customer's server reports of `uid`; another one after each erasure (AP-4, PV-2.2)."""
        return DeviceId(self._uuid("server", "" if erased_at_ms is None else str(erased_at_ms), uid))

    def session(self, device: DeviceId, session: SessionId) -> SessionId:
        """`session` as it is called on `device`, which is a substitute or was not the first to name it (AT-1)."""
        return SessionId(self._uuid("session", device, session))

    def page(self, device: DeviceId, page: PageId) -> PageId:
        """`page` as it is called on the substitute `device`."""
        return PageId(self._uuid("page", device, page))

    def aged(self, device: DeviceId, session: SessionId, ages: int) -> SessionId:
        """The successor of `session` on `device` after `ages` whole age limits (SE-1.1)."""
        return SessionId(self._uuid("aged", device, session, str(ages)))
