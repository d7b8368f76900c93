"""The desk: who may see which page, and what a form must bring to be taken (DA-3).

A page is a function from `Asked` to a response. `Desk.page` makes of one an endpoint that is for members, `Desk.form`
one that changes something: it needs the form's mark, and a request that our own pages made.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec
from python_multipart.exceptions import FormParserError
from starlette.concurrency import run_in_threadpool
from starlette.formparsers import FormParser, MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from passerby.access.attempts import TooManyAttempts
from passerby.access.door import Door, bears, form_mark
from passerby.base.clock import Clock
from passerby.base.errors import Refusal
from passerby.base.ids import Ids, OrgId
from passerby.faces.dashboard.rendering import HEADERS, Rendering, redirect, without_ids
from passerby.model.member import GUEST, RIGHTS, Admission, Right
from passerby.model.org import Org
from passerby.store.contract import Reader, Store

COOKIE: Final = "passerby_pass"
STATUS: Final = {"erased": 410, "too_many_attempts": 429, "busy": 503}
"""What a refusal is answered with, where it is not the face's own to say."""
_FORM_BYTES_MAX: Final = 16 << 10
_FORM_TYPE: Final = "application/x-www-form-urlencoded"


class Office(msgspec.Struct, frozen=True):
    """What the dashboard works with.

    `wake` tells the worker that something is due, `refusals` counts the bundles refused as a whole, by code, and
    `is_leaving` says that the service is about to stop, so that what would go on without end has to end.
    `public_url` is how browsers reach the service, if it stands behind a proxy.
    """

    store: Store
    clock: Clock
    door: Door
    ids: Ids
    wake: Callable[[], None]
    refusals: Callable[[], Mapping[str, int]]
    new_key: Callable[[], str]
    new_password: Callable[[], str]
    is_leaving: Callable[[], bool]
    public_url: str = ""
    new_signing_secret: Callable[[], str] = str


class Asked(msgspec.Struct, frozen=True):
    """A request by somebody who may look, with a reader of this moment."""

    reader: Reader
    org: Org
    admission: Admission
    token: str
    request: Request
    now_ms: int

    @property
    def base(self) -> str:
        """Where the org's pages begin."""
        return f"/ui/{self.org.id}"

    @property
    def rights(self) -> frozenset[Right]:
        """What they may do (DA-1.1)."""
        return RIGHTS[self.admission.role]

    @property
    def is_admin(self) -> bool:
        """Whether they may change settings and members."""
        return "manage" in self.rights


Page = Callable[[Asked], Response]
Form = Callable[[Asked, Mapping[str, str]], Response]


class Desk:
    """Admits requests to pages."""

    def __init__(self, office: Office, rendering: Rendering) -> None:
        self.office = office
        self.store = office.store
        self.clock = office.clock
        self.door = office.door
        self.rendering = rendering
        self._public_url = office.public_url

    def show(self, asked: Asked, template: str, /, status: int = 200, **values: Any) -> Response:
        """A page inside the frame that every member sees; one for a guest has no whole id in it (DA-4.1)."""
        text = self.rendering.text(template, **self.frame(asked), **values)
        return HTMLResponse(without_ids(text) if asked.admission.role == GUEST else text, status, HEADERS)

    def frame(self, asked: Asked) -> dict[str, Any]:
        """What every template of a member's page is given."""
        return {
            "org": asked.org.id,
            "base": asked.base,
            "member": asked.admission.member,
            "role": asked.admission.role,
            "rights": asked.rights,
            "is_admin": asked.is_admin,
            "is_guest": asked.admission.role == GUEST,
            "mark": form_mark(asked.token),
            "here": asked.request.url.path,
            "now_ms": asked.now_ms,
        }

    def origin(self, request: Request) -> str:
        """Scheme and host of the service as a browser sees it."""
        return self._public_url or f"{request.url.scheme}://{request.url.netloc}"

    def page(self, page: Page) -> Callable[[Request], Response]:
        """An endpoint that shows `page` to members and sends others to sign in."""

        def answer(request: Request) -> Response:
            with self.store.read() as reader:
                asked = self.asked(reader, request)
                if asked is None or asked.admission.role == GUEST:
                    return self.to_sign_in(request)
                return page(asked)

        return answer

    def form(self, form: Form, right: Right = "manage") -> Callable[[Request], Any]:
        """An endpoint that takes a form from members: 403 without its mark, or without the right to it."""

        async def take(request: Request) -> Response:
            fields = await self.fields(request)

            def answer() -> Response:
                with self.store.read() as reader:
                    asked = self.asked(reader, request)
                    if asked is None or asked.admission.role == GUEST:
                        return self.to_sign_in(request)
                    genuine = self.is_own(request) and bears(fields.get("mark", ""), asked.token)
                    if not genuine or right not in asked.rights:
                        why = "Your role may not do that." if genuine else "The form is stale: go back and reload."
                        return self.show(asked, "notice.html", 403, title="Not allowed", text=why)
                    try:
                        return form(asked, fields)
                    except Refusal as refused:
                        return self.refuse(asked, refused)

            return await run_in_threadpool(answer)

        return take

    def refuse(self, asked: Asked, refused: Refusal) -> Response:
        """A page that says why nothing was done."""
        text, status = f"{refused.message.capitalize()}.", STATUS.get(refused.code, 400)
        return with_wait(self.show(asked, "notice.html", status, title="Nothing was done", text=text), refused)

    def asked(self, reader: Reader, request: Request) -> Asked | None:
        """The request with what its cookie, or the token in its path, admits to; None if that is nothing."""
        org = reader.org(OrgId(request.path_params["org"]))
        token = request.path_params.get("token") or request.cookies.get(COOKIE, "")
        admission = self.door.admitted(reader, org.id, token) if org else None
        if org is None or admission is None:
            return None
        return Asked(reader, org, admission, token, request, self.clock.now_ms())

    def to_sign_in(self, request: Request) -> Response:
        """Off to the sign-in page, and back here afterwards."""
        org = quote(request.path_params["org"], safe="")
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked_for = f"?next={quote(back, safe='')}" if request.method == "GET" else ""
        return redirect(f"/ui/{org}/sign-in{asked_for}")

    def is_own(self, request: Request) -> bool:
        """Whether one of our own pages made the request, as far as the browser tells.

        `Origin: null` is nobody's page of ours: a sandboxed frame sends it, or a page that hides where it is (DA-3).
        """
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = request.headers.get("origin")
        return origin is None or _host_of(origin) in (request.url.netloc, _host_of(self._public_url) or None)

    async def fields(self, request: Request) -> Mapping[str, str]:
        """The fields of a form, the last of each name; none if it is too large, or no such form."""
        if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM_TYPE:
            return {}
        try:
            form = await FormParser(request.headers, _bounded(request)).parse()
        except (_TooLarge, FormParserError, MultiPartException):
            return {}
        return {name: value for name, value in form.items() if isinstance(value, str)}


def with_wait(response: Response, refused: Refusal) -> Response:
    """The response, which says when to try again if that is known."""
    if isinstance(refused, TooManyAttempts):
        response.headers["Retry-After"] = str(refused.wait_s)
    elif refused.code == "busy":
        response.headers["Retry-After"] = "1"
    return response


class _TooLarge(Exception):
    """A form is longer than forms are."""


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > _FORM_BYTES_MAX:
            raise _TooLarge
        yield chunk


def _host_of(origin: str) -> str:
    """Host and port of an origin; empty for what is none, as `null`."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in ("http", "https") else ""
