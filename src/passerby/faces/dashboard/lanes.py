"""Lanes: where everything of a timeline stands in the picture.

Time runs to the right and is stretched: the room between two neighbouring instants grows with the logarithm of the time
between them, so that seconds at a login stay readable beside hours of reading. Time in which nothing was open is
a gap of one width, drawn as one and labelled with how long it was.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import msgspec

from passerby.query.timeline import IDENTIFY, RELEASING, Boundary, Lane, Stay, Timeline

ROW: Final = 68
HEAD: Final = 30
_GAP: Final = 62
_GAP_MS_MIN: Final = 10 * 60 * 1000
_LEFT: Final = 12
_RIGHT: Final = 96
_LETTER: Final = 6.4


class Bar(msgspec.Struct, frozen=True):
    """A part of a session. `kind` is known, before (the identify came later) or anonymous."""

    x: float
    width: float
    kind: str


class Sitting(msgspec.Struct, frozen=True):
    """A session in the picture, which links to its page."""

    stay: Stay
    x: float
    width: float
    bars: list[Bar]


class Mark(msgspec.Struct, frozen=True):
    """A boundary; `label` is empty where there is no room for it beside its neighbours."""

    boundary: Boundary
    x: float
    kind: str
    label: str


class Row(msgspec.Struct, frozen=True):
    """A lane; its centre is `y` from the top."""

    lane: Lane
    y: float
    sittings: list[Sitting]
    marks: list[Mark]


class Span(msgspec.Struct, frozen=True):
    """A stretch of the axis: `ms` long, from `at_ms`; a gap, or a time in which something was open."""

    x: float
    width: float
    at_ms: int
    ms: int
    is_gap: bool


class Picture(msgspec.Struct, frozen=True):
    """Everything, in pixels."""

    width: float
    height: float
    rows: list[Row]
    spans: list[Span]


def picture_of(timeline: Timeline) -> Picture:
    """Lay a timeline out."""
    places, spans = _axis(timeline)
    rows = [_row(lane, HEAD + index * ROW + ROW / 2, places) for index, lane in enumerate(timeline.lanes)]
    width = max(places.values(), default=0) + _RIGHT
    return Picture(round(width), HEAD + ROW * len(rows), rows, spans)


def _axis(timeline: Timeline) -> tuple[Mapping[int, float], list[Span]]:
    stays = [stay for lane in timeline.lanes for stay in lane.stays]
    instants = {at for stay in stays for at in (stay.session.began_at_ms, stay.until_ms)}
    instants |= {_shown_at(lane, boundary) for lane in timeline.lanes for boundary in lane.boundaries}
    opened = sorted((stay.session.began_at_ms, stay.until_ms) for stay in stays)
    ordered = sorted(instants)
    places = dict.fromkeys(ordered[:1], float(_LEFT))
    spans: list[Span] = []
    for earlier, later in pairwise(ordered):
        is_gap = later - earlier >= _GAP_MS_MIN and not any(a <= earlier and later <= b for a, b in opened)
        width = _GAP if is_gap else min(16 + 15 * math.log2(1 + (later - earlier) / 5000), 170)
        places[later] = places[earlier] + width
        if not is_gap and spans and not spans[-1].is_gap:
            before = spans.pop()
            earlier, width = before.at_ms, width + before.width
        spans.append(Span(places[later] - width, width, earlier, later - earlier, is_gap))
    return places, spans or [Span(_LEFT, 1, at, 0, False) for at in ordered]


def _shown_at(lane: Lane, boundary: Boundary) -> int:
    """A limit passes while nothing is drawn; it is shown where its session was last active."""
    if boundary.why in ("timeout", "age"):
        return next(stay.until_ms for stay in lane.stays if stay.session.id == boundary.session)
    return boundary.at_ms


def _row(lane: Lane, y: float, places: Mapping[int, float]) -> Row:
    sittings = [_sitting(lane, stay, places) for stay in lane.stays]
    marks: list[Mark] = []
    taken = {IDENTIFY: -1.0, "ends": -1.0}
    for boundary in lane.boundaries:
        kind = IDENTIFY if boundary.why == IDENTIFY else "seal" if boundary.why in RELEASING else "end"
        side = IDENTIFY if kind == IDENTIFY else "ends"
        x = places[_shown_at(lane, boundary)]
        fits = x > taken[side]
        if fits:
            taken[side] = x + len(boundary.why) * _LETTER + 8
        marks.append(Mark(boundary, x, kind, boundary.why if fits else ""))
    return Row(lane, y, sittings, marks)


def _sitting(lane: Lane, stay: Stay, places: Mapping[int, float]) -> Sitting:
    x, end = places[stay.session.began_at_ms], places[stay.until_ms]
    end = max(end, x + 6)
    known = lane.known_since_ms
    if known is None:
        cut, kinds = end, ("anonymous", "anonymous")
    elif known <= stay.session.began_at_ms:
        cut, kinds = x, ("before", "known")
    elif known > stay.until_ms:
        cut, kinds = end, ("before", "known")
    else:
        cut, kinds = places.get(known, x), ("before", "known")
    parts = [(x, cut - x, kinds[0]), (cut, end - cut, kinds[1])]
    bars = [Bar(at, width, kind) for at, width, kind in parts if width > 0]
    return Sitting(stay, x, end - x, bars)
