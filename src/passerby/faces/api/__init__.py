"""The REST API, in the shapes of Fullstory's server API v2."""

from passerby.faces.api.routes import api_routes

__all__ = ["api_routes"]
