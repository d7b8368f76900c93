"""The pages, under the URL forms of the contract: `/ui/<org>/session/<device>:<session>` opens that session."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from passerby.faces.dashboard.annotations import annotation_routes
from passerby.faces.dashboard.desk import Desk, Office
from passerby.faces.dashboard.entrance import entrance_routes
from passerby.faces.dashboard.errors import errors_routes
from passerby.faces.dashboard.home import home_routes
from passerby.faces.dashboard.joining import joining_routes
from passerby.faces.dashboard.live import live_routes
from passerby.faces.dashboard.proving import proving_routes
from passerby.faces.dashboard.rendering import Rendering, redirect
from passerby.faces.dashboard.sessions import session_routes
from passerby.faces.dashboard.settings import settings_routes
from passerby.faces.dashboard.signin import signin_routes
from passerby.faces.dashboard.twostep import twostep_routes
from passerby.faces.dashboard.users import users_routes


def dashboard_routes(office: Office) -> list[Route]:
    """The routes of the pages and their assets."""
    rendering = Rendering()
    desk = Desk(office, rendering)
    return [
        *_asset_routes(rendering),
        *entrance_routes(desk),
        Route("/ui/{org}", lambda request: redirect(f"/ui/{request.path_params['org']}/")),
        *signin_routes(desk),
        *joining_routes(desk),
        *home_routes(desk),
        *annotation_routes(desk),
        *users_routes(desk),
        *session_routes(desk),
        *live_routes(desk),
        *errors_routes(desk),
        *settings_routes(desk),
        *twostep_routes(desk),
        *proving_routes(desk),
    ]


def _asset_routes(rendering: Rendering) -> list[Route]:
    def asset(request: Request) -> Response:
        body, kind = rendering.assets[request.url.path.removeprefix("/ui/")]
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(body, media_type=kind, headers=headers)

    return [Route(f"/ui/{name}", asset) for name in rendering.assets]
