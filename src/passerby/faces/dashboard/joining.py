"""Joining: where an invitation leads (DA-2.3)."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from passerby.access.identities import provider_of
from passerby.access.invitations import Invitation, invitation
from passerby.access.strength import PASSWORD_CHARS_MIN, password_weakness
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.faces.dashboard.desk import STATUS, Desk, with_wait
from passerby.faces.dashboard.members import is_name
from passerby.faces.dashboard.signin import let_in
from passerby.model.org import Org

_NAME: Final = "A name has 1 to 64 characters."


def joining_routes(desk: Desk) -> list[Route]:
    """The routes of an invitation's page and its form."""
    pages = _Joining(desk)
    path = "/ui/{org}/join/{token}"
    return [Route(path, pages.show, methods=["GET"]), Route(path, pages.join, methods=["POST"])]


class _Joining:
    """The page of an invitation, and its form."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def _found(self, request: Request) -> tuple[Org, Invitation] | None:
        with self._desk.store.read() as reader:
            org = reader.org(OrgId(request.path_params["org"]))
            token = request.path_params["token"]
            invited = invitation(reader, org.id, token, self._desk.clock.now_ms()) if org else None
        return (org, invited) if org and invited else None

    def _provider(self, request: Request) -> str:
        with self._desk.store.read() as reader:
            known = provider_of(reader, OrgId(request.path_params["org"]))
        return known.host if known else ""

    def _ask(
        self, request: Request, invited: Invitation, status: int = 200, name: str = "", wrong: str = ""
    ) -> Response:
        return self._desk.rendering.page(
            "join.html", status, org=request.path_params["org"], path=request.url.path, by=invited.by,
            role=invited.role, name=name, wrong=wrong, password_chars_min=PASSWORD_CHARS_MIN,
            provider=self._provider(request), token=request.path_params["token"],
        )  # fmt: skip

    def _gone(self, request: Request) -> Response:
        return self._desk.rendering.page("uninvited.html", 404, org=request.path_params["org"])

    def show(self, request: Request) -> Response:
        known = self._found(request)
        return self._ask(request, known[1]) if known else self._gone(request)

    def _take(self, request: Request, name: str, password: str) -> Response:
        known = self._found(request)
        if known is None:
            return self._gone(request)
        org, invited = known
        if not self._desk.is_own(request):
            return self._ask(request, invited, 403, name, "Join from this page, not from another site.")
        if not is_name(name):
            return self._ask(request, invited, 400, name, _NAME)
        if weakness := password_weakness(password, name, org.id):
            return self._ask(request, invited, 400, name, f"That password cannot be taken: {weakness}.")
        try:
            member = self._desk.door.accept(org.id, request.path_params["token"], name, password)
        except Refusal as refused:
            answer = self._ask(
                request, invited, STATUS.get(refused.code, 400), name, f"{refused.message.capitalize()}."
            )
            return with_wait(answer, refused)
        return let_in(self._desk, request, self._desk.door.enter(org, member), "")

    async def join(self, request: Request) -> Response:
        fields = await self._desk.fields(request)
        return await run_in_threadpool(self._take, request, fields.get("name", "").strip(), fields.get("password", ""))
