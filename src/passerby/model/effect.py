"""Effects: what the store is asked to do. A closed union; all of one bundle are applied, or none."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from passerby.base.ids import DeviceId
from passerby.model.bundle import Origin, Piece, Receipt
from passerby.model.device import Binding, Claim, Ending, Seal, Summary


class Bind(msgspec.Struct, frozen=True):
    """Write the binding of an unbound device (ID-1)."""

    device: DeviceId
    binding: Binding


class Close(msgspec.Struct, frozen=True):
    """Seal a device, put its seal elsewhere, or take it off (None), since what seals it can turn out later (AT-2)."""

    device: DeviceId
    seal: Seal | None


class Learn(msgspec.Struct, frozen=True):
    """Remember what pages of a device claimed and where they ended. A fact of the same page and n takes its place."""

    device: DeviceId
    claims: tuple[Claim, ...] = ()
    ends: tuple[Ending, ...] = ()


class Sum(msgspec.Struct, frozen=True):
    """Put the summary of a device's facts in place of the one before; with the first the device is troubled (AT-4)."""

    device: DeviceId
    summary: Summary


class Meet(msgspec.Struct, frozen=True):
    """Remember the keyed hash of a device's key, which it has not had yet (AT-9)."""

    device: DeviceId
    key: bytes


class Hold(msgspec.Struct, frozen=True):
    """Show nothing on a device as anybody's until it is released. A substitute has the mark of its device."""

    device: DeviceId
    mark: bytes = b""


class Release(msgspec.Struct, frozen=True):
    """Hold a device no longer."""

    device: DeviceId


class Keep(msgspec.Struct, frozen=True):
    """Store a piece that is not stored yet; with its origin, if that is another device."""

    piece: Piece
    origin: Origin | None = None


class Drop(msgspec.Struct, frozen=True):
    """Remove a stored piece, because what it held is kept elsewhere now (AT-2).

    Which older user properties stand where those in it stood is seen to with it, unless that is done later (AT-2.3).
    """

    piece: Piece
    is_set_later: bool = False


class Answer(msgspec.Struct, frozen=True):
    """Remember what a bundle was answered (AT-1)."""

    receipt: Receipt


Effect: TypeAlias = Bind | Close | Learn | Sum | Meet | Hold | Release | Keep | Drop | Answer
