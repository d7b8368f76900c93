"""Lanes: where everything of a timeline stands in the picture.

Time runs to the right and is stretched: the room between two neighbouring instants grows with the logarithm of the time
between them, so that seconds at a login stay readable beside hours of reading. Time in which nothing was open is
a gap of one width, drawn as one and labelled with how long it was.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from passerby.faces.dashboard.rendering import clipped
from passerby.model.annotation import Annotation
from passerby.query.timeline import IDENTIFY, RELEASING, Boundary, Lane, Stay, Timeline

ROW: Final = 68
HEAD: Final = 30
_NOTES_HEAD: Final = 20
_NOTE_CHARS_MAX: Final = 28
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


class Note(msgspec.Struct, frozen=True):
    """An annotation on the axis; `width` is 0 for an instant, `label` empty where there is no room for it."""

    annotation: Annotation
    x: float
    width: float
    label: str


class Picture(msgspec.Struct, frozen=True):
    """Everything, in pixels."""

    width: float
    height: float
    rows: list[Row]
    spans: list[Span]
    notes: list[Note]


def picture_of(timeline: Timeline, annotations: Sequence[Annotation] = ()) -> Picture:
    """Lay a timeline out, with the annotations of its time, in order of beginning."""
    places, spans = _axis(timeline)
    notes = _notes(annotations, places)
    head = HEAD + (_NOTES_HEAD if notes else 0)
    rows = [_row(lane, head + index * ROW + ROW / 2, places) for index, lane in enumerate(timeline.lanes)]
    width = max(places.values(), default=0) + _RIGHT
    return Picture(round(width), head + ROW * len(rows), rows, spans, notes)


def reach_of(timeline: Timeline) -> tuple[int, int] | None:
    """The first and the last instant on the axis; None for an empty one."""
    instants = _instants(timeline)
    return (min(instants), max(instants)) if instants else None


def _notes(annotations: Sequence[Annotation], places: Mapping[int, float]) -> list[Note]:
    instants = sorted(places)
    notes: list[Note] = []
    taken = -1.0
    for one in annotations:
        x, end = (_between(instants, places, at) for at in (one.start_ms, one.end_ms))
        label = clipped(one.text, _NOTE_CHARS_MAX)
        fits = x > taken
        if fits:
            taken = x + len(label) * _LETTER + 14
        notes.append(Note(one, x, end - x, label if fits else ""))
    return notes


def _between(instants: Sequence[int], places: Mapping[int, float], at_ms: int) -> float:
    """Where an instant stands on the axis that has places for `instants`; within one step time runs evenly."""
    at_ms = min(max(at_ms, instants[0]), instants[-1])
    index = min(bisect_right(instants, at_ms), len(instants) - 1)
    earlier, later = instants[max(index - 1, 0)], instants[index]
    part = (at_ms - earlier) / (later - earlier) if later > earlier else 0
    return places[earlier] + part * (places[later] - places[earlier])


def _instants(timeline: Timeline) -> set[int]:
    stays = [stay for lane in timeline.lanes for stay in lane.stays]
    instants = {at for stay in stays for at in (stay.session.began_at_ms, stay.until_ms)}
    return instants | {_shown_at(lane, boundary) for lane in timeline.lanes for boundary in lane.boundaries}


def _axis(timeline: Timeline) -> tuple[Mapping[int, float], list[Span]]:
    stays = [stay for lane in timeline.lanes for stay in lane.stays]
    opened = sorted((stay.session.began_at_ms, stay.until_ms) for stay in stays)
    ordered = sorted(_instants(timeline))
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
