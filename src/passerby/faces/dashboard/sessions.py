"""Sessions: what happened in one, why it is whose it is, and a link that shows it to somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from passerby.base.ids import SessionId
from passerby.base.units import DAY_MS, HOUR_MS
from passerby.faces.dashboard.annotations import among, shown_between
from passerby.faces.dashboard.desk import Asked, Desk
from passerby.faces.dashboard.listing import listed
from passerby.model.marks import Marks
from passerby.model.member import GUEST
from passerby.model.properties import Property
from passerby.model.session import Session
from passerby.model.session_name import session_named
from passerby.query.happened import Happening
from passerby.query.sessions import last_until, some_happenings
from passerby.query.why import EXPLAINED_MAX, why_operation, why_session
from passerby.store.contract import Person
from passerby.store.people import find_session, owner_of

_SHOWN: Final = 100
_LASTING: Final = {"1": HOUR_MS, "24": DAY_MS, "168": 7 * DAY_MS}
_GONE: Final = "It may have been erased, or the link is from another service."


def session_routes(desk: Desk) -> list[Route]:
    """The routes of a session, its sharing, and its shared page."""

    def session(asked: Asked) -> Response:
        name = asked.request.path_params["session"]
        found = find_session(asked.reader, asked.org.id, name)
        if found is None:
            return desk.show(asked, "notice.html", 404, title="No such session", text=_GONE)
        named = session_named(name)
        at_ms = named.moment_ms if named else None
        return desk.show(asked, "session.html", **_session(asked, found, at_ms), shared="", lasting=0)

    def share(asked: Asked, fields: Mapping[str, str]) -> Response:
        found = find_session(asked.reader, asked.org.id, asked.request.path_params["session"])
        lasts_ms = _LASTING.get(fields.get("hours", ""))
        if found is None or lasts_ms is None:
            return desk.show(asked, "notice.html", 404, title="No such session", text=_GONE)
        token = desk.door.share(asked.org.id, asked.admission.member, found.id, lasts_ms)
        shared = f"{desk.origin(asked.request)}{asked.base}/shared/{token}"
        return desk.show(
            asked, "session.html", **_session(asked, found, None), shared=shared, lasting=asked.now_ms + lasts_ms
        )

    def shared(request: Request) -> Response:
        with desk.store.read() as reader:
            asked = desk.asked(reader, request)
            shared = asked.admission.session if asked is not None and asked.admission.role == GUEST else None
            found = asked.reader.session(asked.org.id, shared) if asked is not None and shared is not None else None
            if asked is None or found is None:
                return desk.rendering.page("expired.html", 404, org=request.path_params["org"])
            return desk.show(asked, "session.html", **_session(asked, found, None), shared="", lasting=0)

    return [
        Route("/ui/{org}/session/{session}", desk.page(session)),
        Route("/ui/{org}/session/{session}/share", desk.form(share, "share"), methods=["POST"]),
        Route("/ui/{org}/shared/{token}", shared),
    ]


def _session(asked: Asked, session: Session, moment: int | None) -> dict[str, Any]:
    reader, org = asked.reader, asked.org.id
    found = some_happenings(reader, org, session.id, 0, EXPLAINED_MAX)
    start, now = _window(asked, session, moment)
    owner = owner_of(reader, org, session.device)
    device = reader.device(org, session.device)
    shown = [(one, why_operation(device, one)) for one in _part(asked, session, found, start)]
    instants = [one.at_ms for one, _ in shown]
    annotations = shown_between(asked, instants[0], instants[-1]) if instants else []
    return {
        "annotations": among(annotations, instants),
        "one": listed(asked, [session])[0],
        "path": f"{asked.base}/session/{session.device}:{session.id}",
        "why": why_session(reader, asked.org, session, found, asked.now_ms),
        "shown": shown,
        "start": start,
        "size": _SHOWN,
        "total": session.operations,
        "now": now,
        "moment": moment,
        "sdks": sorted({one.piece.sdk for one in found if one.piece.sdk}),
        "page_properties": _page_properties(found),
        **_neighbours(asked, session, owner),
    }  # fmt: skip


def _part(asked: Asked, session: Session, found: list[Happening], start: int) -> list[Happening]:
    """What is shown from `start` on; `found` are the first."""
    if start + _SHOWN <= len(found) or len(found) == session.operations:
        return found[start : start + _SHOWN]
    return some_happenings(asked.reader, asked.org.id, session.id, start, _SHOWN)


def _window(asked: Asked, session: Session, moment: int | None) -> tuple[int, tuple[str, int] | None]:
    """Where the shown part begins, and the operation that was the last at the moment of a `url.now` link.

    The link has the client's clock (SE-5); `t` has it too, moved by what is the device's own (PV-1.1).
    """
    if moment is not None:
        moment += Marks(asked.org.secret).shift_ms(session.device)
        if (last := last_until(asked.reader, asked.org.id, session.id, moment)) is not None:
            index, one = last
            return index // _SHOWN * _SHOWN, (one.piece.page, one.operation.n)
    text = asked.request.query_params.get("from", "")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return start if start < session.operations else 0, None


def _page_properties(found: list[Happening]) -> list[Property]:
    last: dict[str, Property] = {}
    for one in found:
        if getattr(one.operation, "type", "") == "page":
            last |= {kept.name: kept for kept in getattr(one.operation, "properties", ())}
    return [last[name] for name in sorted(last)]


def _neighbours(asked: Asked, session: Session, owner: Person | None) -> dict[str, Any]:
    """The user's sessions before and after this one."""
    if owner is None:
        return {"earlier": None, "later": None}
    place = (session.began_at_ms, SessionId(session.id))
    earlier = asked.reader.sessions_of_user(asked.org.id, owner.id, place, 1)
    return {
        "earlier": earlier[0] if earlier else None,
        "later": asked.reader.next_session_of_user(asked.org.id, owner.id, place),
    }
