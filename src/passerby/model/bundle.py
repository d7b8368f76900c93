"""Bundles: what travels together, and the pieces in which it is kept."""

from __future__ import annotations

import msgspec

from passerby.base.ids import DeviceId, OrgId, PageId, SessionId
from passerby.model.device import Instant
from passerby.model.operation import Identify, Operation, Unproved
from passerby.model.outcome import Noted, Outcome, Refused


class Bundle(msgspec.Struct, frozen=True):
    """A decoded bundle. `operations` ascend in n; `refused` are those that decoding turned away.

    `key` is the device's, which nothing may show or keep (PV-5); empty when none came. `proofs` are the
    signatures of identifies by n, which nothing may keep either; '' is what was none.
    """

    org: OrgId
    device: DeviceId
    session: SessionId
    page: PageId
    started: int
    sent: int
    received_at_ms: int
    sdk: str
    operations: tuple[Operation, ...]
    refused: tuple[Refused, ...] = ()
    notes: tuple[Noted, ...] = ()
    key: str = ""
    proofs: tuple[tuple[int, str], ...] = ()

    @property
    def offset_ms(self) -> int:
        """How far the server's clock is ahead of the client's, transport included."""
        return self.received_at_ms - self.sent


class Piece(msgspec.Struct, frozen=True):
    """The stored row: operations of one device, session and page, ascending in n.

    `started` is the client's word for when the session began. `outcomes` runs beside
    `operations`; `row` is the store's name for a piece it has, 0 for one it has not yet.
    """

    device: DeviceId
    session: SessionId
    page: PageId
    started: int
    offset_ms: int
    received_at_ms: int
    sdk: str
    operations: tuple[Operation, ...]
    outcomes: tuple[Outcome, ...]
    row: int = 0

    def instant(self, operation: Operation) -> Instant:
        """When `operation`, one of this piece's, was made."""
        identifies = isinstance(operation, Identify | Unproved)
        return Instant(self.page, operation.n, operation.t, operation.at, self.offset_ms, identifies)


class Origin(msgspec.Struct, frozen=True):
    """Where a piece on a substitute came from, for those who have the org's secret (AT-3).

    `device` and `page` are keyed marks; `hidden` is the session and page it was reported for, 32 bytes, encrypted.
    """

    device: bytes
    page: bytes
    hidden: bytes


class Receipt(msgspec.Struct, frozen=True):
    """What a page was answered, so that a repeat is answered the same (AT-1). Ascending in n."""

    page: PageId
    device: DeviceId
    outcomes: tuple[tuple[int, Outcome], ...]
