"""The REST API, in the shapes of Fullstory's server API v2."""

from collections.abc import Sequence

from starlette.routing import Route

from passerby.faces.api import (
    annotations,
    batches,
    erasures,
    events,
    legacy,
    openapi,
    operations,
    recording,
    segments,
    sessions,
    users,
    webhooks,
)
from passerby.faces.api.endpoint import Desk, Endpoint
from passerby.faces.api.limiter import Limiter
from passerby.faces.api.routes import routes_of

__all__ = ["ENDPOINTS", "Desk", "api_routes"]

_NOUNS: Sequence[Endpoint] = (
    *batches.ENDPOINTS,
    *users.ENDPOINTS,
    *events.ENDPOINTS,
    *sessions.ENDPOINTS,
    *segments.ENDPOINTS,
    *operations.ENDPOINTS,
    *legacy.ENDPOINTS,
    *webhooks.ENDPOINTS,
    *erasures.ENDPOINTS,
    *annotations.ENDPOINTS,
    *recording.ENDPOINTS,
)
ENDPOINTS: Sequence[Endpoint] = (*openapi.endpoints_of(_NOUNS), *_NOUNS)
"""Every endpoint; of two paths that fit a request the one named first answers."""


def api_routes(desk: Desk, requests_per_second: int = 0) -> list[Route]:
    """The routes. A key may make `requests_per_second`; 0 sets no limit."""
    return routes_of(ENDPOINTS, desk, Limiter(requests_per_second))
