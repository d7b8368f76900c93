"""The shop as an application: goods, logins that live in memory, and the panel that shows what Passerby made of it.

It knows its customers only by its own cookie. The panel is the one place that looks at Passerby's store; it is told by
the page which devices this browser has been, which Passerby itself does not know (PV-1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from jinja2 import ChoiceLoader, PackageLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from passerby.base.clock import Clock
from passerby.base.ids import DeviceId, OrgId, is_uuid
from passerby.demo.people import GOODS
from passerby.faces.dashboard.lanes import ROW, picture_of
from passerby.faces.dashboard.rendering import Rendering
from passerby.query.timeline import timeline_of_devices
from passerby.store.contract import Store
from passerby.store.people import owner_of

COOKIE: Final = "shop_login"
INCOGNITO: Final = "shop_incognito"
CUSTOMERS: Final = {
    "ada": {"uid": "demo-ada", "displayName": "Ada Byron", "email": "ada@mail.example", "plan": "premium"},
    "bo": {"uid": "demo-bo", "displayName": "Bo Lindqvist", "email": "bo@mail.example", "plan": "free"},
}
WORKSPACES: Final = ("Home", "Studio")
_LOGINS_MAX: Final = 1000
_DEVICES_MAX: Final = 8
_STAYS_DRAWN: Final = 24
_ASSETS: Final = {"shop.css": "text/css", "shop.js": "text/javascript"}


class Shop(msgspec.Struct, frozen=True):
    """What the shop works with. `service` is the address of Passerby; `new_token` draws a login's name."""

    store: Store
    clock: Clock
    org: OrgId
    service: str
    new_token: Callable[[], str]


class _Login(msgspec.Struct):
    customer: str
    workspace: str = WORKSPACES[0]


def shop_app(shop: Shop) -> Starlette:
    """The shop, ready to be served on an origin of its own."""
    return Starlette(routes=_Counter(shop).routes())


class _Counter:
    """Serves customers, and remembers who is logged in."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._logins: dict[str, _Login] = {}
        loader = ChoiceLoader([PackageLoader("passerby.demo.shop"), PackageLoader("passerby.faces.dashboard")])
        self._rendering = Rendering("passerby.demo.shop", _ASSETS, loader)
        self._dashboard = Rendering()

    def routes(self) -> list[Route]:
        """All paths of the shop."""
        return [
            Route("/", self._page("goods.html")),
            Route("/goods/{slug}", self._page("good.html")),
            Route("/checkout/{slug}", self._page("checkout.html")),
            Route("/thanks", self._page("thanks.html")),
            Route("/state", self._state),
            Route("/log-in/{customer}", self._log_in, methods=["POST"]),
            Route("/log-out", self._log_out, methods=["POST"]),
            Route("/workspace/{workspace}", self._switch, methods=["POST"]),
            Route("/panel", self._panel),
            *[Route(f"/{name}", self._asset) for name in (*_ASSETS, *self._dashboard.assets)],
        ]

    def _page(self, template: str) -> Callable[[Request], Response]:
        def page(request: Request) -> Response:
            goods = {slug: (name, price) for slug, name, price in GOODS}
            slug = request.path_params.get("slug", "")
            if slug and slug not in goods:
                return self._html("goods.html", 404, request, goods=goods, slug="")
            return self._html(template, 200, request, goods=goods, slug=slug)

        return page

    def _html(self, template: str, status: int, request: Request, **values: Any) -> Response:
        """A page that says whom it was made for; empty: nobody, as it is for who looks around incognito."""
        shop, login = self._shop, self._login(request)
        is_seen = login is not None and request.cookies.get(INCOGNITO) != "1"
        user = CUSTOMERS[login.customer]["uid"] if login is not None and is_seen else ""
        told = {"service": shop.service, "org": shop.org, "customers": CUSTOMERS, "workspaces": WORKSPACES}
        text = self._rendering.text(template, user=user, **told, **values)
        policy = (
            f"default-src 'none'; script-src 'self' {shop.service}; style-src 'self'; img-src 'self';"
            f" connect-src 'self' {shop.service}; base-uri 'none'; frame-ancestors 'none'"
        )
        return HTMLResponse(text, status, {"Content-Security-Policy": policy, "Cache-Control": "no-store"})

    def _asset(self, request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        body, kind = (self._rendering if name in _ASSETS else self._dashboard).assets[name]
        return Response(body, media_type=kind, headers={"Cache-Control": "no-cache"})

    def _login(self, request: Request) -> _Login | None:
        return self._logins.get(request.cookies.get(COOKIE, ""))

    def _told(self, login: _Login | None) -> Response:
        customer = {**CUSTOMERS[login.customer], "workspace": login.workspace} if login else None
        return JSONResponse({"customer": customer}, headers={"Cache-Control": "no-store"})

    def _state(self, request: Request) -> Response:
        return self._told(self._login(request))

    def _log_in(self, request: Request) -> Response:
        customer = request.path_params["customer"]
        if customer not in CUSTOMERS or len(self._logins) >= _LOGINS_MAX:
            return JSONResponse({"customer": None}, 404)
        self._logins.pop(request.cookies.get(COOKIE, ""), None)
        token = self._shop.new_token()
        login = self._logins[token] = _Login(customer)
        response = self._told(login)
        # Not strict: who comes by a link from elsewhere is to be known to the page that is made for them.
        response.set_cookie(COOKIE, token, httponly=True, samesite="lax")
        return response

    def _log_out(self, request: Request) -> Response:
        self._logins.pop(request.cookies.get(COOKIE, ""), None)
        return self._told(None)

    def _switch(self, request: Request) -> Response:
        login, workspace = self._login(request), request.path_params["workspace"]
        if login is not None and workspace in WORKSPACES:
            login.workspace = workspace
        return self._told(login)

    def _panel(self, request: Request) -> Response:
        """The lanes of the devices that this browser says it has been, the latest first."""
        shop = self._shop
        asked = request.query_params.get("devices", "").split(",")[-_DEVICES_MAX:]
        devices = [DeviceId(device) for device in asked if is_uuid(device)]
        with shop.store.read() as reader:
            org = reader.org(shop.org)
            if org is None:
                return HTMLResponse("", 404)
            timeline = timeline_of_devices(reader, org, devices, shop.clock.now_ms(), _STAYS_DRAWN)
            owners = {lane.device: owner_of(reader, org.id, lane.device) for lane in timeline.lanes}
        text = self._rendering.text(
            "panel.html", picture=picture_of(timeline), row=ROW, owners=owners, base=f"{shop.service}/ui/{org.id}"
        )
        return HTMLResponse(text, headers={"Cache-Control": "no-store"})
