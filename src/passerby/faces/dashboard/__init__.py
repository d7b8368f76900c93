"""The dashboard: pages for people."""

from passerby.faces.dashboard.desk import Office
from passerby.faces.dashboard.entrance import page_beside
from passerby.faces.dashboard.routes import dashboard_routes

__all__ = ["Office", "dashboard_routes", "page_beside"]
