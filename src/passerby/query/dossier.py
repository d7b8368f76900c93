"""The dossier: everything that is held about one user, as one document, written while it is read (PV-2.3).

Each page is a reading of its own, so that a slow client holds up nothing, and memory stays flat however much there is.
Whatever changes between two pages in whose it is ends the document before its end: what follows might be somebody
else's. So it is no JSON then, and whoever writes it out breaks the connection.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from passerby.base.errors import Refusal, Unfinished
from passerby.base.ids import DeviceId, OrgId
from passerby.model.bundle import Piece
from passerby.model.device import Device
from passerby.model.operation import Event, Identify, Operation, SetProperties
from passerby.query.exporting import Read, Turned, a_page_of, in_chunks
from passerby.query.happened import Timekeeper
from passerby.query.seen import nested
from passerby.store.contract import KeptProperty, Person, Reader
from passerby.store.people import devices_of

BEING_PLACED_MAX: Final = 1000
_DEVICES: Final = 500
_PROPERTIES: Final = 200
_ROWS: Final = 20_000
"""So many rows are looked up at once: it costs what there are, so a device of few needs it once."""


def dossier(read: Read, org: OrgId, person: Person, is_going: Turned, *, is_indented: bool = False) -> Iterator[bytes]:
    """Names, properties, devices with all their operations; instants in ms since 1970, `made_at_ms` that of AT-8.

    Chunks of JSON. `being_placed` says how many of their devices are left out because they are being placed again
    (AT-2.3), at most `BEING_PLACED_MAX`; where there are none it is not there.

    Refusal: `resource_not_found`, or `erased` for somebody who is being erased. Unfinished, while it is read, when they
    begin to be, or a device stands otherwise than when its turn came.
    """
    with read() as reader:
        first = devices_of(reader, org, person, None, 1)
        if not first:
            raise Refusal("resource_not_found", "no such user")
        if is_going(reader, first[0]):
            raise Refusal("erased", "this user is being erased")
    return in_chunks(_Telling(read, org, person, is_going, first[0], _Form(is_indented)).parts())


class _Form:
    """How JSON is written: as tight as can be, or as `msgspec.json.format` has it."""

    def __init__(self, is_indented: bool) -> None:
        self._is_indented = is_indented

    def text(self, value: object, level: int) -> bytes:
        """A value that stands so many levels deep."""
        tight = msgspec.json.encode(value)
        return msgspec.json.format(tight).replace(b"\n", self._line(level)) if self._is_indented else tight

    def listed(self, items: Iterable[Iterable[bytes]], level: int) -> Iterator[bytes]:
        """Items of a list, each in parts."""
        before = b"["
        for item in items:
            yield before + self._line(level)
            yield from item
            before = b","
        yield b"[]" if before == b"[" else self._line(level - 1) + b"]"

    def around(self, record: dict[str, Any], level: int, lists: int = 1) -> list[bytes]:
        """What stands before, between and behind the last members of a record, which are so many empty lists."""
        return self.text(record, level).rsplit(b"[]", lists)

    def _line(self, level: int) -> bytes:
        return b"\n" + b"  " * level if self._is_indented else b""


class _Telling:
    """One document, while it is told. `first` is a device of the person's: an erasure of theirs marks it (PV-2.1)."""

    def __init__(self, read: Read, org: OrgId, person: Person, is_going: Turned, first: DeviceId, form: _Form) -> None:
        self._read, self._org, self._person = read, org, person
        self._is_going, self._first, self._form = is_going, first, form
        self._timekeeper = Timekeeper(org)
        self._left_out = 0

    def parts(self) -> Iterator[bytes]:
        """The document."""
        user = {"user": msgspec.to_builtins(self._person)}
        with self._read() as reader:
            self._left_out = self._being_placed(reader)
        missing = {"being_placed": self._left_out} if self._left_out else {}
        told = {**user, **missing, "properties": [], "devices": []}
        before, between, behind = self._form.around(told, 0, 2)
        yield before
        yield from self._form.listed(self._properties(), 2)
        yield between
        yield from self._form.listed(self._devices(), 2)
        yield behind

    def _being_placed(self, reader: Reader) -> int:
        uid = self._person.uid
        return 0 if uid is None else reader.count_held_of(self._org, uid, BEING_PLACED_MAX)

    def _check(self, reader: Reader) -> None:
        if self._is_going(reader, self._first):
            raise Unfinished("this user is being erased")

    def _properties(self) -> Iterator[Iterable[bytes]]:
        after = ""
        while True:
            with self._read() as reader:
                self._check(reader)
                page = reader.properties_of_user(self._org, self._person.id, after, _PROPERTIES)
            yield from ([self._form.text(_property(kept), 2)] for kept in page)
            if not page:
                return
            after = page[-1].property.name

    def _devices(self) -> Iterator[Iterable[bytes]]:
        after: DeviceId | None = None
        while True:
            with self._read() as reader:
                self._check(reader)
                page = devices_of(reader, self._org, self._person, after, _DEVICES)
                left_out = self._being_placed(reader)
            if left_out > self._left_out:
                raise Unfinished("devices of this user are being placed again: ask again")
            yield from map(self._device, page)
            if not page:
                return
            after = page[-1]

    def _device(self, name: DeviceId) -> Iterator[bytes]:
        with self._read() as reader:
            device = self._standing(reader, name)
        told = {
            "id": name,
            "binding": msgspec.to_builtins(device.binding),
            "seal": msgspec.to_builtins(device.seal),
            "pieces": [],
        }
        before, behind = self._form.around(told, 2)
        yield before
        yield from self._form.listed(([self._form.text(piece, 4)] for piece in self._pieces(device)), 4)
        yield behind

    def _standing(self, reader: Reader, name: DeviceId) -> Device:
        """How a device stands that is the person's. Unfinished if it is not."""
        self._check(reader)
        device = reader.device(self._org, name)
        uid = device.binding.uid if device.binding else None
        if device.is_held or uid != self._person.uid:
            raise Unfinished("a device of this user was found to be otherwise placed: ask again")
        return device

    def _pieces(self, device: Device) -> Iterator[dict[str, Any]]:
        rows: Sequence[int] = ()
        after = 0
        while True:
            with self._read() as reader:
                if self._standing(reader, device.id) != device:
                    raise Unfinished("a device of this user changed while it was read: ask again")
                rows = rows or reader.rows_of_device(self._org, device.id, after, _ROWS)
                pieces = a_page_of(self._of_rows(reader, device.id, rows))
                times = self._timekeeper.times_by_row(reader, pieces)
            yield from (_piece(piece, times[piece.row]) for piece in pieces)
            if not rows:
                return
            after = pieces[-1].row if pieces else rows[-1]
            rows = rows[bisect_right(rows, after) :]

    def _of_rows(self, reader: Reader, device: DeviceId, rows: Sequence[int]) -> Iterator[Piece]:
        for row in rows:
            yield from (piece for piece in reader.pieces_of_rows(self._org, [row]) if piece.device == device)


def _property(kept: KeptProperty) -> dict[str, Any]:
    return {
        "name": kept.property.name,
        "type": kept.property.type,
        "value": kept.property.value,
        "set_at_ms": kept.instant.at,
        "device": kept.device,
    }


def _piece(piece: Piece, times: Sequence[int]) -> dict[str, Any]:
    return {
        "session": None if str(piece.session) == piece.device else piece.session,
        "page": piece.page,
        "sdk": piece.sdk,
        "received_at_ms": piece.received_at_ms,
        "operations": [
            {**_operation(operation), "outcome": outcome.value, "made_at_ms": at_ms}
            for operation, outcome, at_ms in zip(piece.operations, piece.outcomes, times, strict=True)
        ],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    """An operation with all that it holds: properties as they were given (PR-1.4), and `schema` with their types."""
    told: dict[str, Any] = msgspec.to_builtins(operation)
    products = None
    if isinstance(operation, Event):
        products = operation.products
        told.pop("products", None)
        told |= {"context": nested(operation.context)} if operation.context else {}
    if isinstance(operation, Event | Identify | SetProperties) and (kept := operation.properties):
        told |= {"properties": nested(kept, products), "schema": {found.name: found.type for found in kept}}
    return told
