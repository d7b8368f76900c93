"""Signing in at the org's identity provider: off to it, and back (DA-2.4).

What only the browser that began may bring back travels in a cookie that the service signed. The way out is a link
and no form, because a page's policy lets forms lead to this service alone (DA-5).
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable, Mapping
from typing import Final

import anyio.from_thread
import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from passerby.access import identities
from passerby.access.attempts import Limit, network_of
from passerby.access.proofs import proof, proved
from passerby.access.provider import Errand, Proven, Provider, is_safe
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.base.token import digest
from passerby.base.units import MINUTE_MS
from passerby.faces.dashboard.desk import STATUS, Asked, Desk, with_wait
from passerby.faces.dashboard.members import Show
from passerby.faces.dashboard.rendering import redirect
from passerby.faces.dashboard.signin import asker_of, let_in
from passerby.model.member import Member
from passerby.model.org import Org
from passerby.store.contract import Transaction

COOKIE: Final = "passerby_errand"
ERRANDS: Final = Limit(30, 300)
_PURPOSE: Final = "errand"
_LASTS_MS: Final = 10 * MINUTE_MS
_TEXT_CHARS_MAX: Final = 500
_FORM: Final = "An issuer is the https address of your provider, and it has given you a client id and a secret."


class _Aim(msgspec.Struct, frozen=True):
    """What an errand is for: the page to go on to, an invitation to use, or the sign-in that connects its account."""

    back: str = ""
    invitation: str = ""
    connects: str = ""


def provider_routes(desk: Desk, show: Show) -> list[Route]:
    """The routes to the provider and back, and of its settings."""
    pages = _Errands(desk, show)
    return [
        Route("/ui/{org}/sign-in/provider", pages.begin, methods=["GET"]),
        Route("/ui/{org}/sign-in/provider/back", pages.back, methods=["GET"]),
        Route("/ui/{org}/settings/connect", desk.form(pages.connect, "look"), methods=["POST"]),
        Route("/ui/{org}/settings/provider", desk.form(pages.put), methods=["POST"]),
        Route("/ui/{org}/settings/remove-provider", desk.form(pages.remove), methods=["POST"]),
    ]


class _Errands:
    """The ways to the provider and back, and the forms of its settings."""

    def __init__(self, desk: Desk, show: Show) -> None:
        self._desk = desk
        self._show = show

    def begin(self, request: Request) -> Response:
        """Off to the provider."""
        aim = _Aim(request.query_params.get("next", "")[:_TEXT_CHARS_MAX], request.query_params.get("invitation", ""))
        found = _found(self._desk, request)
        if found is None:
            return _sorry(self._desk, request, Refusal("not_found", "this org has no identity provider"))
        try:
            errand = _errand(self._desk, request)
            address = _address(self._desk, request, found[1], errand)
        except Refusal as refused:
            return _sorry(self._desk, request, refused)
        return _with_errand(self._desk, found[0], request, redirect(address), errand, aim)

    def connect(self, asked: Asked, _fields: Mapping[str, str]) -> Response:
        provider = identities.provider_of(asked.reader, asked.org.id)
        if provider is None:
            raise Refusal("not_found", "this org has no identity provider")
        errand = _errand(self._desk, asked.request)
        address = _address(self._desk, asked.request, provider, errand)
        page = self._desk.show(asked, "onward.html", address=address, provider=provider.host)
        aim = _Aim(connects=digest(asked.token).hex())
        return _with_errand(self._desk, asked.org, asked.request, page, errand, aim)

    async def back(self, request: Request) -> Response:
        """Back from the provider."""
        try:
            response = await _arrive(self._desk, request)
        except Refusal as refused:
            response = await run_in_threadpool(_sorry, self._desk, request, refused)
        response.delete_cookie(COOKIE, path=f"/ui/{request.path_params['org']}/sign-in/")
        return response

    def put(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        known = identities.provider_of(asked.reader, asked.org.id)
        secret = fields.get("client_secret", "") or (known.client_secret if known else "")
        chosen = Provider(fields.get("issuer", "").strip(), fields.get("client_id", "").strip(), secret)
        if known and known.issuer != chosen.issuer and not fields.get("client_secret"):
            return self._show(asked, 400, "Another issuer has given you another secret.")
        if not is_safe(chosen.issuer) or not all(1 <= len(one) <= _TEXT_CHARS_MAX for one in _texts(chosen)):
            return self._show(asked, 400, _FORM)
        return _keep(self._desk, asked, chosen)

    def remove(self, asked: Asked, _fields: Mapping[str, str]) -> Response:
        return _keep(self._desk, asked, None)


async def _arrive(desk: Desk, request: Request) -> Response:
    """Let somebody in who is back from the provider. Refusal."""
    asker = asker_of(request)
    attempt = desk.door.attempts.by(f"errand {network_of(asker.address)}", ERRANDS)
    found = await run_in_threadpool(_found, desk, request)
    told = request.query_params
    if found is None:
        raise Refusal("not_found", "this org has no identity provider")
    org, provider = found
    errand, aim = _brought(desk, org, request)
    if "error" in told or told.get("iss", provider.issuer) != provider.issuer:
        raise Refusal("provider_failed", "your identity provider did not let you in")
    proven = await desk.door.messenger.proven(provider, errand, told.get("code", ""))

    def enter() -> Response:
        with desk.store.read() as reader:
            asked = desk.asked(reader, request)
        if aim.connects:
            if asked is None or digest(asked.token).hex() != aim.connects:
                raise Refusal("not_signed_in", "you have signed out meanwhile")
            name = asked.admission.member
            desk.store.submit(lambda t: identities.connect(t, org.id, proven, name)).result()
            return redirect(f"{asked.base}/settings")
        return let_in(desk, request, desk.door.by_identity(org, _who(desk, org, proven, aim), asker), aim.back)

    response = await run_in_threadpool(enter)
    desk.door.attempts.forgive(attempt)
    return response


def _who(desk: Desk, org: Org, proven: Proven, aim: _Aim) -> Callable[[Transaction], Member]:
    if aim.invitation:
        now_ms = desk.clock.now_ms()
        return lambda transaction: identities.join(transaction, org.id, proven, aim.invitation, now_ms)
    return lambda transaction: identities.recognised(transaction, org.id, proven)


def _found(desk: Desk, request: Request) -> tuple[Org, Provider] | None:
    with desk.store.read() as reader:
        org = reader.org(OrgId(request.path_params["org"]))
        provider = identities.provider_of(reader, org.id) if org else None
    return (org, provider) if org and provider else None


def _errand(desk: Desk, request: Request) -> Errand:
    new = desk.door.new_token
    back_url = f"{desk.origin(request)}/ui/{request.path_params['org']}/sign-in/provider/back"
    return Errand(new(), new(), new(), back_url)


def _address(desk: Desk, request: Request, provider: Provider, errand: Errand) -> str:
    attempt = desk.door.attempts.by(f"errand {network_of(asker_of(request).address)}", ERRANDS)
    address = anyio.from_thread.run(desk.door.messenger.address, provider, errand)
    desk.door.attempts.forgive(attempt)
    return address


def _with_errand(desk: Desk, org: Org, request: Request, response: Response, errand: Errand, aim: _Aim) -> Response:
    until = str(desk.clock.now_ms() + _LASTS_MS)
    said = (errand.state, errand.nonce, errand.verifier, aim.back, aim.invitation, aim.connects, until)
    response.set_cookie(
        COOKIE,
        proof(org, _PURPOSE, *said),
        max_age=_LASTS_MS // 1000,
        path=f"/ui/{org.id}/sign-in/",
        secure=desk.origin(request).startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


def _brought(desk: Desk, org: Org, request: Request) -> tuple[Errand, _Aim]:
    """The errand that this browser began and the provider answers. Refusal: `too_late`."""
    said = proved(org, _PURPOSE, request.cookies.get(COOKIE, ""))
    state = request.query_params.get("state", "")
    if said is None or desk.clock.now_ms() >= int(said[6]) or not hmac.compare_digest(said[0].encode(), state.encode()):
        raise Refusal("too_late", "that took too long, or began in another browser: begin again")
    back_url = f"{desk.origin(request)}/ui/{org.id}/sign-in/provider/back"
    return Errand(said[0], said[1], said[2], back_url), _Aim(said[3], said[4], said[5])


def _sorry(desk: Desk, request: Request, refused: Refusal) -> Response:
    status = {"not_found": 404, "provider_failed": 502, **STATUS}.get(refused.code, 403)
    org, told = request.path_params["org"], f"{refused.message.capitalize()}."
    return with_wait(desk.rendering.page("unproven.html", status, org=org, text=told), refused)


def _keep(desk: Desk, asked: Asked, provider: Provider | None) -> Response:
    put = functools.partial(identities.put_provider, org=asked.org.id, provider=provider)
    desk.store.submit(put).result()
    return redirect(f"{asked.base}/settings")


def _texts(provider: Provider) -> tuple[str, ...]:
    return provider.issuer, provider.client_id, provider.client_secret
