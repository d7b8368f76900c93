"""Users: finding them, and everything about one of them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from passerby.base.errors import Refusal
from passerby.base.ids import SessionId
from passerby.faces.dashboard.annotations import SHOWN_MAX, shown_between
from passerby.faces.dashboard.desk import Asked, Desk
from passerby.faces.dashboard.lanes import ROW, picture_of, reach_of
from passerby.faces.dashboard.listing import listed
from passerby.faces.dashboard.rendering import HEADERS
from passerby.ingest import erasing
from passerby.model.properties import Scalar
from passerby.query.cursor import read, written
from passerby.query.dossier import dossier
from passerby.query.timeline import timeline_of
from passerby.query.users import User, find_user, list_users
from passerby.store.contract import MATCHES_MAX, Person, PersonFilter
from passerby.store.people import count_devices, devices_of, find_person, is_held

_SHOWN: Final = 50
_SESSIONS_SHOWN: Final = 25
_STAYS_DRAWN: Final = 30
_DEVICES_SHOWN: Final = 20


def users_routes(desk: Desk) -> list[Route]:
    """The routes of the list and of one user."""
    pages = _Users(desk)
    return [
        Route("/ui/{org}/user/{user}/erase", desk.form(pages.erase, "erase"), methods=["POST"]),
        Route("/ui/{org}/user/{user}/export", desk.form(pages.export, "export"), methods=["POST"]),
        Route("/ui/{org}/users", desk.page(pages.users)),
        Route("/ui/{org}/user/{user}", desk.page(pages.user)),
        Route("/ui/{org}/user/{user}/lanes", desk.page(pages.lanes)),
    ]


class _Users:
    """The pages of users, and the forms on them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def users(self, asked: Asked) -> Response:
        params = asked.request.query_params
        text, kind = params.get("q", "").strip(), params.get("kind", "")
        token = params.get("page_token") or None
        try:
            page = list_users(asked.reader, asked.org.id, _wanted(text, kind), token, _SHOWN)
        except Refusal:
            page, token = list_users(asked.reader, asked.org.id, _wanted(text, kind), None, _SHOWN), None
        kept = {"q": text, "kind": kind}
        older = f"?{urlencode({**kept, 'page_token': page.next_page_token})}" if page.next_page_token else ""
        first = f"?{urlencode(kept)}" if token else ""
        is_cut = bool(text) and page.total >= MATCHES_MAX
        return self._desk.show(
            asked, "users.html", page=page, text=text, kind=kind, older=older, first=first, is_cut=is_cut,
            origin=self._desk.origin(asked.request),
        )  # fmt: skip

    def user(self, asked: Asked) -> Response:
        found = find_user(asked.reader, asked.org.id, asked.request.path_params["user"])
        if found is None:
            return _missing(self._desk, asked)
        return self._desk.show(asked, "user.html", **_life(asked, found))

    def lanes(self, asked: Asked) -> Response:
        found = find_user(asked.reader, asked.org.id, asked.request.path_params["user"])
        if found is None:
            return _missing(self._desk, asked)
        return self._desk.show(asked, "lanes.html", **_drawn(asked, found))

    def erase(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        found = find_user(asked.reader, asked.org.id, asked.request.path_params["user"])
        if found is None:
            return _missing(self._desk, asked)
        person = found.person
        if fields.get("confirm", "").strip() != (person.uid or person.id[:8]).strip():
            return self._desk.show(asked, "notice.html", 400, title="Nothing was erased", text=_UNCONFIRMED)
        accepted = functools.partial(
            erasing.accept, org=asked.org, person=person, now_ms=asked.now_ms, ids=self._desk.office.ids
        )
        receipt = self._desk.store.submit(accepted).result()
        self._desk.office.wake()
        return self._desk.show(asked, "notice.html", 202, title="Being erased", text=_ACCEPTED.format(receipt))

    def export(self, asked: Asked, _fields: Mapping[str, str]) -> Response:
        org, person = asked.org, find_person(asked.reader, asked.org.id, asked.request.path_params["user"])
        if person is None:
            return _missing(self._desk, asked)
        told = dossier(self._desk.store.read, org.id, person, erasing.going(org), is_indented=True)
        as_file = {"Content-Disposition": f'attachment; filename="user-{person.id[:8]}.json"'}
        return StreamingResponse(iter(told), 200, {**HEADERS, **as_file}, "application/json")


def _missing(desk: Desk, asked: Asked) -> Response:
    if is_held(asked.reader, asked.org.id, asked.request.path_params["user"]):
        return desk.show(asked, "notice.html", 503, title="Being placed again", text=_HELD)
    return desk.show(asked, "notice.html", 404, title="No such user", text=_GONE)


_HELD: Final = "Something came that changes whose all of this is. It shows when that is settled: look in a minute."
_UNCONFIRMED: Final = "What was typed is not what the page asked for. Go back and try again."
_ACCEPTED: Final = "Every byte about this user goes, and what arrives late is turned away. The receipt is {}."
_GONE: Final = "It may have been erased, or the link is from another service."


def _wanted(text: str, kind: str) -> PersonFilter:
    """What a search asks for: `name=value` is a property, anything else what a uid, e-mail or name begins with."""
    identified = {"identified": True, "anonymous": False}.get(kind)
    name, equals, value = text.partition("=")
    if equals and name.strip() and value.strip():
        return PersonFilter(identified=identified, having=(name.strip(), _readings(value.strip())))
    return PersonFilter(identified=identified, prefix=text or None)


def _readings(value: str) -> tuple[Scalar, ...]:
    """The values that text may stand for: itself, and the number or bool that it reads as."""
    readings: list[Scalar] = [value]
    with contextlib.suppress(msgspec.DecodeError):
        read_as = msgspec.json.decode(value)
        if isinstance(read_as, int | float):
            readings += [read_as, float(read_as)] if type(read_as) is int else [read_as]
    return tuple(readings)


def _drawn(asked: Asked, user: User) -> dict[str, Any]:
    timeline = timeline_of(asked.reader, asked.org, user.person.id, asked.now_ms, _STAYS_DRAWN)
    reach = reach_of(timeline)
    annotations = shown_between(asked, *reach) if reach else []
    picture = picture_of(timeline, annotations)
    return {
        "timeline": timeline,
        "picture": picture,
        "row": ROW,
        "user": user,
        "annotations": annotations,
        "annotations_max": SHOWN_MAX,
    }


def _being_placed(asked: Asked, person: Person) -> int:
    """How many devices of somebody who was identified do not show just now (AT-2.3)."""
    return 0 if person.uid is None else asked.reader.count_held_of(asked.org.id, person.uid, _DEVICES_SHOWN)


def _life(asked: Asked, user: User) -> dict[str, Any]:
    after = None
    with contextlib.suppress(Refusal):
        token = asked.request.query_params.get("page_token")
        at_ms, name = read(token) if token else (0, "")
        after = (at_ms, SessionId(name)) if token else None
    found = asked.reader.sessions_of_user(asked.org.id, user.person.id, after, _SESSIONS_SHOWN + 1)
    shown = found[:_SESSIONS_SHOWN]
    older = written(shown[-1].began_at_ms, shown[-1].id) if len(found) > len(shown) else ""
    devices = devices_of(asked.reader, asked.org.id, user.person, None, _DEVICES_SHOWN)
    standings = [asked.reader.device(asked.org.id, device) for device in devices]
    device_count = count_devices(asked.reader, asked.org.id, user.person)
    return {
        **_drawn(asked, user),
        "sessions": listed(asked, shown),
        "being_placed": _being_placed(asked, user.person),
        "is_being_erased": erasing.is_being_erased(asked.reader, asked.org.id, user.person),
        "older": older,
        "standings": standings,
        "device_count": device_count,
        "devices_left_out": device_count - len(standings),
    }
