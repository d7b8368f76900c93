"""Erasures: what becomes of the wish to be forgotten (PV-2)."""

from __future__ import annotations

import msgspec

from passerby.base.ids import DeviceId, Uid, UserId


class ErasureReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was removed, told without telling of whom. `erased_at_ms` is None until no byte is left (PV-2.1)."""

    id: str
    requested_at_ms: int
    erased_at_ms: int | None = None
    devices: int = 0
    sessions: int = 0
    pieces: int = 0
    operations: int = 0
    properties: int = 0
    records: int = 0


class Erasing(msgspec.Struct, frozen=True, omit_defaults=True):
    """An erasure under way: who, and the devices that were theirs when it was asked for."""

    receipt: str
    user: UserId
    uid: Uid | None
    devices: tuple[DeviceId, ...]
