"""Rows to model and back. Ids are 16-byte blobs in the file and UUID text everywhere else."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid, UserId
from passerby.model.bundle import Origin, Piece
from passerby.model.device import Instant
from passerby.model.member import Admission
from passerby.model.operation import Operation
from passerby.model.outcome import Complaint, Outcome
from passerby.model.properties import Property
from passerby.model.session import Session
from passerby.store.contract import KeptProperty, Person, PieceMark

Row = tuple[Any, ...]


class _Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """Operations and outcomes of a piece; no outcomes means all are `stored`."""

    ops: tuple[Operation, ...]
    outcomes: tuple[Outcome, ...] = ()


_ENCODER: Final = msgspec.json.Encoder()
_BODY: Final = msgspec.json.Decoder(_Body)
_OUTCOMES: Final = msgspec.json.Decoder(tuple[tuple[int, Outcome], ...])


def blob(identifier: str) -> bytes:
    """A UUID as 16 bytes."""
    return bytes.fromhex(identifier.replace("-", ""))


def text(identifier: bytes) -> str:
    """16 bytes as a UUID."""
    h = identifier.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def encoded(value: object) -> bytes:
    """Any record as JSON."""
    return _ENCODER.encode(value)


def piece_row(org: int, piece: Piece) -> Row:
    """The parameters of `keep_piece`."""
    plain = all(outcome is Outcome.STORED for outcome in piece.outcomes)
    instants = [op.at for op in piece.operations]
    return (
        org,
        blob(piece.device),
        blob(piece.session),
        blob(piece.page),
        piece.started,
        piece.offset_ms,
        piece.received_at_ms,
        piece.sdk,
        min(instants),
        max(instants),
        piece.operations[0].n,
        piece.operations[-1].n,
        len(piece.operations),
        _ENCODER.encode(_Body(piece.operations, () if plain else piece.outcomes)),
    )


def piece(row: Row) -> Piece:
    """A piece from `piece, device, session, page, started, offset_ms, received_at_ms, sdk, body`."""
    name, device, session, page, started, offset_ms, received_at_ms, sdk, body = row
    found = _BODY.decode(body)
    return Piece(
        DeviceId(text(device)),
        SessionId(text(session)),
        PageId(text(page)),
        started,
        offset_ms,
        received_at_ms,
        sdk,
        found.ops,
        found.outcomes or (Outcome.STORED,) * len(found.ops),
        row=name,
    )


def piece_mark(row: Row) -> PieceMark:
    """A mark from the columns of `marks_of_session`."""
    name, page, *rest = row
    return PieceMark(name, PageId(text(page)), *rest)


def piece_from(row: Row) -> tuple[Piece, Origin]:
    """A piece with its origin, whose `device_mark, page_mark, hidden` stand behind the piece's columns."""
    return piece(row[:-3]), Origin(*row[-3:])


def outcomes(body: bytes) -> tuple[tuple[int, Outcome], ...]:
    """The outcomes of a receipt's row."""
    return _OUTCOMES.decode(body)


def session(row: Row) -> Session:
    """A session from its row."""
    name, device, *rest = row
    return Session(SessionId(text(name)), DeviceId(text(device)), *rest)


def session_row(org: int, shown: Session, owner: bytes) -> Row:
    """The parameters of `add_to_session`."""
    return (
        org,
        blob(shown.id),
        blob(shown.device),
        owner,
        shown.began_at_ms,
        shown.active_at_ms,
        shown.ended_at_ms,
        shown.end_why,
        shown.operations,
        shown.events,
        shown.pages,
    )


def property_row(org: int, kept: KeptProperty, owner: bytes) -> Row:
    """The parameters of `set_property`."""
    return (
        org,
        blob(kept.device),
        owner,
        kept.property.name,
        kept.property.type,
        encoded(kept.property.value),
        blob(kept.session),
        blob(kept.instant.page),
        kept.instant.n,
        kept.instant.t,
        kept.instant.at,
        kept.instant.offset_ms,
    )


def kept_property(row: Row) -> KeptProperty:
    """A property with its origin from its row."""
    name, kind, value, device, found_session, page, n, t, at_ms, offset_ms = row
    found = Property(name, kind, msgspec.json.decode(value))
    instant = Instant(PageId(text(page)), n, t, at_ms, offset_ms)
    return KeptProperty(found, DeviceId(text(device)), SessionId(text(found_session)), instant)


def person(row: Row) -> Person:
    """A person from their row."""
    name, uid, display_name, email, first_at_ms, last_at_ms = row
    found_uid = None if uid is None else Uid(uid)
    return Person(UserId(text(name)), found_uid, display_name, email, first_at_ms, last_at_ms)


def admission(row: Row) -> Admission:
    """An admission from its row."""
    digest, org, member, role, found_session, made_at_ms, expires_at_ms = row
    shared = None if found_session is None else SessionId(text(found_session))
    return Admission(digest, OrgId(org), member, role, shared, made_at_ms, expires_at_ms)


def complaint_row(org: int, hour_at_ms: int, told: Complaint, is_named: bool) -> Row:
    """The parameters of `add_complaint`; without page and name where there is no room for more kinds."""
    page, name = (told.page, told.name) if is_named else ("", "")
    return (org, hour_at_ms, told.code, told.call, page, told.sdk, name, told.message, told.last_at_ms, told.count)
