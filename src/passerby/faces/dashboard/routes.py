"""The pages, under the URL forms of the contract: `/ui/<org>/session/<device>:<session>` opens that session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from passerby.base.clock import Clock
from passerby.base.ids import OrgId, SessionId
from passerby.faces.dashboard import signin
from passerby.model.org import Org
from passerby.model.session import Session
from passerby.query.keys import find_key
from passerby.query.sessions import happenings
from passerby.query.users import find_user, list_users, owner_of
from passerby.store.contract import PersonFilter, Reader, Store

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_SHOWN: Final = 50
_KEY_BYTES_MAX: Final = 4096


class Pages:
    """Renders pages over one store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._templates = Environment(
            loader=PackageLoader("passerby.faces.dashboard"), autoescape=select_autoescape(default=True)
        )
        self._templates.filters["moment"] = _moment

    def _render(self, name: str, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self._templates.get_template(name).render(**values), status, _HEADERS)

    def guarded(self, page: Callable[[Reader, Org, Request], Response]) -> Callable[[Request], Response]:
        """`page` for those who are signed in, the sign-in page for others."""

        def answer(request: Request) -> Response:
            with self._store.read() as reader:
                org = reader.org(OrgId(request.path_params["org"]))
                cookie = request.cookies.get(signin.COOKIE, "")
                if org is None or not signin.admits(org, cookie, self._clock.now_ms()):
                    return self._render("signin.html", 401, org=request.path_params["org"], wrong=False)
                return page(reader, org, request)

        return answer

    async def sign_in(self, request: Request) -> Response:
        """Take an API key and give a ticket for it."""
        name = request.path_params["org"]
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _KEY_BYTES_MAX:
                return self._render("signin.html", 413, org=name, wrong=True)
        given = parse_qs(body.decode("latin-1")).get("key", [""])[0]
        with self._store.read() as reader:
            org = reader.org(OrgId(name))
            key = find_key(reader, f"Basic {given}")
        if org is None or key is None or key.org != org.id:
            return self._render("signin.html", 401, org=name, wrong=True)
        response = RedirectResponse(f"/ui/{org.id}/", 303, _HEADERS)
        response.set_cookie(
            signin.COOKIE,
            signin.ticket(org, self._clock.now_ms()),
            max_age=signin.LASTS_MS // 1000,
            path="/ui/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return response

    def home(self, reader: Reader, org: Org, request: Request) -> Response:
        """Users and sessions, the latest first."""
        token = request.query_params.get("page_token")
        users = list_users(reader, org.id, PersonFilter(), token, _SHOWN)
        sessions = [self._shown(reader, org, session) for session in reader.recent_sessions(org.id, _SHOWN)]
        return self._render("home.html", org=org.id, users=users, sessions=sessions)

    def user(self, reader: Reader, org: Org, request: Request) -> Response:
        """One user: properties and sessions."""
        user = find_user(reader, org.id, request.path_params["user"])
        if user is None:
            return self._render("missing.html", 404, org=org.id, what="user")
        found = reader.sessions_of(org.id, user.devices, None, _SHOWN)
        sessions = [self._shown(reader, org, session) for session in found]
        return self._render("user.html", org=org.id, user=user, sessions=sessions)

    def session(self, reader: Reader, org: Org, request: Request) -> Response:
        """One session: what happened in it."""
        device, _, rest = request.path_params["session"].partition(":")
        name = rest.partition(":")[0]
        session = reader.session(org.id, SessionId(name)) if _is_uuid(name) else None
        if session is None or session.device != device:
            return self._render("missing.html", 404, org=org.id, what="session")
        events = list(happenings(reader, org.id, session.id))
        return self._render("session.html", org=org.id, shown=self._shown(reader, org, session), events=events)

    def _shown(self, reader: Reader, org: Org, session: Session) -> dict[str, Any]:
        ending = session.ending(self._clock.now_ms(), org.settings.idle_ms, org.settings.age_ms)
        return {"session": session, "owner": owner_of(reader, org.id, session.device), "ending": ending}


def dashboard_routes(store: Store, clock: Clock, style: bytes) -> list[Route]:
    """The routes of the pages."""
    pages = Pages(store, clock)

    def stylesheet(_request: Request) -> Response:
        return Response(style, media_type="text/css", headers={"Cache-Control": "public, max-age=300"})

    return [
        Route("/ui/style.css", stylesheet),
        Route("/ui/{org}/sign-in", pages.sign_in, methods=["POST"]),
        Route("/ui/{org}/", pages.guarded(pages.home)),
        Route("/ui/{org}", lambda request: RedirectResponse(f"/ui/{request.path_params['org']}/")),
        Route("/ui/{org}/user/{user}", pages.guarded(pages.user)),
        Route("/ui/{org}/session/{session}", pages.guarded(pages.session)),
    ]


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and all(c in "0123456789abcdef-" for c in text) and len(text.replace("-", "")) == 32
