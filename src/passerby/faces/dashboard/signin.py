"""Signing in and out."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from passerby.access.door import LASTS_MS
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.faces.dashboard.desk import COOKIE, Asked, Desk
from passerby.faces.dashboard.rendering import redirect


def signin_routes(desk: Desk) -> list[Route]:
    """The routes of signing in and out."""

    def ask(request: Request, status: int = 200, name: str = "admin", wrong: str = "", back: str = "") -> Response:
        org = request.path_params["org"]
        return desk.rendering.page("signin.html", status, org=org, name=name, wrong=wrong, back=back)

    def show(request: Request) -> Response:
        return ask(request, back=request.query_params.get("next", ""))

    async def enter(request: Request) -> Response:
        fields = await desk.fields(request)
        org, name, back = request.path_params["org"], fields.get("name", ""), fields.get("next", "")
        if not desk.is_own(request):
            return ask(request, 403, name, "Sign in from this page, not from another site.", back)
        try:
            token = await run_in_threadpool(desk.door.sign_in, OrgId(org), name, fields.get("password", ""))
        except Refusal as refused:
            status = 429 if refused.code == "too_many_attempts" else 401
            return ask(request, status, name, f"{refused.message.capitalize()}.", back)
        response = redirect(_within(org, back))
        response.set_cookie(
            COOKIE,
            token,
            max_age=LASTS_MS // 1000,
            path=f"/ui/{org}/",
            secure=desk.origin(request).startswith("https:"),
            httponly=True,
            samesite="lax",
        )
        return response

    def leave(asked: Asked, _fields: Mapping[str, str]) -> Response:
        desk.door.sign_out(asked.token)
        response = redirect(f"{asked.base}/sign-in")
        response.delete_cookie(COOKIE, path=f"{asked.base}/")
        return response

    return [
        Route("/ui/{org}/sign-in", show, methods=["GET"]),
        Route("/ui/{org}/sign-in", enter, methods=["POST"]),
        Route("/ui/{org}/sign-out", desk.form(leave, for_admins=False), methods=["POST"]),
    ]


def _within(org: str, back: str) -> str:
    """`back` if it is a page of this org, else the org's first page."""
    home = f"/ui/{quote(org, safe='')}/"
    return back if back.startswith(home) and "\\" not in back and not any(ord(c) < 32 for c in back) else home
