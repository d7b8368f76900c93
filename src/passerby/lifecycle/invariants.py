"""What must be true of any stored world, whatever arrived in whatever order. Tests call this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from passerby.model.bundle import Piece
from passerby.model.device import Device
from passerby.model.operation import Identify


def violations(device: Device, pieces: Iterable[Piece]) -> Iterator[str]:
    """Each way in which `pieces`, all of them kept under `device`, contradict how it stands; names rules, no values."""
    for piece in pieces:
        if piece.device != device.id:
            yield "a piece is kept under another device"
        for op in piece.operations:
            instant = piece.instant(op)
            if device.seal is not None and device.seal.past(instant) and not device.is_bound_by(instant):
                yield "AT-3: an operation is kept past the seal of its device"
            if any(gap.holds(instant) for gap in device.gaps):
                yield "AT-4.1: an operation is kept in a gap of its device"
            if isinstance(op, Identify) and device.binding is None:
                yield "ID-2: an identify is kept under an unbound device"
            if isinstance(op, Identify) and device.binding is not None and device.binding.uid != op.uid:
                yield "ID-1: an identify is kept under a device bound to another uid"
