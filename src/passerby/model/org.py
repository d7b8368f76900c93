"""Orgs: the tenants."""

from __future__ import annotations

import msgspec

from passerby.base.ids import OrgId
from passerby.model.session import AGE_MS, IDLE_MS


class OrgSettings(msgspec.Struct, frozen=True):
    """What an org may choose about capture."""

    capture: bool = True
    idle_ms: int = IDLE_MS
    age_ms: int = AGE_MS
    split_on_identify: bool = False


class Org(msgspec.Struct, frozen=True):
    """One tenant. `secret` (32 bytes) keys every hash that leads to a substitute; it never leaves the store."""

    id: OrgId
    secret: bytes
    settings: OrgSettings = OrgSettings()
