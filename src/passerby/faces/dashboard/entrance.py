"""The entrance: from `/` and `/ui` to the dashboard of an org (DA-10), and the page for what is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from passerby.faces.dashboard.desk import Desk
from passerby.faces.dashboard.rendering import Rendering, redirect

_ORG_CHARS_MAX: Final = 200
_WRONG: Final = {
    503: ("The service is busy", "It cannot take this now. Try again in a moment."),
    404: ("There is no such page", "Its address may be mistyped, or what it showed may be gone."),
    405: ("That is not how this page is asked for", "Go back, reload, and try again."),
}
_FAILED: Final = ("The service failed", "The log says where. Try again.")


def entrance_routes(desk: Desk) -> list[Route]:
    """The routes that lead to the dashboard."""

    def enter(request: Request) -> Response:
        with desk.store.read() as reader:
            orgs = reader.orgs()
        wanted = orgs[0] if len(orgs) == 1 else request.query_params.get("org", "").strip()[:_ORG_CHARS_MAX]
        if wanted:
            return redirect(f"/ui/{quote(wanted, safe='')}/")
        return desk.rendering.page("entrance.html", org="")

    return [Route("/", enter), Route("/ui", enter)]


def page_beside() -> Callable[[Request, int], Response]:
    """The page for a request that no page answers, for its status."""
    rendering = Rendering()

    def page(_request: Request, status: int) -> Response:
        title, text = _WRONG.get(status, _FAILED)
        return rendering.page("beside.html", status, org="", title=title, text=text)

    return page
