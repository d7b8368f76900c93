"""Frames: every device has a time of its own, in which its client times are stored (PV-1.1), and ids of its own.

Within a device all are moved by the same, so that their order and AT-2's one clock stay; across devices nothing can be
compared, so that the exact skew of a browser's clock does not pair two of its devices. When a piece goes to another
device it goes into that device's frame, with its origin hidden, so that it can be brought back (AT-2).
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from passerby.base.ids import DeviceId, PageId, SessionId
from passerby.lifecycle.substitute import Substitutes
from passerby.model.bundle import Bundle, Origin, Piece
from passerby.model.device import Instant
from passerby.model.marks import Marks


class Frames:
    """Moves what was made on one device, as its client names it, to substitutes and back, with an org's secret."""

    def __init__(self, secret: bytes, device: DeviceId) -> None:
        self.device = device
        self.substitutes = Substitutes(secret)
        self.marks = Marks(secret)
        self._secret = secret
        self._own_ms = self.marks.shift_ms(device)

    def taken_in(self, bundle: Bundle) -> Bundle:
        """A bundle of the device as it came, in the device's frame."""
        return msgspec.structs.replace(
            bundle,
            started=bundle.started + self._own_ms,
            sent=bundle.sent + self._own_ms,
            operations=tuple(msgspec.structs.replace(op, t=op.t + self._own_ms) for op in bundle.operations),
        )

    def instant(self, device: DeviceId, instant: Instant) -> Instant:
        """An instant of the device as it is told on `device`."""
        if device == self.device:
            return instant
        by_ms = self.marks.shift_ms(device) - self._own_ms
        page = self.substitutes.page(device, instant.page)
        return msgspec.structs.replace(instant, page=page, t=instant.t + by_ms, offset_ms=instant.offset_ms - by_ms)

    def sent_away(self, piece: Piece, device: DeviceId) -> tuple[Piece, Origin | None]:
        """A piece of the device as it is kept on `device`, and its origin."""
        if device == self.device:
            return piece, None
        session = self.substitutes.session(device, piece.session)
        page = self.substitutes.page(device, piece.page)
        moved = _moved(piece, device, session, page, self.marks.shift_ms(device) - self._own_ms)
        plain = _bytes(piece.session) + _bytes(piece.page)
        hidden = bytes(a ^ b for a, b in zip(plain, self._stream(moved), strict=True))
        marks = self.marks
        return moved, Origin(marks.of_origin(self.device, None), marks.of_origin(self.device, piece.page), hidden)

    def brought_back(self, piece: Piece, origin: Origin) -> Piece:
        """A piece that was sent away, as it would be kept on the device."""
        plain = bytes(a ^ b for a, b in zip(origin.hidden, self._stream(piece), strict=True))
        session, page = SessionId(_text(plain[:16])), PageId(_text(plain[16:]))
        return _moved(piece, self.device, session, page, self._own_ms - self.marks.shift_ms(piece.device))

    def _stream(self, moved: Piece) -> bytes:
        """32 bytes that nobody without the secret and the device can tell, for one session and page of a substitute."""
        key = hmac.digest(self._secret, f"origin\0{self.device}".encode(), hashlib.sha256)
        return hmac.digest(key, f"{moved.device}\0{moved.session}\0{moved.page}".encode(), hashlib.sha256)


def _moved(piece: Piece, device: DeviceId, session: SessionId, page: PageId, by_ms: int) -> Piece:
    return msgspec.structs.replace(
        piece,
        device=device,
        session=session,
        page=page,
        started=piece.started + by_ms,
        offset_ms=piece.offset_ms - by_ms,
        operations=tuple(msgspec.structs.replace(op, t=op.t + by_ms) for op in piece.operations),
    )


def _bytes(identifier: str) -> bytes:
    return bytes.fromhex(identifier.replace("-", ""))


def _text(raw: bytes) -> str:
    h = raw.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
