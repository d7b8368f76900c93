"""The dashboard: pages for people."""

from passerby.faces.dashboard.routes import dashboard_routes

__all__ = ["dashboard_routes"]
