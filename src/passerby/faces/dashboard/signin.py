"""Signing in to the dashboard with an API key.

The cookie holds no key: it holds an expiry and a keyed hash of it, so nothing is kept on the
server and nobody can make one.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from passerby.base.units import DAY_MS
from passerby.model.org import Org

COOKIE: Final = "passerby_dashboard"
LASTS_MS: Final = 7 * DAY_MS


def ticket(org: Org, now_ms: int) -> str:
    """A cookie value that opens this org's pages for a week."""
    expires = str(now_ms + LASTS_MS)
    return f"{expires}.{_mark(org, expires)}"


def admits(org: Org, value: str, now_ms: int) -> bool:
    """Whether a cookie value opens this org's pages now."""
    expires, _, mark = value.partition(".")
    genuine = hmac.compare_digest(mark.encode(), _mark(org, expires).encode())
    return genuine and expires.isdigit() and int(expires) > now_ms


def _mark(org: Org, expires: str) -> str:
    return hmac.new(org.secret, f"dashboard\0{org.id}\0{expires}".encode(), hashlib.sha256).hexdigest()
