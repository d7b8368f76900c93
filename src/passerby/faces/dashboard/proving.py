"""Signed identify: the secrets by which an org's server proves uids, and whether it has to (WI-11). For admins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from passerby.base.errors import Refusal
from passerby.faces.dashboard.desk import Asked, Desk
from passerby.faces.dashboard.rendering import redirect
from passerby.ingest.proving import UNSIGNED_MS, add_secret, demand, retire_secret
from passerby.store.contract import Transaction

_MADE: Final = "The new secret, which is shown once:"


def proving_routes(desk: Desk) -> list[Route]:
    """The routes of the page and of its forms."""

    def show(asked: Asked, status: int = 200, told: str = "", secret: str = "") -> Response:
        with desk.store.read() as reader:
            org = reader.org(asked.org.id) or asked.org
            values: dict[str, Any] = {
                "identify": org.settings.identify,
                "secrets": reader.secrets(org.id) if asked.is_admin else [],
                "unsigned": reader.unsigned(org.id, asked.now_ms - UNSIGNED_MS),
                "told": told,
                "secret": secret,
            }
            return desk.show(msgspec.structs.replace(asked, reader=reader, org=org), "proving.html", status, **values)

    def done(asked: Asked, work: Callable[[Transaction], object], told: str = "", secret: str = "") -> Response:
        try:
            desk.store.submit(work).result()
        except Refusal as refused:
            return show(asked, 400, refused.message)
        return show(asked, 200, told, secret) if told else redirect(f"{asked.base}/signed-identify")

    def make(asked: Asked, _fields: Mapping[str, str]) -> Response:
        text = desk.office.new_signing_secret()
        return done(asked, lambda work: add_secret(work, asked.org.id, text, asked.now_ms), _MADE, text)

    def retire(asked: Asked, fields: Mapping[str, str]) -> Response:
        return done(asked, lambda work: retire_secret(work, asked.org.id, fields.get("secret", ""), asked.now_ms))

    def choose(asked: Asked, fields: Mapping[str, str]) -> Response:
        given, is_signed = (asked.org.id, asked.admission.member, asked.now_ms), "signed" in fields
        return done(asked, lambda work: demand(work, *given, is_signed=is_signed))

    forms = {"new": make, "retire": retire, "demand": choose}
    return [
        Route("/ui/{org}/signed-identify", desk.page(show)),
        *[
            Route(f"/ui/{{org}}/signed-identify/{name}", desk.form(form), methods=["POST"])
            for name, form in forms.items()
        ],
    ]
