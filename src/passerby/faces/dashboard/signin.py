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

from passerby.access.door import KNOWN_LASTS_MS, LASTS_MS, Asker, Entered, Halfway
from passerby.access.identities import provider_of
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.faces.dashboard.desk import COOKIE, STATUS, Asked, Desk, with_wait
from passerby.faces.dashboard.rendering import redirect

KNOWN_COOKIE: Final = "passerby_known"
_FOREIGN: Final = "Sign in from this page, not from another site."


def signin_routes(desk: Desk) -> list[Route]:
    """The routes of signing in and out."""
    pages = _SignIn(desk)
    return [
        Route("/ui/{org}/sign-in", pages.show, methods=["GET"]),
        Route("/ui/{org}/sign-in", pages.enter, methods=["POST"]),
        Route("/ui/{org}/sign-in/code", pages.bring_code, methods=["POST"]),
        Route("/ui/{org}/sign-out", desk.form(pages.leave, "look"), methods=["POST"]),
    ]


class _SignIn:
    """The page of signing in, and the forms of all its steps."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def _ask(
        self, request: Request, status: int = 200, name: str = "admin", wrong: str = "", back: str = ""
    ) -> Response:
        org = request.path_params["org"]
        with self._desk.store.read() as reader:
            known = provider_of(reader, OrgId(org))
        provider = known.host if known else ""
        return self._desk.rendering.page(
            "signin.html", status, org=org, name=name, wrong=wrong, back=back, provider=provider
        )

    def show(self, request: Request) -> Response:
        return self._ask(request, back=request.query_params.get("next", ""))

    async def enter(self, request: Request) -> Response:
        fields = await self._desk.fields(request)
        org, name, back = request.path_params["org"], fields.get("name", ""), fields.get("next", "")
        if not self._desk.is_own(request):
            return await run_in_threadpool(self._ask, request, 403, name, _FOREIGN, back)
        try:
            given = (OrgId(org), name, fields.get("password", ""), asker_of(request))
            entered = await asyncio.wrap_future(await run_in_threadpool(self._desk.door.sign_in, *given))
        except Refusal as refused:
            told, status = f"{refused.message.capitalize()}.", STATUS.get(refused.code, 401)
            response = await run_in_threadpool(self._ask, request, status, name, told, back)
            return with_wait(response, refused)
        return let_in(self._desk, request, entered, back)

    async def bring_code(self, request: Request) -> Response:
        fields = await self._desk.fields(request)
        org, halfway, back = request.path_params["org"], fields.get("halfway", ""), fields.get("next", "")
        if not self._desk.is_own(request):
            return await run_in_threadpool(self._ask, request, 403, wrong=_FOREIGN, back=back)
        try:
            given = (OrgId(org), halfway, fields.get("code", ""), asker_of(request))
            entered = await run_in_threadpool(self._desk.door.second_step, *given)
        except Refusal as refused:
            told, status = f"{refused.message.capitalize()}.", STATUS.get(refused.code, 401)
            if refused.code == "too_late":
                return await run_in_threadpool(self._ask, request, status, wrong=told, back=back)
            return with_wait(ask_code(self._desk, request, halfway, back, status, told), refused)
        return let_in(self._desk, request, entered, back)

    def leave(self, asked: Asked, _fields: Mapping[str, str]) -> Response:
        self._desk.door.sign_out(asked.token)
        response = redirect(f"{asked.base}/sign-in")
        response.delete_cookie(COOKIE, path=f"{asked.base}/")
        return response


def asker_of(request: Request) -> Asker:
    """Who asks: the address that the connection came from, and what the browser brings."""
    return Asker(request.client.host if request.client else "", request.cookies.get(KNOWN_COOKIE, ""))


def ask_code(desk: Desk, request: Request, halfway: str, back: str, status: int = 200, wrong: str = "") -> Response:
    """The page that asks somebody halfway in for a code."""
    org = request.path_params["org"]
    return desk.rendering.page("code.html", status, org=org, halfway=halfway, back=back, wrong=wrong)


def let_in(desk: Desk, request: Request, entered: Entered | Halfway, back: str) -> Response:
    """Send somebody who was let in to `back`, with the cookies that admit them and prove their browser.

    Who is halfway in is asked for a code.
    """
    if isinstance(entered, Halfway):
        return ask_code(desk, request, entered.proof, back)
    response = redirect(_within(request.path_params["org"], back))
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
