"""Home: how the org is doing, and the latest sessions."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from passerby.base.units import HOUR_MS, MINUTE_MS
from passerby.faces.dashboard.annotations import AGO, may_remove, shown_between
from passerby.faces.dashboard.desk import Asked, Desk
from passerby.faces.dashboard.listing import listed
from passerby.faces.dashboard.rendering import clipped
from passerby.model.annotation import Annotation
from passerby.query.activity import Activity, activity_of
from passerby.query.annotations import annotations_between

_SESSIONS_SHOWN = 15
_CHART_HEIGHT = 72
_LISTED = 10
_LABELLED_EVERY = 0.25
"""So much of the chart's width a label has for itself."""
_LABEL_CHARS_MAX = 24


class Note(msgspec.Struct, frozen=True):
    """An annotation in the chart: where it begins and how much it takes, as parts of the width.

    `label` is empty where there is no room for it.
    """

    annotation: Annotation
    at: float
    width: float
    label: str


def home_routes(desk: Desk) -> list[Route]:
    """The routes of the first page and of its numbers, which it asks for again and again."""

    def home(asked: Asked) -> Response:
        sessions = listed(asked, asked.reader.recent_sessions(asked.org.id, _SESSIONS_SHOWN))
        origin = desk.origin(asked.request)
        latest, _ = annotations_between(asked.reader, asked.org.id, _LISTED)
        listing = [(one, may_remove(asked, one)) for one in latest]
        return desk.show(
            asked, "home.html", sessions=sessions, origin=origin, annotations=listing, ago=AGO, **_numbers(asked)
        )

    def numbers(asked: Asked) -> Response:
        return desk.show(asked, "numbers.html", **_numbers(asked))

    return [Route("/ui/{org}/", desk.page(home)), Route("/ui/{org}/numbers", desk.page(numbers))]


def _numbers(asked: Asked) -> dict[str, Any]:
    activity = activity_of(asked.reader, asked.org.id, asked.now_ms)
    return {"activity": activity, "chart": _chart(activity), "chart_height": _CHART_HEIGHT, "notes": _notes(asked)}


def _notes(asked: Asked) -> list[Note]:
    """The annotations of the hour that the chart shows."""
    until_ms = asked.now_ms - asked.now_ms % MINUTE_MS + MINUTE_MS
    since_ms = until_ms - HOUR_MS
    notes: list[Note] = []
    taken = -1.0
    for one in shown_between(asked, since_ms, until_ms - 1):
        begin, end = ((min(max(at, since_ms), until_ms) - since_ms) / HOUR_MS for at in (one.start_ms, one.end_ms))
        fits = begin >= taken
        if fits:
            taken = begin + _LABELLED_EVERY
        notes.append(Note(one, begin, end - begin, clipped(one.text, _LABEL_CHARS_MAX) if fits else ""))
    return notes


def _chart(activity: Activity) -> list[tuple[int, int, int]]:
    """Minutes ago, operations and height of each column."""
    most = max(activity.per_minute)
    return [
        (59 - index, count, max(2, round(count / most * _CHART_HEIGHT)) if count else 0)
        for index, count in enumerate(activity.per_minute)
    ]
