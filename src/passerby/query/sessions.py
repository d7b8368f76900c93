"""Sessions: whose, from when to when, and what happened in them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from heapq import heappush, heappushpop, merge
from itertools import accumulate, islice
from operator import itemgetter
from typing import Final

import msgspec

from passerby.base.ids import OrgId, PageId, SessionId, Uid, UserId
from passerby.model.bundle import Piece
from passerby.model.device import SAME_CLOCK_MS
from passerby.model.session import Session
from passerby.query import cursor
from passerby.query.happened import ORDER, PIECES_MAX, Happening, Times, in_order, ordered, told_of
from passerby.store.contract import PersonFilter, PieceMark, Reader
from passerby.store.projection import user_id
from passerby.wire.nesting import shown_bytes, spread_bytes

BYTES_MAX: Final = 8 << 20
"""What is shown at once comes from bundles that have no more bytes as JSON, or from one.

By products that are written out (PR-1.4) it is made larger by no more than as much again.
"""
_NEARLY_MAX: Final = 20
"""How many sessions are looked at that were active too early for the last events.

What a page did in one counts as made no earlier than what it did in another that seems to be later (AT-8).
"""

_Place = tuple[int, PageId, int]


class SessionPage(msgspec.Struct, frozen=True):
    """Some sessions of a list, and the cursor of the next page if there is one."""

    sessions: list[Session]
    next_page_token: str | None


def list_sessions(
    reader: Reader, org: OrgId, uid: str | None, email: str | None, page_token: str | None, limit: int
) -> SessionPage:
    """The sessions of these users together, the latest begun first (the union when both are given)."""
    after = None
    if page_token:
        at_ms, name = cursor.read(page_token)
        after = (at_ms, SessionId(name))
    uids: set[str] = {uid} if uid else set()
    if email:
        same = PersonFilter(email=email, identified=True)
        uids |= {person.uid for person in reader.people(org, same, None, 1000) if person.uid}
    known = reader.org(org)
    users = [user_id(known.secret, Uid(name)) for name in sorted(uids)] if known else []
    lists = [reader.sessions_of_user(org, user, after, limit + 1) for user in users]
    found = list(islice(merge(*lists, key=lambda session: (-session.began_at_ms, session.id)), limit + 1))
    shown = found[:limit]
    token = cursor.written(shown[-1].began_at_ms, shown[-1].id) if len(found) > limit else None
    return SessionPage(shown, token)


def happenings(reader: Reader, org: OrgId, session: SessionId) -> list[Happening]:
    """What happened in a session, in the order in which it was made."""
    return in_order(reader, org, list(reader.pieces_of_session(org, session)))


def some_happenings(reader: Reader, org: OrgId, session: SessionId, start: int, limit: int) -> list[Happening]:
    """Of `happenings` those from `start` on, `limit` of them, or fewer where they are large, but at least one.

    Reads no more pieces than may hold one of these: which, their marks tell. A session with more than `PIECES_MAX`
    pieces comes in parts of so many, each in its own order.
    """
    found: list[Happening] = []
    for part in _parts(reader, org, session, start):
        wanted = max(0, start - part.before)
        found += _some_of(reader, org, part, wanted, limit - len(found))
        end = part.before + sum(mark.operations for mark in part.marks)
        if len(found) == limit or start + len(found) < end:
            break
    return _written_out(found)


def _written_out(found: list[Happening]) -> list[Happening]:
    """The first of them that have no more to be written out, but one at least."""
    size = 0
    for count, one in enumerate(found):
        size += spread_bytes(one.operation)
        if size > BYTES_MAX and count:
            return found[:count]
    return found


class _Part(msgspec.Struct):
    """`PIECES_MAX` pieces of a session, with how many operations of it come before."""

    before: int
    marks: list[PieceMark]
    times: Times


def _parts(reader: Reader, org: OrgId, session: SessionId, start: int) -> Iterator[_Part]:
    """The parts of a session, from the one on that holds its operation `start`. Behind the first each tells its own."""
    before, behind = 0, None
    while weight := reader.weight_of_session(org, session, PIECES_MAX, behind):
        operations, last = weight
        if before + operations > start:
            marks = reader.marks_of_session(org, session, PIECES_MAX, behind)
            yield _Part(before, marks, Times({}) if behind else told_of(reader, org, session, marks))
        before, behind = before + operations, last


def _some_of(reader: Reader, org: OrgId, part: _Part, start: int, limit: int) -> list[Happening]:
    times = part.times
    spans = [(mark, *_span(times, mark)) for mark in part.marks]
    begun, before_begun = _counted((low, mark.operations) for mark, low, _ in spans)
    over, before_over = _counted((high, mark.operations) for mark, _, high in spans)
    skipped, rows = 0, list[int]()
    for mark, low, high in spans:
        if before_begun[bisect_right(begun, high)] <= start:
            skipped += mark.operations
        elif before_over[bisect_left(over, low)] < start + limit:
            rows.append(mark.row)
    first = start - skipped
    sizes = dict(zip(rows, reader.sizes_of_rows(org, rows), strict=True))
    if sum(sizes.values()) > BYTES_MAX:
        places = sorted((_place(one), row) for row in rows for one in ordered(reader.pieces_of_rows(org, [row]), times))
        shown = _fitting(places[first : first + limit], sizes)
        found = ordered(reader.pieces_of_rows(org, sorted({row for _, row in shown})), times)
        return [one for one in found if (_place(one), one.piece.row) in shown]
    return ordered(reader.pieces_of_rows(org, rows), times)[first : first + limit]


def _fitting(places: list[tuple[_Place, int]], sizes: Mapping[int, int]) -> set[tuple[_Place, int]]:
    """The first of these operations, with the rows that they stand in, whose rows may be read together."""
    size, rows = 0, set[int]()
    for count, (_, row) in enumerate(places):
        size += 0 if row in rows else sizes[row]
        rows.add(row)
        if size > BYTES_MAX and count:
            return set(places[:count])
    return set(places)


def last_until(reader: Reader, org: OrgId, session: SessionId, t: int) -> tuple[int, Happening] | None:
    """The last of `happenings` whose client time is not behind `t`, and how many stand before it."""
    found = None
    for part in _parts(reader, org, session, 0):
        in_part = _last_of(reader, org, part, t)
        if in_part is None and found is not None:
            break
        found = (part.before + in_part[0], in_part[1]) if in_part else None
    return found


def _last_of(reader: Reader, org: OrgId, part: _Part, t: int) -> tuple[int, Happening] | None:
    times = part.times
    spans = [(*_span(times, mark), mark) for mark in part.marks]
    last: Happening | None = None
    for _, high, mark in sorted(spans, key=itemgetter(1), reverse=True):
        if last is not None and high < _place(last):
            break
        if mark.earliest_ms - mark.offset_ms <= t:
            found = ordered(reader.pieces_of_rows(org, [mark.row]), times)
            last = max(
                (one for one in (last, *found) if one is not None and _is_until(one, t)), key=_place, default=last
            )
    if last is None:
        return None
    before = sum(mark.operations for _, high, mark in spans if high < _place(last))
    around = ([mark.row] for low, high, mark in spans if low <= _place(last) <= high)
    one_by_one = (one for row in around for one in ordered(reader.pieces_of_rows(org, row), times))
    return before + sum(_place(one) < _place(last) for one in one_by_one), last


def _is_until(one: Happening, t: int) -> bool:
    return one.operation.t <= t


def _place(one: Happening) -> _Place:
    return (one.at_ms, one.piece.page, one.operation.n)


def _span(times: Times, mark: PieceMark) -> tuple[_Place, _Place]:
    """Between which places in the order of a session all operations of a piece stand."""
    first_ms, last_ms = times.span_of(mark)
    return (first_ms, mark.page, mark.first_n), (last_ms, mark.page, mark.last_n)


def _counted(places: Iterable[tuple[_Place, int]]) -> tuple[list[_Place], list[int]]:
    """The places in order, and of how many operations come before each, and in all."""
    in_turn = sorted(places)
    return [place for place, _ in in_turn], list(accumulate((count for _, count in in_turn), initial=0))


class _Latest:
    """The latest that was found so far: `limit` of it, and fewer where it is large."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._found: list[Happening] = []
        self._times: list[int] = []
        self._bytes = 0

    def is_past(self, at_ms: int, by_ms: int = 0) -> bool:
        """Whether what was made then, and by no more than `by_ms` later, is not among them."""
        return len(self._times) == self._limit and at_ms < self._times[0] - by_ms

    def add(self, piece: Piece, times: Times) -> None:
        """All that happened in a piece."""
        for happening in ordered([piece], times):
            self._found.append(happening)
            if len(self._times) < self._limit:
                heappush(self._times, happening.at_ms)
            else:
                heappushpop(self._times, happening.at_ms)
        self._bytes += shown_bytes(piece.operations)
        while self._bytes > BYTES_MAX:
            self._limit = max(1, len(self._times) // 2)
            self._found = self.all()[::-1]
            self._times = [happening.at_ms for happening in self._found]
            pieces = {one.piece.row: one.piece for one in self._found}
            self._bytes = sum(shown_bytes(piece.operations) for piece in pieces.values())
            if self._limit == 1:
                return

    def all(self) -> list[Happening]:
        """They, the latest first."""
        return sorted(self._found, key=ORDER)[: -self._limit - 1 : -1]


def latest_happenings(reader: Reader, org: OrgId, user: UserId, limit: int) -> list[Happening]:
    """The last things that a person did, the latest first; `limit` of them, or fewer where they are large.

    Reads no more sessions than it needs, and of these no more pieces.
    """
    latest = _Latest(limit)
    nearly = 0
    for session in reader.active_sessions_of_user(org, user):
        if latest.is_past(session.active_at_ms):
            nearly += 1
            if nearly > _NEARLY_MAX or latest.is_past(session.active_at_ms, 2 * SAME_CLOCK_MS):
                break
        for piece, times in _latest_of(reader, org, session, latest):
            latest.add(piece, times)
    return latest.all()


def _latest_of(reader: Reader, org: OrgId, session: Session, latest: _Latest) -> Iterator[tuple[Piece, Times]]:
    """The pieces of a session as long as they may hold something later than the first of `latest`, and their times."""
    if str(session.id) == session.device:  # outside of any (AP-7): each tells its own time
        for piece in reader.latest_pieces(org, session.device):
            if str(piece.session) == piece.device:
                if latest.is_past(max(op.at for op in piece.operations)):
                    return
                yield piece, Times({})
        return
    marks = reader.marks_of_session(org, session.id, PIECES_MAX)
    times = told_of(reader, org, session.id, marks)
    if len(marks) == PIECES_MAX:
        marks = reader.last_marks_of_session(org, session.id, PIECES_MAX)
    for last_ms, row in sorted(((times.span_of(mark)[1], mark.row) for mark in marks), reverse=True):
        if latest.is_past(last_ms):
            return
        for piece in reader.pieces_of_rows(org, [row]):
            yield piece, times
