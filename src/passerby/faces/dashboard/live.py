"""Live: operations as they arrive, sent to the page as they are stored (server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import islice
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from passerby.base.ids import DeviceId, OrgId
from passerby.faces.dashboard.desk import Asked, Desk
from passerby.faces.dashboard.rendering import HEADERS
from passerby.model.bundle import Piece
from passerby.model.member import GUEST
from passerby.store.contract import Person, Reader
from passerby.store.people import owner_of

_SHOWN: Final = 40
_EVERY_S: Final = 1.0
_SIGN_IN: Final = b'{"message":"sign in first","code":"unauthorized"}'
_TURNS: Final = 600
"""A stream ends after so many turns; the browser then asks again, and is admitted again."""


def live_routes(desk: Desk) -> list[Route]:
    """The routes of the page and of its stream."""

    def live(asked: Asked) -> Response:
        row = asked.reader.last_row(asked.org.id)
        _, pieces = arrived(asked.reader, asked.org.id, max(0, row - _SHOWN))
        arrivals = _arrivals(asked.reader, asked.org.id, pieces)
        return desk.show(asked, "live.html", arrivals=arrivals, row=row, origin=desk.origin(asked.request))

    async def stream(request: Request) -> Response:
        text = request.headers.get("last-event-id") or request.query_params.get("after", "")
        row = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
        if await run_in_threadpool(_look, desk, request, row) is None:
            return Response(_SIGN_IN, 401, HEADERS, "application/json")
        return StreamingResponse(_events(desk, request, row), 200, HEADERS, "text/event-stream")

    return [Route("/ui/{org}/live", desk.page(live)), Route("/ui/{org}/live/stream", stream)]


async def _events(desk: Desk, request: Request, row: int) -> AsyncIterator[str]:
    """Events of rendered rows, each with the row to go on behind; a comment when nothing arrived."""
    for _ in range(_TURNS):
        if desk.office.is_leaving() or await request.is_disconnected():
            return
        found = await run_in_threadpool(_look, desk, request, row)
        if found is None:
            return
        row, text = found
        lines = "".join(f"data: {line}\n" for line in text.splitlines() if line.strip())
        yield f"id: {row}\n{lines}\n" if lines else ": nothing yet\n\n"
        await asyncio.sleep(_EVERY_S)


def _look(desk: Desk, request: Request, row: int) -> tuple[int, str] | None:
    """The last row seen, and what arrived behind `row` as text; None for somebody who may not look (any more)."""
    with desk.store.read() as reader:
        asked = desk.asked(reader, request)
        if asked is None or asked.admission.role == GUEST:
            return None
        count, pieces = arrived(reader, asked.org.id, row)
        if count == _SHOWN:
            row = max(row, reader.last_row(asked.org.id) - _SHOWN)
            _, pieces = arrived(reader, asked.org.id, row)
        if not pieces:
            return row, ""
        arrivals = _arrivals(reader, asked.org.id, pieces)
        return pieces[-1].row, desk.rendering.text("arrivals.html", **desk.frame(asked), arrivals=arrivals)


def arrived(reader: Reader, org: OrgId, row: int) -> tuple[int, list[Piece]]:
    """How many of the first pieces behind `row` there are, and those with the last operations, which alone are kept."""
    count, found = 0, list[Piece]()
    while count < _SHOWN and (page := reader.pieces_after(org, row, 1)):
        count, row, found = count + 1, page[0].row, found + page
        while sum(len(piece.operations) for piece in found[1:]) >= _SHOWN:
            del found[0]
    return count, found


def _arrivals(reader: Reader, org: OrgId, pieces: list[Piece]) -> list[dict[str, Any]]:
    """The last operations of these pieces, the latest first, each with whose it is."""
    owners: dict[DeviceId, Person | None] = {p.device: owner_of(reader, org, p.device) for p in pieces}
    latest = (
        {"piece": piece, "operation": operation, "outcome": outcome, "owner": owners[piece.device]}
        for piece in reversed(pieces)
        for operation, outcome in zip(reversed(piece.operations), reversed(piece.outcomes), strict=True)
    )
    return list(islice(latest, _SHOWN))
