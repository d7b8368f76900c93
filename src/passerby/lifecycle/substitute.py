"""Substitutes: the ids under which operations are kept that may not go where they claim (AT-3, AT-4, AT-9).

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

    def told(self, device: DeviceId, uid: str, after: int) -> DeviceId:
        """Where goes what pages of `device` were told of the uid of that mark, `after` so many ends (AT-3, AT-4)."""
        return DeviceId(self._uuid("told", device, uid, str(after)))

    def nobodys(self, device: DeviceId, page: PageId, after: int) -> DeviceId:
        """Where goes what is nobody's of a page of `device`, `after` so many ends (AT-3, AT-4)."""
        return DeviceId(self._uuid("nobody", device, page, str(after)))

    def apart(self, device: DeviceId, key: str, page: PageId) -> DeviceId:
        """Where goes what came for a page of `device` with `key`, which is not the device's (AT-9)."""
        return DeviceId(self._uuid("apart", device, key, page))

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


def is_made_here(device: DeviceId) -> bool:
    """Whether the id is one of the server's own, which no client can name (WI-2)."""
    return device[14] == "8"
