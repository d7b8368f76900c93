"""Rendering: templates, the headers of every page, and how instants and ids are written.

Everything that came from people's pages is escaped by the templates; no page has a script or style of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from jinja2 import BaseLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, RedirectResponse, Response

from passerby.base.units import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from passerby.model.operation import Consent, End, Event, Identify, Log, Operation, Page, SetProperties, Unproved
from passerby.model.properties import Value
from passerby.wire.instants import iso_text
from passerby.wire.uid import number_text

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_ASSETS: Final = {"style.css": "text/css", "app.js": "text/javascript", "icon.svg": "image/svg+xml"}
_ID: Final = re.compile(r"([0-9a-f]{8})(?:-[0-9a-f]{4}-[0-9a-f][0-9a-f-]*|[0-9a-f]{24})", re.IGNORECASE)
"""An id, with its dashes or without; also one that was cut off behind its third part."""
_UNITS: Final = ((DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "min"), (SECOND_MS, "s"))


class Rendering:
    """The templates and assets of a package of pages; of the dashboard, unless others are named."""

    def __init__(
        self,
        package: str = "passerby.faces.dashboard",
        assets: Mapping[str, str] = _ASSETS,
        loader: BaseLoader | None = None,
    ) -> None:
        self.assets: Mapping[str, tuple[bytes, str]] = {
            name: (files(package).joinpath(name).read_bytes(), kind) for name, kind in assets.items()
        }
        self._templates = Environment(
            loader=loader or PackageLoader(package),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "moment": moment, "iso": iso_text, "lasting": lasting, "roughly": roughly, "short": short, "call": call,
            "detail": detail, "said": said,
        }  # fmt: skip
        self._templates.globals["asset"] = {
            name: f"/ui/{name}?v={hashlib.sha256(body).hexdigest()[:12]}" for name, (body, _) in self.assets.items()
        }

    def text(self, template: str, /, **values: Any) -> str:
        """A template's text."""
        return self._templates.get_template(template).render(**values)

    def page(self, template: str, /, status: int = 200, **values: Any) -> Response:
        """A template as a response."""
        return HTMLResponse(self.text(template, **values), status, HEADERS)


def redirect(where: str) -> Response:
    """Go there by GET."""
    return RedirectResponse(where, 303, HEADERS)


def moment(at_ms: int) -> str:
    """An instant as people read it, in UTC; the page's script writes it in the viewer's zone, as long as this."""
    return iso_text(at_ms)[:19].replace("T", " ")


def lasting(ms: int) -> str:
    """A duration in its two largest units: 3 d 4 h."""
    parts: list[str] = []
    for unit_ms, name in _UNITS:
        count, ms = divmod(max(ms, 0), unit_ms)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "under 1 s"


def roughly(ms: int) -> str:
    """A duration in its largest unit: 3 d."""
    return next((f"{ms // unit_ms} {name}" for unit_ms, name in _UNITS if ms >= unit_ms), "under 1 s")


def short(identifier: str) -> str:
    """The first eight digits of an id."""
    return identifier[:8]


def clipped(text: str, chars: int) -> str:
    """`text`, of which so many characters are left at most."""
    return text if len(text) <= chars else f"{text[: chars - 1]}…"


def without_ids(text: str) -> str:
    """`text` with every id in it shortened, whoever wrote it there (DA-4.1)."""
    return _ID.sub(r"\1…", text)


def call(operation: Operation) -> str:
    """What an operation is called in a list."""
    match operation:
        case Page():
            return "page"
        case Event(type="custom"):
            return "event"
        case Event(type=kind):
            return kind
        case Identify():
            return "identify"
        case Unproved():
            return "identify without proof"
        case SetProperties(type=kind):
            return f"{kind} properties"
        case Consent(granted=granted):
            return "consent given" if granted else "consent withdrawn"
        case Log(level=level):
            return f"log {level}"
        case End(why=why):
            return why


def detail(operation: Operation) -> str:
    """What an operation says in one line, properties aside."""
    match operation:
        case Page(url=url):
            return url
        case Event(name=name):
            return name
        case Identify(uid=uid):
            return uid
        case Log(message=message):
            return message
        case _:
            return ""


def said(value: Value) -> str:
    """A property's value as text: strings bare, numbers as ECMAScript prints them, lists with commas."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return number_text(value)
        case list():
            return ", ".join(said(member) for member in value)
        case _:
            return value
