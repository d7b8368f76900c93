"""Signing in and out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from passerby.access.door import KNOWN_LASTS_MS, LASTS_MS, Asker, Entered
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.faces.dashboard.desk import COOKIE, STATUS, Asked, Desk, with_wait
from passerby.faces.dashboard.rendering import redirect

KNOWN_COOKIE: Final = "passerby_known"


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
            given = (OrgId(org), name, fields.get("password", ""), asker_of(request))
            entered = await asyncio.wrap_future(await run_in_threadpool(desk.door.sign_in, *given))
        except Refusal as refused:
            response = ask(request, STATUS.get(refused.code, 401), name, f"{refused.message.capitalize()}.", back)
            return with_wait(response, refused)
        return admit(desk, request, entered, _within(org, back))

    def leave(asked: Asked, _fields: Mapping[str, str]) -> Response:
        desk.door.sign_out(asked.token)
        response = redirect(f"{asked.base}/sign-in")
        response.delete_cookie(COOKIE, path=f"{asked.base}/")
        return response

    return [
        Route("/ui/{org}/sign-in", show, methods=["GET"]),
        Route("/ui/{org}/sign-in", enter, methods=["POST"]),
        Route("/ui/{org}/sign-out", desk.form(leave, "look"), methods=["POST"]),
    ]


def asker_of(request: Request) -> Asker:
    """Who asks: the address that the connection came from, and what the browser brings."""
    return Asker(request.client.host if request.client else "", request.cookies.get(KNOWN_COOKIE, ""))


def admit(desk: Desk, request: Request, entered: Entered, where: str) -> Response:
    """Send somebody who was let in to a page, with the cookies that admit them and prove their browser."""
    response = redirect(where)
    cookies = ((COOKIE, entered.token, LASTS_MS), (KNOWN_COOKIE, entered.known, KNOWN_LASTS_MS))
    for name, value, lasts_ms in cookies:
        response.set_cookie(
            name,
            value,
            max_age=lasts_ms // 1000,
            path=f"/ui/{request.path_params['org']}/",
            secure=desk.origin(request).startswith("https:"),
            httponly=True,
            samesite="lax",
        )
    return response


def _within(org: str, back: str) -> str:
    """`back` if it is a page of this org, else the org's first page."""
    home = f"/ui/{quote(org, safe='')}/"
    return back if back.startswith(home) and "\\" not in back and not any(ord(c) < 32 for c in back) else home
