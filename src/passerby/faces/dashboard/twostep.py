"""Two-step sign-in: where members turn it on for themselves, and off (DA-2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import segno
from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import Route

from passerby.access.second import address_of, second_step
from passerby.faces.dashboard.desk import Asked, Desk
from passerby.faces.dashboard.rendering import redirect

_NOTHING: Final[Mapping[str, Any]] = {"codes": (), "is_on": False, "left": 0, "secret": "", "picture": ""}


def twostep_routes(desk: Desk) -> list[Route]:
    """The routes of the page and of its forms."""

    def show(asked: Asked) -> Response:
        return desk.show(asked, "twostep.html", **{**_NOTHING, **_standing(asked)})

    def begin(asked: Asked, _fields: Mapping[str, str]) -> Response:
        desk.door.begin_second_step(asked.org.id, asked.admission.member)
        return redirect(f"{asked.base}/two-step")

    def turn_on(asked: Asked, fields: Mapping[str, str]) -> Response:
        given = (asked.org.id, asked.admission.member, fields.get("code", ""), asked.token)
        codes = desk.door.turn_second_step_on(*given)
        return desk.show(asked, "twostep.html", **{**_NOTHING, "codes": codes})

    def turn_off(asked: Asked, fields: Mapping[str, str]) -> Response:
        desk.door.turn_second_step_off(asked.org.id, asked.admission.member, fields.get("code", ""))
        return redirect(f"{asked.base}/two-step")

    forms = {"begin": begin, "on": turn_on, "off": turn_off}
    return [
        Route("/ui/{org}/two-step", desk.page(show)),
        *[
            Route(f"/ui/{{org}}/two-step/{name}", desk.form(form, "look"), methods=["POST"])
            for name, form in forms.items()
        ],
    ]


def _standing(asked: Asked) -> dict[str, Any]:
    found = second_step(asked.reader, asked.org.id, asked.admission.member)
    if found is None:
        return {}
    if found.is_on:
        return {"is_on": True, "left": len(found.recovery)}
    drawn = segno.make(address_of(asked.org.id, asked.admission.member, found.secret), error="m")
    picture = Markup(drawn.svg_inline(scale=4, border=4, dark="#000", light="#fff"))
    return {"secret": " ".join(found.secret[at : at + 4] for at in range(0, len(found.secret), 4)), "picture": picture}
