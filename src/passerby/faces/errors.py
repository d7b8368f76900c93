"""What is answered where no face has an answer: a path that nobody has, a method that is not for it (AP-20).

Programs get `{"message", "code"}`. A browser that asks for one of the dashboard's paths gets a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from passerby.base.errors import StoreError

Page = Callable[[Request, int], Response]
"""A page that says what is wrong with a request, for its status."""

_TOLD: Final[Mapping[int, tuple[str, str]]] = {
    404: ("resource_not_found", "no such path: see /v2/docs"),
    405: ("method_not_allowed", "that method is not for this path"),
    503: ("unavailable", "the store cannot take this now: send it again"),
    500: ("server_error", "the service failed; the log says where"),
}
_NO_STORE: Final = {"Cache-Control": "no-store"}
_DASHBOARD: Final = re.compile(r"/ui(?:/|\Z)")


def error_handlers(page: Page) -> dict[Any, Callable[[Request, Exception], Response]]:
    """The handlers of a Starlette application; `page` is the dashboard's."""

    def answered(request: Request, status: int, headers: Mapping[str, str]) -> Response:
        response = page(request, status) if _is_for_people(request) else _failure(status)
        response.headers.update(headers)
        return response

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answered(request, error.status_code, error.headers or {})

    def unavailable(request: Request, _error: Exception) -> Response:
        return answered(request, 503, {"Retry-After": "1"})

    def failed(request: Request, _error: Exception) -> Response:
        return answered(request, 500, {})

    return {HTTPException: refused, StoreError: unavailable, Exception: failed}


def _failure(status: int) -> Response:
    phrase = HTTPStatus(status).phrase.lower()
    code, message = _TOLD.get(status, (phrase.replace(" ", "_"), phrase))
    body = msgspec.json.encode({"message": message, "code": code})
    return Response(body, status, _NO_STORE, "application/json")


def _is_for_people(request: Request) -> bool:
    """Whether a browser asks for one of the dashboard's paths."""
    return bool(_DASHBOARD.match(request.url.path)) and "text/html" in request.headers.get("accept", "")
