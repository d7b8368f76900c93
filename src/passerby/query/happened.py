"""What happened, in the order in which it was made (AT-8).

The time of an operation is that of its session, read as a whole: so it is the same wherever it is shown, whether with
the rest of its session, among the last of its user's, or by itself in an export. A page may go on from one session into
the next: then what it did last in the one before counts too.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from passerby.base.ids import OrgId, PageId, SessionId
from passerby.model.bundle import Piece
from passerby.model.device import SAME_CLOCK_MS
from passerby.model.operation import Operation
from passerby.model.outcome import Outcome
from passerby.store.contract import PieceMark, Reader

PIECES_MAX: Final = 20_000
"""Of one session no more are looked at together to tell the time of one; what is behind them tells its own."""


class Happening(msgspec.Struct, frozen=True):
    """One operation, where it was kept, what became of it, and when it was made, in the server's time (AT-8)."""

    piece: Piece
    operation: Operation
    outcome: Outcome
    at_ms: int


ORDER: Final = attrgetter("at_ms", "piece.page", "operation.n")
"""The order in which what happened is shown (AT-8)."""


class PageSpan(msgspec.Struct, frozen=True):
    """What a page did in one session: when first, when last, and how many operations."""

    first_ms: int
    last_ms: int
    operations: int


class Times(msgspec.Struct, frozen=True):
    """When the operations of one session were made.

    By row of a piece: how much longer it travelled than the fastest under the same clock, and when the last operation
    before it on its page was made. And what each page did.
    """

    told: dict[int, tuple[int, int]]
    pages: dict[PageId, PageSpan] = {}

    def of(self, piece: Piece) -> list[int]:
        """When each of the piece's operations was made."""
        delay, at_ms = self.told.get(piece.row, (0, 0))
        return [at_ms := max(at_ms, operation.at - delay) for operation in piece.operations]

    def span_of(self, mark: PieceMark) -> tuple[int, int]:
        """The earliest that the piece's first operation can have been made, and when its last was."""
        delay, before_ms = self.told.get(mark.row, (0, 0))
        return max(before_ms, mark.earliest_ms - delay), max(before_ms, mark.latest_ms - delay)


def times_of(reader: Reader, org: OrgId, session: SessionId) -> Times:
    """The times of `session`; of more than `PIECES_MAX` pieces only the first count."""
    return told_of(reader, org, session, reader.marks_of_session(org, session, PIECES_MAX))


def told_of(reader: Reader, org: OrgId, session: SessionId, marks: Iterable[PieceMark]) -> Times:
    """The times of a session whose pieces have these marks."""
    in_turn = sorted(marks, key=_turn)
    begun = {mark.page: mark.first_n for mark in reversed(in_turn)}
    went_on = {page: n for page, n in begun.items() if n > 1}
    return _told(in_turn, _earlier_ms(reader, org, session, went_on) if went_on else {})


def _turn(mark: PieceMark) -> tuple[PageId, int, int, int, int]:
    return (mark.page, mark.first_n, mark.offset_ms, mark.latest_ms, mark.row)


def _told(marks: list[PieceMark], earlier_ms: dict[PageId, int]) -> Times:
    delays: dict[int, int] = {}
    fastest_ms: int | None = None
    for mark in sorted(marks, key=attrgetter("offset_ms")):
        if fastest_ms is None or mark.offset_ms - fastest_ms > SAME_CLOCK_MS:
            fastest_ms = mark.offset_ms
        delays[mark.row] = mark.offset_ms - fastest_ms
    told: dict[int, tuple[int, int]] = {}
    pages: dict[PageId, PageSpan] = {}
    for mark in marks:
        delay, before_ms = delays[mark.row], earlier_ms.get(mark.page, 0)
        told[mark.row] = (delay, before_ms)
        last_ms = earlier_ms[mark.page] = max(before_ms, mark.latest_ms - delay)
        span = pages.get(mark.page) or PageSpan(max(before_ms, mark.earliest_ms - delay), 0, 0)
        pages[mark.page] = PageSpan(span.first_ms, last_ms, span.operations + mark.operations)
    return Times(told, pages)


def _earlier_ms(reader: Reader, org: OrgId, name: SessionId, went_on: Mapping[PageId, int]) -> dict[PageId, int]:
    """When pages that are in this session from their n-th operation on did the last thing in the session before it.

    That one is the neighbour on either side, since what travelled slowly seems to have begun late.
    """
    session = reader.session(org, name)
    if session is None:
        return {}
    place, devices = (session.began_at_ms, name), [session.device]
    near = (session.began_at_ms - 2 * SAME_CLOCK_MS, session.began_at_ms + 2 * SAME_CLOCK_MS)
    found: dict[PageId, int] = {}
    for other in (*reader.sessions_of(org, devices, place, 1), reader.next_session(org, devices, place)):
        if other is not None and other.active_at_ms >= near[0] and other.began_at_ms <= near[1]:
            for page, at_ms in _last_ms(reader, org, other.id, went_on):
                found[page] = max(found.get(page, 0), at_ms)
    return found


def _last_ms(
    reader: Reader, org: OrgId, session: SessionId, went_on: Mapping[PageId, int]
) -> Iterator[tuple[PageId, int]]:
    marks = sorted(reader.marks_of_session(org, session, PIECES_MAX), key=_turn)
    times = _told(marks, {})
    for mark in marks:
        until_n = went_on.get(mark.page, 0)
        if mark.last_n < until_n:
            yield mark.page, times.span_of(mark)[1]
        elif mark.first_n < until_n:
            for piece in reader.pieces_of_rows(org, [mark.row]):
                for operation, at_ms in zip(piece.operations, times.of(piece), strict=True):
                    if operation.n < until_n:
                        yield mark.page, at_ms


class Timekeeper:
    """Tells the times of operations, in readings of one store, and reads a session once for many of its pieces.

    Remembers the sessions asked for last, as long as they have no more than `PIECES_MAX` pieces together.
    """

    def __init__(self, org: OrgId) -> None:
        self._org = org
        self._known: OrderedDict[SessionId, Times] = OrderedDict()
        self._pieces = 0

    def times(self, reader: Reader, piece: Piece) -> list[int]:
        """When each of the piece's operations was made. Outside of sessions (AP-7) each tells its own time."""
        return self.told(reader, piece)[0]

    def told(self, reader: Reader, piece: Piece) -> tuple[list[int], PageSpan | None]:
        """The times of the piece, and what its page did in its session; None outside of sessions."""
        if str(piece.session) == piece.device:
            return Times({}).of(piece), None
        known = self._known.get(piece.session)
        if known is None or (piece.row not in known.told and len(known.told) < PIECES_MAX):
            known = self._read(reader, piece.session)
        self._known.move_to_end(piece.session)
        return known.of(piece), known.pages.get(piece.page)

    def told_by_row(self, reader: Reader, pieces: Iterable[Piece]) -> dict[int, tuple[list[int], PageSpan | None]]:
        """What is told of some pieces, by row. Reads a session once for those of it, however they alternate."""
        return {piece.row: self.told(reader, piece) for piece in sorted(pieces, key=attrgetter("session"))}

    def times_by_row(self, reader: Reader, pieces: Iterable[Piece]) -> dict[int, list[int]]:
        """The times of some pieces, by row; read as in `told_by_row`."""
        return {row: times for row, (times, _) in self.told_by_row(reader, pieces).items()}

    def _read(self, reader: Reader, session: SessionId) -> Times:
        self._pieces -= len(self._known.pop(session, Times({})).told)
        found = times_of(reader, self._org, session)
        self._known[session] = found
        self._pieces += len(found.told)
        while self._pieces > PIECES_MAX and len(self._known) > 1:
            self._pieces -= len(self._known.popitem(last=False)[1].told)
        return found


def in_order(reader: Reader, org: OrgId, pieces: Sequence[Piece]) -> list[Happening]:
    """All that happened in `pieces`."""
    sessions: dict[SessionId, list[Piece]] = defaultdict(list)
    for piece in pieces:
        sessions[piece.session].append(piece)
    found: list[Happening] = []
    for session, held in sessions.items():
        is_outside = str(session) == held[0].device
        found += ordered(held, Times({}) if is_outside else times_of(reader, org, session))
    return sorted(found, key=ORDER)


def ordered(pieces: Iterable[Piece], times: Times) -> list[Happening]:
    """All that happened in pieces of which `times` tells."""
    found = [
        Happening(piece, operation, outcome, at_ms)
        for piece in pieces
        for operation, outcome, at_ms in zip(piece.operations, piece.outcomes, times.of(piece), strict=True)
    ]
    return sorted(found, key=ORDER)


def made_at_ms(reader: Reader, org: OrgId, piece: Piece, n: int) -> int:
    """When operation `n` of a piece was made."""
    times = Timekeeper(org).times(reader, piece)
    return next(at_ms for operation, at_ms in zip(piece.operations, times, strict=True) if operation.n == n)
