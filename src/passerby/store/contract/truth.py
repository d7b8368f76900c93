"""The truth: pieces with their origins, devices (bindings, seals, keys, facts) and receipts.

All else that an engine keeps of devices and people follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import msgspec

from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid, UserId
from passerby.model.bundle import Origin, Piece, Receipt
from passerby.model.device import Claim, Device, Ending, Instant
from passerby.model.effect import Effect


class PieceMark(msgspec.Struct, frozen=True):
    """What of a piece tells when its operations were made and how many they are, without these."""

    row: int
    page: PageId
    first_n: int
    last_n: int
    offset_ms: int
    earliest_ms: int
    latest_ms: int
    operations: int


class Removed(msgspec.Struct, frozen=True):
    """How much of a device was removed, or would be."""

    pieces: int = 0
    operations: int = 0
    sessions: int = 0
    properties: int = 0
    receipts: int = 0


PIECE_WEIGHT: Final = 9
Stored = tuple[Piece, Origin | None]
Place = tuple[int, int]
"""Where a piece stands in its session: the server time of its earliest operation, and its row."""


class TruthReader(Protocol):
    """Devices and pieces, as who asks may see them."""

    def device(self, org: OrgId, device: DeviceId) -> Device:
        """How the device stands; one never heard of is unbound and open. While it is held its binding is not told."""
        ...

    def has_device(self, org: OrgId, device: DeviceId) -> bool:
        """Whether anything is kept under the device."""
        ...

    def devices_of(
        self, org: OrgId, uid: Uid, after: DeviceId | None = None, limit: int | None = None
    ) -> list[DeviceId]:
        """The devices bound to `uid` and not held, by id, beginning behind `after`; `limit` of them, or all."""
        ...

    def count_devices(self, org: OrgId, uid: Uid) -> int: ...

    def piece_of(self, org: OrgId, device: DeviceId, instant: Instant) -> Piece | None:
        """The piece of a device that holds the operation made at `instant`, if it is kept there."""
        ...

    def pieces_after(self, org: OrgId, row: int, limit: int) -> list[Piece]:
        """The org's pieces with a row above `row`, in order of row."""
        ...

    def last_row(self, org: OrgId) -> int:
        """The highest row of the org's pieces; 0 if there is none."""
        ...

    def pieces_of_session(self, org: OrgId, session: SessionId) -> Iterator[Piece]:
        """In order of their first operation's server time, then row."""
        ...

    def marks_of_session(
        self, org: OrgId, session: SessionId, limit: int, behind: Place | None = None
    ) -> list[PieceMark]:
        """The marks of the first `limit` pieces of a session, or behind a place, ordered as in `pieces_of_session`."""
        ...

    def last_marks_of_session(self, org: OrgId, session: SessionId, limit: int) -> list[PieceMark]:
        """The marks of the last `limit` pieces of a session, the last first."""
        ...

    def weight_of_session(
        self, org: OrgId, session: SessionId, limit: int, behind: Place | None = None
    ) -> tuple[int, Place] | None:
        """How many operations those pieces have whose marks `marks_of_session` would give, and the last one's place.

        None if there is none.
        """
        ...

    def pieces_of_rows(self, org: OrgId, numbers: Sequence[int]) -> list[Piece]:
        """The pieces of these rows, in this order; what is not there is left out."""
        ...

    def pieces_of_device(self, org: OrgId, device: DeviceId) -> Iterator[Piece]:
        """All pieces of a device, in order of row."""
        ...

    def sizes_of_rows(self, org: OrgId, numbers: Sequence[int]) -> list[int]:
        """About how many bytes of JSON each of these pieces has; 0 for what is not there."""
        ...

    def rows_of_device(self, org: OrgId, device: DeviceId, after: int, limit: int) -> list[int]:
        """The rows of a device's pieces above `after`, in order, `limit` of them.

        A row may be another device's at another moment, once its piece was dropped.
        """
        ...

    def kept_of(self, org: OrgId, device: DeviceId) -> Removed:
        """What `remove_device` would remove, but for receipts, which are not counted."""
        ...

    def latest_pieces(self, org: OrgId, device: DeviceId) -> Iterator[Piece]:
        """The pieces of a device by the server time of their latest operation, descending; read as it is asked."""
        ...

    def count_held(self, limit: int) -> int:
        """How many devices are held, over all orgs (AT-2.3); `limit` if there are more."""
        ...

    def count_held_of(self, org: OrgId, uid: Uid, limit: int) -> int:
        """How many devices that are bound to `uid` are held; `limit` if there are more."""
        ...

    def held_mark(self, org: OrgId, device: DeviceId) -> bytes | None:
        """For which device a held one is held: the mark of that if it is a substitute, none if it is itself."""
        ...

    def device_of_user(self, org: OrgId, user: UserId) -> DeviceId | None:
        """A device with something of the user, held or not; None if there is none."""
        ...


class TruthWriter(Protocol):
    """What recording and placing need of devices, and their changes."""

    def receipt(self, org: OrgId, page: PageId, first: int, last: int) -> Receipt | None:
        """What the operations `first`…`last` of a page were answered, as far as they came before.

        None for a page never heard of; `outcomes` is empty for a known page that has none of these.
        """
        ...

    def pieces(self, org: OrgId, device: DeviceId, page: PageId | None = None) -> list[Piece]:
        """All pieces of a device, or of a page on it, in order of row."""
        ...

    def pieces_from(self, org: OrgId, mark: bytes, *, is_page: bool, since_ms: int = 0) -> list[tuple[Piece, Origin]]:
        """The pieces whose origin is the device, or the page, of that mark, in order of row.

        Those of whose operations none is of `since_ms` or later by server time are left out.
        """
        ...

    def stored_after(self, org: OrgId, device: DeviceId, mark: bytes, row: int, limit: int) -> Iterator[Stored]:
        """What is stored of a device and of what came from it, whose mark that is, behind `row`, in order of row.

        Read as it is asked: nothing may be applied meanwhile.
        """
        ...

    def weight_of(
        self, org: OrgId, device: DeviceId, mark: bytes, limit: int, page: PageId | None = None, since_ms: int = 0
    ) -> int:
        """How many operations are stored of a device and of what came from it; `limit` if there are more.

        A piece counts as `PIECE_WEIGHT` more, since it costs as much as so many, whatever is in it.
        With `page` of that page, whose mark is given then. Pieces that are all from before `since_ms` do not count.
        """
        ...

    def pages_since(self, org: OrgId, device: DeviceId, since_ms: int, limit: int) -> list[PageId]:
        """Pages of which something is kept on a device from that server time on, each once; `limit` of them at most."""
        ...

    def origins_since(self, org: OrgId, mark: bytes, since_ms: int, limit: int) -> list[tuple[Piece, Origin]]:
        """One piece of each such page of what came from the device of that mark; `limit` of them at most."""
        ...

    def held_by(self, org: OrgId, mark: bytes, limit: int) -> list[DeviceId]:
        """The substitutes that are held for the device of that mark; `limit` of them at most."""
        ...

    def set_again(self, org: OrgId, pieces: Sequence[Piece]) -> None:
        """Set the user properties in `pieces` once more, where pieces with later ones were dropped (PR-2)."""
        ...

    def bound_from(self, org: OrgId, mark: bytes) -> list[DeviceId]:
        """The bound devices under which something is kept that came from the device of that mark, by id."""
        ...

    def claims_around(
        self, org: OrgId, device: DeviceId, page: PageId, first: int, last: int, limit: int
    ) -> list[Claim]:
        """Of a page the latest claim not behind `first`, those up to `last`, and the next, in order of n."""
        ...

    def ends_around(
        self, org: OrgId, device: DeviceId, page: PageId, first: int, last: int, limit: int
    ) -> list[Ending]:
        """Of a page the latest end before `first` and those up to `last`, in order of n."""
        ...

    def ends_by_time(
        self, org: OrgId, device: DeviceId, lets_go: Sequence[str] | None, since_ms: int, limit: int
    ) -> list[Ending]:
        """The first ends of a device from that server time on, or those that let go one of these, by server time."""
        ...

    def claims_of(self, org: OrgId, device: DeviceId) -> Iterator[Claim]:
        """All claims of a device, in no order."""
        ...

    def pieces_past(self, org: OrgId, device: DeviceId, instant: Instant) -> Iterator[Piece]:
        """At least the pieces of a device that hold an operation not before `instant`, in order of row.

        Read as it is asked: nothing may be applied meanwhile.
        """
        ...

    def device_of_session(self, org: OrgId, session: SessionId) -> DeviceId | None:
        """The device under which pieces of the session are kept; None for one that has none."""
        ...

    def apply(self, org: OrgId, effects: Sequence[Effect]) -> None:
        """Do `effects` in order. BindingViolation if a device would be bound twice."""
        ...

    def thin_out(self, org: OrgId, device: DeviceId, limit: int, /) -> Removed:
        """Remove so many pieces of a device that is to be removed, if it has more, and nothing else of it yet.

        None where `remove_device` never takes long.
        """
        ...

    def remove_device(self, org: OrgId, device: DeviceId) -> Removed:
        """Remove everything kept of a device, and the person it is or belongs to (PV-2)."""
        ...
