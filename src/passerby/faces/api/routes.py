"""The paths of the API.

Endpoints are plain functions: Starlette runs them on threads, where the store's readers are at home.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from passerby.base.clock import Clock
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId, SessionId
from passerby.faces.api import shapes
from passerby.query.keys import find_key
from passerby.query.sessions import happenings, list_sessions
from passerby.query.users import find_user, list_users, owner_of
from passerby.store.contract import PersonFilter, Reader, Store
from passerby.wire.replies import error_body

STATUS: Final = {
    "unauthorized": 401,
    "forbidden": 403,
    "resource_not_found": 404,
    "invalid_argument": 400,
    "required_field": 400,
}
_SESSIONS_DEFAULT: Final = 20
_SESSIONS_MAX: Final = 1000

_Endpoint = Callable[[Reader, OrgId, Request], Any]


def api_routes(store: Store, clock: Clock) -> list[Route]:
    """The routes, with their `/v2beta` aliases."""

    def guarded(endpoint: _Endpoint) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            try:
                with store.read() as reader:
                    key = find_key(reader, request.headers.get("authorization", ""))
                    if key is None:
                        raise Refusal("unauthorized", "send your API key: Authorization: Basic <key>")
                    return _json(endpoint(reader, key.org, request))
            except Refusal as refused:
                body = error_body(refused.message, refused.code)
                return Response(body, STATUS[refused.code], media_type="application/json")

        return answer

    endpoints: dict[str, _Endpoint] = {
        "/v2/users": _users,
        "/v2/users/{user}": _user,
        "/sessions/v2": lambda reader, org, request: _sessions(reader, org, request, clock.now_ms()),
        "/v2/sessions/{session}/events": _events,
    }
    routes = []
    for path, endpoint in endpoints.items():
        guard = guarded(endpoint)
        routes.append(Route(path, guard, methods=["GET"]))
        if path.startswith("/v2/"):
            routes.append(Route(path.replace("/v2/", "/v2beta/", 1), guard, methods=["GET"]))
    return routes


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", headers={"Cache-Control": "no-store"})


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _flag(request: Request, name: str) -> bool | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if text.lower() not in ("true", "false"):
        raise Refusal("invalid_argument", f"{name} is true or false")
    return text.lower() == "true"


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(_SESSIONS_DEFAULT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _SESSIONS_MAX):
        raise Refusal("invalid_argument", f"limit is a number from 1 to {_SESSIONS_MAX}")
    return int(text)


def _users(reader: Reader, org: OrgId, request: Request) -> Any:
    asked = request.query_params
    wanted = PersonFilter(
        asked.get("uid"), asked.get("email"), asked.get("display_name"), _flag(request, "is_identified")
    )
    page = list_users(reader, org, wanted, asked.get("page_token"))
    answer: dict[str, Any] = {
        "results": [shapes.person_summary(person, _base(request), org) for person in page.people],
        "total_records": str(page.total),
    }
    if page.next_page_token:
        answer["next_page_token"] = page.next_page_token
    return answer


def _user(reader: Reader, org: OrgId, request: Request) -> Any:
    user = find_user(reader, org, request.path_params["user"])
    if user is None:
        raise Refusal("resource_not_found", "no such user")
    return shapes.user_detail(user, _base(request), org, bool(_flag(request, "include_schema")))


def _sessions(reader: Reader, org: OrgId, request: Request, now_ms: int) -> Any:
    asked = request.query_params
    if not asked.get("uid") and not asked.get("email"):
        raise Refusal("required_field", "give uid, email or both")
    page = list_sessions(
        reader, org, asked.get("uid"), asked.get("email"), asked.get("pagination_token"), _limit(request)
    )
    owners = {session.device: owner_of(reader, org, session.device) for session in page.sessions}
    shown = [
        shapes.session_summary(session, owner.id, _base(request), org, now_ms)
        for session in page.sessions
        if (owner := owners[session.device]) is not None
    ]
    return {"sessions": shown, **({"pagination_token": page.next_page_token} if page.next_page_token else {})}


def _events(reader: Reader, org: OrgId, request: Request) -> Any:
    device, _, name = request.path_params["session"].partition(":")
    session = reader.session(org, SessionId(name)) if _is_uuid(name) else None
    if session is None or session.device != device:
        raise Refusal("resource_not_found", "no such session")
    owner = owner_of(reader, org, session.device)
    uid = owner.uid if owner else None
    return {"events": [shapes.happening(found, uid) for found in happenings(reader, org, session.id)]}


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and all(c in "0123456789abcdef-" for c in text) and len(text.replace("-", "")) == 32
