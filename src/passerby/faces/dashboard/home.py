"""Home: how the org is doing, and the latest sessions."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from passerby.faces.dashboard.desk import Asked, Desk
from passerby.faces.dashboard.listing import listed
from passerby.query.activity import Activity, activity_of

_SESSIONS_SHOWN = 15
_CHART_HEIGHT = 72


def home_routes(desk: Desk) -> list[Route]:
    """The routes of the first page and of its numbers, which it asks for again and again."""

    def home(asked: Asked) -> Response:
        sessions = listed(asked, asked.reader.recent_sessions(asked.org.id, _SESSIONS_SHOWN))
        origin = desk.origin(asked.request)
        return desk.show(asked, "home.html", sessions=sessions, origin=origin, **_numbers(asked))

    def numbers(asked: Asked) -> Response:
        return desk.show(asked, "numbers.html", **_numbers(asked))

    return [Route("/ui/{org}/", desk.page(home)), Route("/ui/{org}/numbers", desk.page(numbers))]


def _numbers(asked: Asked) -> dict[str, Any]:
    activity = activity_of(asked.reader, asked.org.id, asked.now_ms)
    return {"activity": activity, "chart": _chart(activity), "chart_height": _CHART_HEIGHT}


def _chart(activity: Activity) -> list[tuple[int, int, int]]:
    """Minutes ago, operations and height of each column."""
    most = max(activity.per_minute)
    return [
        (59 - index, count, max(2, round(count / most * _CHART_HEIGHT)) if count else 0)
        for index, count in enumerate(activity.per_minute)
    ]
