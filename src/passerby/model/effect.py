"""Effects: what the store is asked to do. A closed union; all of one bundle are applied, or none."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from passerby.base.ids import DeviceId
from passerby.model.bundle import Piece, Receipt
from passerby.model.device import Binding, Gap, Seal


class Bind(msgspec.Struct, frozen=True):
    """Write the binding of an unbound device (ID-1)."""

    device: DeviceId
    binding: Binding


class Close(msgspec.Struct, frozen=True):
    """Seal a device, or put its seal earlier (AT-2)."""

    device: DeviceId
    seal: Seal


class Divert(msgspec.Struct, frozen=True):
    """Give a part of a device's time to a substitute (AT-4.1)."""

    device: DeviceId
    gap: Gap


class Keep(msgspec.Struct, frozen=True):
    """Store a piece that is not stored yet."""

    piece: Piece


class Drop(msgspec.Struct, frozen=True):
    """Remove a stored piece, because what it held is kept elsewhere now (AT-2)."""

    piece: Piece


class Answer(msgspec.Struct, frozen=True):
    """Remember what a bundle was answered (AT-1)."""

    receipt: Receipt


Effect: TypeAlias = Bind | Close | Divert | Keep | Drop | Answer
