"""Orgs: the tenants."""

from __future__ import annotations

from typing import Literal

import msgspec

from passerby.base.ids import OrgId
from passerby.model.session import AGE_MS, IDLE_MS


class Auto(msgspec.Struct, frozen=True):
    """Which events a page captures by itself."""

    click: bool = True
    navigate: bool = True
    exception: bool = True
    visibility: bool = True
    change: bool = True


class Block(msgspec.Struct, frozen=True):
    """What of a page is not captured: elements that a CSS selector finds."""

    selector: str
    block: Literal["exclude", "mask", "unmask"]


class OrgSettings(msgspec.Struct, frozen=True):
    """What an org may choose about capture. `identify`: whether an identify needs a proof (WI-11)."""

    capture: bool = True
    idle_ms: int = IDLE_MS
    age_ms: int = AGE_MS
    split_on_identify: bool = False
    identify: Literal["open", "signed"] = "open"
    auto: Auto = Auto()
    blocks: tuple[Block, ...] = ()


class Org(msgspec.Struct, frozen=True):
    """One tenant. `secret` (32 bytes) keys every hash that leads to a substitute; it never leaves the store."""

    id: OrgId
    secret: bytes
    settings: OrgSettings = OrgSettings()
