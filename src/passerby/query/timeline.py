"""Timelines: the life of a user's devices as lanes, with every boundary and its reason.

A lane is one device. Its sessions are stays; between them nothing is claimed. A boundary is where identity or a
session changed:

    why          what it is                                                     rule
    -----------  -------------------------------------------------------------  ------
    identify     the device was bound to its user                               ID-2
    anonymize    the user left the device, which is sealed                      ID-6
    reidentify   another user took over, on another device; this one is sealed  ID-5
    forget       a visitor asked to be forgotten; the device is sealed          ID-7
    lost         the device's record was gone; the device is sealed             WI-4
    conflict     somebody else was identified on a page of the device           AT-4.2
    shutdown     capture was shut down                                          SE-3
    timeout      nobody did anything for the idle limit                         SE-1
    age          the session reached the age limit                              SE-1

What changed identity stands where the session's page has it (AT-8). Devices of different users do not belong into one
timeline: nothing says that they have to do with one another (DA-7).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, OrgId, SessionId, Uid, UserId
from passerby.model.device import Instant
from passerby.model.operation import SEALING
from passerby.model.org import Org
from passerby.model.session import Session
from passerby.query.happened import made_at_ms
from passerby.store.contract import Reader

IDENTIFY: Final = "identify"
CONFLICT: Final = "conflict"
RULES: Final = {
    IDENTIFY: "ID-2",
    "anonymize": "ID-6",
    "reidentify": "ID-5",
    "forget": "ID-7",
    "lost": "WI-4",
    CONFLICT: "AT-4.2",
    "shutdown": "SE-3",
    "timeout": "SE-1",
    "age": "SE-1",
}
RELEASING: Final = SEALING
"""The reasons after which a device is sealed."""


class Boundary(msgspec.Struct, frozen=True):
    """Where something changed on a lane, why, and by which rule."""

    at_ms: int
    why: str
    rule: str
    session: SessionId | None


class Stay(msgspec.Struct, frozen=True):
    """One session on a lane, up to when it was last active; `is_open` while it has not ended."""

    session: Session
    until_ms: int
    is_open: bool


class Lane(msgspec.Struct, frozen=True):
    """One device: its stays and boundaries, oldest first.

    `known_since_ms` is when it was bound (None: it is nobody's); `sealed` is where it ends for ever.
    """

    device: DeviceId
    uid: Uid | None
    stays: list[Stay]
    boundaries: list[Boundary]
    known_since_ms: int | None
    sealed: Boundary | None


class Timeline(msgspec.Struct, frozen=True):
    """Lanes, the latest active first. `has_earlier` when sessions were left out for being too many."""

    lanes: list[Lane]
    has_earlier: bool


def timeline_of(reader: Reader, org: Org, user: UserId, now_ms: int, limit: int) -> Timeline:
    """The last `limit` sessions of a person as lanes."""
    return _drawn(reader, org, reader.sessions_of_user(org.id, user, None, limit + 1), now_ms, limit)


def timeline_of_devices(reader: Reader, org: Org, devices: Sequence[DeviceId], now_ms: int, limit: int) -> Timeline:
    """The last `limit` sessions of a few devices as lanes, of which the caller knows that they belong together."""
    return _drawn(reader, org, reader.sessions_of(org.id, devices, None, limit + 1), now_ms, limit)


def _drawn(reader: Reader, org: Org, found: Sequence[Session], now_ms: int, limit: int) -> Timeline:
    lanes: dict[DeviceId, list[Session]] = {}
    for session in found[:limit]:
        lanes.setdefault(session.device, []).append(session)
    drawn = [_lane(reader, org, device, sessions[::-1], now_ms) for device, sessions in lanes.items()]
    return Timeline(drawn, len(found) > limit)


def _lane(reader: Reader, org: Org, device: DeviceId, sessions: list[Session], now_ms: int) -> Lane:
    standing = reader.device(org.id, device)
    bound = _moment(reader, org.id, device, standing.binding.instant) if standing.binding else None
    left = _moment(reader, org.id, device, standing.seal.instant) if standing.seal else None
    stays = [_stay(org, session, bound, left, now_ms) for session in sessions]
    boundaries = [Boundary(*ending, RULES[ending[1]], stay.session.id) for stay, ending in stays if ending is not None]
    if bound is not None and bound.at_ms >= stays[0][0].session.began_at_ms:
        within = [stay.session.id for stay, _ in stays if stay.session.began_at_ms <= bound.at_ms]
        boundaries.append(Boundary(bound.at_ms, IDENTIFY, RULES[IDENTIFY], within[-1]))
    sealed = None
    if standing.seal is not None and left is not None:
        why = standing.seal.why
        ended = next((b for b in boundaries if b.why == why), None)
        sealed = ended or Boundary(left.at_ms, why, RULES[why], None)
        if ended is None:
            boundaries.append(sealed)
    if standing.summary is not None and standing.summary.contradictions:
        boundaries.append(Boundary(standing.summary.contradictions[0].at, CONFLICT, RULES[CONFLICT], None))
    boundaries.sort(key=lambda boundary: boundary.at_ms)
    known_since_ms, uid = bound.at_ms if bound else None, standing.binding.uid if standing.binding else None
    return Lane(device, uid, [stay for stay, _ in stays], boundaries, known_since_ms, sealed)


class _Moment(msgspec.Struct, frozen=True):
    """When something on a device was made (AT-8), and in which session, if it is still kept there."""

    at_ms: int
    session: SessionId | None


def _moment(reader: Reader, org: OrgId, device: DeviceId, instant: Instant) -> _Moment:
    piece = reader.piece_of(org, device, instant)
    if piece is None:
        return _Moment(instant.at, None)
    return _Moment(made_at_ms(reader, org, piece, instant.n), piece.session)


def _stay(
    org: Org, session: Session, bound: _Moment | None, left: _Moment | None, now_ms: int
) -> tuple[Stay, tuple[int, str] | None]:
    """A session up to when it was last active, and how it ended; no later than the moments that fell into it."""
    ending = session.ending(now_ms, org.settings.idle_ms, org.settings.age_ms)
    if bound is not None and bound.session == session.id:
        session = msgspec.structs.replace(session, began_at_ms=min(session.began_at_ms, bound.at_ms))
    if left is not None and left.session == session.id and session.end_why in RELEASING and ending is not None:
        ending = (left.at_ms, ending[1])
        session = msgspec.structs.replace(session, began_at_ms=min(session.began_at_ms, left.at_ms))
    return Stay(session, min(session.active_at_ms, ending[0]) if ending else now_ms, ending is None), ending
