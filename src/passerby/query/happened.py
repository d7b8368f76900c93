"""What happened, in the order in which it was made (AT-8)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

import msgspec

from passerby.base.ids import DeviceId
from passerby.model.bundle import Piece
from passerby.model.device import SAME_CLOCK_MS
from passerby.model.operation import Operation
from passerby.model.outcome import Outcome


class Happening(msgspec.Struct, frozen=True):
    """One operation, where it was kept, what became of it, and when it was made, in the server's time (AT-8)."""

    piece: Piece
    operation: Operation
    outcome: Outcome
    at_ms: int


def in_order(pieces: Iterable[Piece]) -> list[Happening]:
    """All that happened in `pieces`, which may be of several devices."""
    held = sorted(pieces, key=attrgetter("device", "offset_ms"))
    delays = dict(zip((piece.row for piece in held), _delays(held), strict=True))
    found: list[Happening] = []
    by_page = sorted(
        ((piece, *pair) for piece in held for pair in zip(piece.operations, piece.outcomes, strict=True)),
        key=lambda one: (one[0].page, one[1].n),
    )
    for _, ones in groupby(by_page, key=lambda one: one[0].page):
        at_ms = 0
        for piece, operation, outcome in ones:
            at_ms = max(at_ms, operation.at - delays[piece.row])
            found.append(Happening(piece, operation, outcome, at_ms))
    return sorted(found, key=attrgetter("at_ms", "piece.page", "operation.n"))


def _delays(pieces: Iterable[Piece]) -> Iterable[int]:
    """How much longer each travelled than the fastest under the same clock. `pieces` ascend in device and offset."""
    clock: tuple[DeviceId, int] | None = None
    for piece in pieces:
        if clock is None or clock[0] != piece.device or piece.offset_ms - clock[1] > SAME_CLOCK_MS:
            clock = (piece.device, piece.offset_ms)
        yield piece.offset_ms - clock[1]
