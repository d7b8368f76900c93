"""Secrets by which a customer's server proves uids (WI-11)."""

from __future__ import annotations

from typing import Final

import msgspec

VALID_MAX: Final = 2
"""How many secrets of an org are valid at a time: the one in use, and the next."""


class Secret(msgspec.Struct, frozen=True):
    """One secret. `key` is what signs; a retired one has none any more."""

    id: str
    key: bytes | None
    made_at_ms: int
    retired_at_ms: int | None = None
