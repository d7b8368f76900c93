"""Placing: from whose an operation is to where it is kept.

*Home* is the device itself. It keeps the lane of its binding, which was written once (ID-1), or while it is unbound the
anonymous one. Every other lane is kept under a substitute: what pages were told of somebody under one that is bound to
them, what is nobody's under one that never is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from passerby.base.ids import DeviceId, PageId, SessionId
from passerby.lifecycle.frames import Frames
from passerby.lifecycle.plan import ANONYMOUS, Known, Lane, ends_before, outcome_of, seal_of
from passerby.model.bundle import Bundle, Piece
from passerby.model.device import Binding, Device, Seal
from passerby.model.effect import Keep
from passerby.model.operation import SEALING, End, Identify, Operation, Unproved
from passerby.model.outcome import Outcome


class Placed(msgspec.Struct, frozen=True):
    """An operation, in its session of the device it was reported for, where it is kept, and its outcome."""

    session: SessionId
    operation: Operation
    lane: Lane
    device: DeviceId
    outcome: Outcome


class Places:
    """Where the lanes of one device are kept, as it stands."""

    def __init__(self, device: Device, known: Known, frames: Frames) -> None:
        self._device = device
        self._known = known
        self._frames = frames
        self._home = _home_of(device, known, frames)

    def is_home(self, lane: Lane) -> bool:
        """Whether a lane is kept under the device itself."""
        home = self._home
        return (lane.uid, lane.after, lane.page, lane.is_late) == (home.uid, home.after, home.page, home.is_late)

    def device_of(self, lane: Lane, page: PageId) -> DeviceId:
        """The device under which an operation of `page` in `lane` is kept."""
        if self.is_home(lane):
            return self._device.id
        if lane.uid is not None:
            return self._frames.substitutes.told(self._device.id, lane.uid, lane.after)
        return self._frames.substitutes.nobodys(self._device.id, page, lane.after)

    def seal_of(self, lane: Lane, device: DeviceId) -> Seal | None:
        """Where a lane, which is kept under `device`, ends."""
        if lane.uid is not None:
            end = seal_of(self._known.ends_of(lane.uid), lane.after)
        else:
            end = next(iter(self._known.summary.ends), None) if self.is_home(lane) else None
        return Seal(self._frames.instant(device, end.instant), end.why) if end else None

    def home_seal(self) -> Seal | None:
        """Where the device itself ends."""
        return self.seal_of(self._home, self._device.id)

    def outcome_of(self, lane: Lane, operation: Operation, binding: Binding | None) -> Outcome:
        """What became of an operation that is new; `binding` is the device's, if it was unbound before."""
        told = outcome_of(lane, self.is_home(lane))
        match operation:
            case Unproved(outcome=outcome):
                return Outcome(outcome)
            case _ if lane.is_late:
                return Outcome.ERASED
            case Identify(n=n) if self.is_home(lane):
                return Outcome.BOUND if binding is not None and binding.instant.n == n else Outcome.SAME_USER
            case Identify() if told is not Outcome.BLEED:
                owner = self._known.summary.owner
                return Outcome.SAME_USER if owner and owner.uid == lane.uid else Outcome.CONFLICT
            case End(why=why) if why in SEALING and told is not Outcome.BLEED:
                return Outcome.SEALED
            case _:
                return told


def _home_of(device: Device, known: Known, frames: Frames) -> Lane:
    if device.binding is None:
        return ANONYMOUS
    uid = frames.marks.of_uid(device.binding.uid)
    return Lane(uid, ends_before(device.binding.instant, known.ends_of(uid)))


def keeps(origin: Bundle | Piece, placed: Sequence[Placed], frames: Frames) -> Iterator[Keep]:
    """Operations of `origin`, which is of the frames' device, as pieces, one for each run that goes to one place."""
    for (device, session), run in groupby(placed, lambda one: (one.device, one.session)):
        together = list(run)
        piece = Piece(
            frames.device,
            session,
            origin.page,
            origin.started,
            origin.offset_ms,
            origin.received_at_ms,
            origin.sdk,
            tuple(one.operation for one in together),
            tuple(one.outcome for one in together),
        )
        yield Keep(*frames.sent_away(piece, device))
