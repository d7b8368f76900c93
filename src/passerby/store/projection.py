"""What serves reading, computed from a piece: one computation for every engine and for `rebuild`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

import msgspec

from passerby.base.ids import DeviceId, SessionId, Uid, UserId
from passerby.model.bundle import Piece
from passerby.model.device import Instant
from passerby.model.operation import End, Event, Identify, Page, SetProperties
from passerby.model.session import Session
from passerby.store.contract import KeptProperty


def user_id(secret: bytes, uid: Uid) -> UserId:
    """The name of a uid's user in the API: a keyed hash, so that a rebuild finds the same."""
    h = hmac.new(secret, b"user\0" + uid.encode(), hashlib.sha256).hexdigest()
    return UserId(f"{h[:8]}-{h[8:12]}-8{h[13:16]}-8{h[17:20]}-{h[20:32]}")


def session_of(piece: Piece) -> Session:
    """The session as this piece alone shows it."""
    operations = piece.operations
    end = next((op for op in reversed(operations) if isinstance(op, End)), None)
    return Session(
        piece.session,
        piece.device,
        began_at_ms=min(op.at for op in operations),
        active_at_ms=max(op.at for op in operations),
        ended_at_ms=end.at if end else None,
        end_why=end.why if end else None,
        operations=len(operations),
        events=sum(isinstance(op, Event) for op in operations),
        pages=sum(isinstance(op, Page) for op in operations),
    )


def joined(one: Session, other: Session) -> Session:
    """What two pieces show together. Of two ends the earlier stands, so that order does not matter."""
    ends = [(s.ended_at_ms, s.end_why) for s in (one, other) if s.ended_at_ms is not None and s.end_why]
    ended_at_ms, end_why = min(ends) if ends else (None, None)
    return msgspec.structs.replace(
        one,
        began_at_ms=min(one.began_at_ms, other.began_at_ms),
        active_at_ms=max(one.active_at_ms, other.active_at_ms),
        ended_at_ms=ended_at_ms,
        end_why=end_why,
        operations=one.operations + other.operations,
        events=one.events + other.events,
        pages=one.pages + other.pages,
    )


def user_properties(piece: Piece) -> list[KeptProperty]:
    """The user properties that this piece sets, in its order."""
    return [
        KeptProperty(property_, piece.device, piece.session, Instant(piece.page, op.n, op.t, op.at, piece.offset_ms))
        for op in piece.operations
        if isinstance(op, Identify) or (isinstance(op, SetProperties) and op.type == "user")
        for property_ in op.properties
    ]


def stands_against(kept: KeptProperty, other: KeptProperty) -> bool:
    """Whether `kept` has the value, of two of one name (PR-2). Of the very same instant either has."""
    if kept.device == other.device:
        if kept.instant.before(other.instant):
            return False
        if other.instant.before(kept.instant):
            return True
    return _place(kept) >= _place(other)


def standing(properties: Iterable[KeptProperty]) -> dict[str, KeptProperty]:
    """The value that stands of each name."""
    last: dict[str, KeptProperty] = {}
    for kept in properties:
        known = last.get(kept.property.name)
        if known is None or stands_against(kept, known):
            last[kept.property.name] = kept
    return last


def _place(kept: KeptProperty) -> tuple[int, int, DeviceId, SessionId]:
    return (kept.instant.at, kept.instant.n, kept.device, kept.session)


def identifies(piece: Piece) -> bool:
    """Whether it holds an identify, after which a person may have another name."""
    return any(isinstance(op, Identify) for op in piece.operations)
