"""The dossier: everything that is held about one user, as one document (PV-2.3)."""

from __future__ import annotations

from typing import Any

import msgspec

from passerby.base.ids import DeviceId, OrgId
from passerby.query.happened import Timekeeper
from passerby.query.users import User
from passerby.store.contract import Reader
from passerby.store.people import device_pages


def dossier(reader: Reader, org: OrgId, user: User) -> dict[str, Any]:
    """Names, properties, devices with all their operations; instants in ms since 1970, `made_at_ms` that of AT-8."""
    return {
        "user": msgspec.to_builtins(user.person),
        "properties": [
            {
                "name": kept.property.name,
                "type": kept.property.type,
                "value": kept.property.value,
                "set_at_ms": kept.instant.at,
                "device": kept.device,
            }
            for kept in user.properties
        ],
        "devices": [_device(reader, org, device) for page in device_pages(reader, org, user.person) for device in page],
    }


def _device(reader: Reader, org: OrgId, name: DeviceId) -> dict[str, Any]:
    device, timekeeper = reader.device(org, name), Timekeeper(org)
    return {
        "id": name,
        "binding": msgspec.to_builtins(device.binding),
        "seal": msgspec.to_builtins(device.seal),
        "pieces": [
            {
                "session": None if str(piece.session) == piece.device else piece.session,
                "page": piece.page,
                "sdk": piece.sdk,
                "received_at_ms": piece.received_at_ms,
                "operations": [
                    {**msgspec.to_builtins(operation), "outcome": outcome.value, "made_at_ms": at_ms}
                    for operation, outcome, at_ms in zip(
                        piece.operations, piece.outcomes, timekeeper.times(reader, piece), strict=True
                    )
                ],
            }
            for piece in reader.pieces_of_device(org, name)
        ],
    }
