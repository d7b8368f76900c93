"""API errors: what was refused or left out in the last 24 hours, and how to call correctly (PR-4)."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from passerby.base.units import DAY_MS
from passerby.faces.dashboard.desk import Asked, Desk
from passerby.faces.dashboard.mending import REMEDIES, UNKNOWN, Remedy
from passerby.model.outcome import Complaint

_KINDS_SHOWN: Final = 8


class Trouble(msgspec.Struct, frozen=True):
    """The complaints of one code, the most frequent first, and how to mend it."""

    code: str
    remedy: Remedy
    count: int
    last_at_ms: int
    kinds: list[Complaint]
    left_out: int


def errors_routes(desk: Desk) -> list[Route]:
    """The route of the page."""

    def errors(asked: Asked) -> Response:
        found = asked.reader.complaints(asked.org.id, asked.now_ms - DAY_MS)
        refusals = sorted(desk.office.refusals().items())
        return desk.show(asked, "errors.html", troubles=_troubles(found), refusals=refusals)

    return [Route("/ui/{org}/errors", desk.page(errors))]


def _troubles(complaints: list[Complaint]) -> list[Trouble]:
    """By code, the most frequent first; the hours of one kind are put together."""
    codes: dict[str, dict[tuple[str, ...], Complaint]] = {}
    for told in complaints:
        kinds = codes.setdefault(told.code, {})
        kind = (told.call, told.page, told.sdk, told.name)
        known = kinds.get(kind)
        kinds[kind] = msgspec.structs.replace(known, count=known.count + told.count) if known else told
    troubles = [
        Trouble(
            code,
            REMEDIES.get(code, UNKNOWN),
            sum(told.count for told in kinds.values()),
            max(told.last_at_ms for told in kinds.values()),
            sorted(kinds.values(), key=lambda told: -told.count)[:_KINDS_SHOWN],
            max(0, len(kinds) - _KINDS_SHOWN),
        )
        for code, kinds in codes.items()
    ]
    return sorted(troubles, key=lambda trouble: -trouble.count)
