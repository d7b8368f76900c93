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

    def found(request: Request) -> tuple[Org, Invitation] | None:
        with desk.store.read() as reader:
            org = reader.org(OrgId(request.path_params["org"]))
            token = request.path_params["token"]
            invited = invitation(reader, org.id, token, desk.clock.now_ms()) if org else None
        return (org, invited) if org and invited else None

    def provider(request: Request) -> str:
        with desk.store.read() as reader:
            known = provider_of(reader, OrgId(request.path_params["org"]))
        return known.host if known else ""

    def ask(request: Request, invited: Invitation, status: int = 200, name: str = "", wrong: str = "") -> Response:
        return desk.rendering.page(
            "join.html", status, org=request.path_params["org"], path=request.url.path, by=invited.by,
            role=invited.role, name=name, wrong=wrong, password_chars_min=PASSWORD_CHARS_MIN,
            provider=provider(request), token=request.path_params["token"],
        )  # fmt: skip

    def gone(request: Request) -> Response:
        return desk.rendering.page("uninvited.html", 404, org=request.path_params["org"])

    def show(request: Request) -> Response:
        known = found(request)
        return ask(request, known[1]) if known else gone(request)

    def take(request: Request, name: str, password: str) -> Response:
        known = found(request)
        if known is None:
            return gone(request)
        org, invited = known
        if not desk.is_own(request):
            return ask(request, invited, 403, name, "Join from this page, not from another site.")
        if not is_name(name):
            return ask(request, invited, 400, name, _NAME)
        if weakness := password_weakness(password, name, org.id):
            return ask(request, invited, 400, name, f"That password cannot be taken: {weakness}.")
        try:
            member = desk.door.accept(org.id, request.path_params["token"], name, password)
        except Refusal as refused:
            answer = ask(request, invited, STATUS.get(refused.code, 400), name, f"{refused.message.capitalize()}.")
            return with_wait(answer, refused)
        return let_in(desk, request, desk.door.enter(org, member), "")

    async def join(request: Request) -> Response:
        fields = await desk.fields(request)
        return await run_in_threadpool(take, request, fields.get("name", "").strip(), fields.get("password", ""))

    path = "/ui/{org}/join/{token}"
    return [Route(path, show, methods=["GET"]), Route(path, join, methods=["POST"])]
