"""What must be true of any stored world, whatever arrived in whatever order. Tests call this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from passerby.lifecycle.substitute import is_made_here
from passerby.model.bundle import Piece
from passerby.model.device import Device
from passerby.model.operation import Identify, Unproved
from passerby.model.outcome import Outcome


def violations(device: Device, pieces: Iterable[Piece]) -> Iterator[str]:
    """Each way in which `pieces`, all of them kept under `device`, contradict how it stands; names rules, no values.

    Under clocks that differ a seal is one of several ends that cannot be put in one order: so only a simple device is
    held to its seal here. What a troubled one keeps is held against the rules themselves in `tests/lifecycle`.
    """
    is_plain = device.summary is None and not is_made_here(device.id)
    for piece in pieces:
        if piece.device != device.id:
            yield "a piece is kept under another device"
        for op, outcome in zip(piece.operations, piece.outcomes, strict=True):
            if is_plain and device.seal is not None and device.seal.past(piece.instant(op)):
                yield "AT-3: an operation is kept past the seal of its device"
            if isinstance(op, Unproved) and device.binding is not None:
                yield "AT-10: a claim without proof is kept under somebody's device"
            if not isinstance(op, Identify):
                continue
            if outcome is Outcome.APART:
                if device.binding is not None:
                    yield "AT-9: what was kept apart is bound"
            elif device.binding is None:
                yield "ID-2: an identify is kept under an unbound device"
            elif device.binding.uid != op.uid:
                yield "ID-1: an identify is kept under a device bound to another uid"
