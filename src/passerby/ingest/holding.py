"""Holding: what would move more than can be moved at once is placed again in steps, and nobody's until then (AT-2.3).

    hold      new facts are learned, the bundle that brought them is placed, the device is held   its transaction
    read      where that is not done yet, facts in some of what is stored are learned             one transaction each
    place     some of what is stored is brought to where the plan wants it                        one transaction each
    set       user properties that stood behind those that went are set again                     one transaction each
    release   the device is shown again, then its substitutes                                     one transaction each

New facts meanwhile begin the placing anew. Entry: `placing`, named by the device, with a `Placing`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, OrgId
from passerby.ingest.erasing import turned_away
from passerby.ingest.knowing import Knowledge
from passerby.ingest.learning import learn_stored, sum_up
from passerby.ingest.settling import Settling
from passerby.lifecycle.frames import Frames
from passerby.model.device import Device
from passerby.model.effect import Drop, Hold, Release
from passerby.model.marks import Marks
from passerby.model.org import Org
from passerby.store.contract import Entry, Reader, Store, Stored, Transaction
from passerby.store.projection import user_properties

PLACING: Final = "placing"
STEP_PIECES_MAX: Final = 100
STEP_OPERATIONS_MAX: Final = 1000
"""How much is placed again in one step: 30 ms, about."""
RELEASED_MAX: Final = 100
"""How many substitutes are released in one step."""
_FOR_EVER_MS: Final = 2**53
_TOGETHER_MAX: Final = 1000


class Stage(Enum):
    """What is done step by step, in this order."""

    READ = "read"
    PLACE = "place"
    SET = "set"
    RELEASE = "release"


class Placing(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far it is: the last row that was seen to at this stage. `is_unset` says that user properties were dropped."""

    stage: Stage = Stage.PLACE
    row: int = 0
    is_unset: bool = False


def begin(transaction: Transaction, org: Org, device: DeviceId, now_ms: int, *, is_unread: bool) -> None:
    """Have all of a device, which is held, placed again from the start.

    The entry is about nobody, so an erasure leaves it: what is theirs and stands elsewhere has to be found first.
    """
    known = _placing(transaction, org.id, device) or Placing(Stage.READ if is_unread else Stage.PLACE)
    at = known if known.stage is Stage.READ else Placing(is_unset=known.is_unset)
    _put(transaction, org.id, device, at, now_ms)


def work_off(store: Store, org: OrgId, device: DeviceId, now_ms: int) -> None:
    """Place a device again, step by step, and let others write in between."""
    while store.submit(functools.partial(step, name=org, device=device, now_ms=now_ms)).result():
        pass


def work_off_all(store: Store, now_ms: int) -> None:
    """Place all devices again that are held, whosever they are."""
    while True:
        with store.read() as reader:
            due = reader.due_entries([PLACING], _FOR_EVER_MS, _TOGETHER_MAX)
        if not due:
            return
        for org, entry in due:
            work_off(store, org, DeviceId(entry.id), now_ms)


def behind(reader: Reader, org: Org, devices: Iterable[DeviceId]) -> DeviceId | None:
    """A device that has to be placed again before these can be removed, or None."""
    for device in devices:
        mark = reader.held_mark(org.id, device)
        if mark == b"" or reader.entry(org.id, PLACING, device) is not None:
            return device
        if mark is not None and (home := _home_of(reader, org, mark)) is not None:
            return home
    return None


def _home_of(reader: Reader, org: Org, mark: bytes) -> DeviceId | None:
    marks, after = Marks(org.secret), ""
    while found := reader.entries(org.id, PLACING, "", after, _TOGETHER_MAX):
        for entry in found:
            if marks.of_origin(DeviceId(entry.id), None) == mark:
                return DeviceId(entry.id)
        after = found[-1].id
    return None


def step(transaction: Transaction, name: OrgId, device: DeviceId, now_ms: int) -> bool:
    """Place some more of a device, and let other devices have a turn; whether there may be more to do."""
    org, at = transaction.org(name), _placing(transaction, name, device)
    if org is None or at is None:
        return False
    standing = transaction.device(name, device)
    if standing.summary is not None:
        at = _stepped(transaction, org, standing, at, now_ms)
    if standing.summary is None or at is None:
        # Of a device that is gone nobody can tell whose its substitutes are: they stay held.
        transaction.remove_entry(name, PLACING, device)
        return False
    _put(transaction, name, device, at, now_ms)
    return True


def _placing(reader: Reader, org: OrgId, device: DeviceId) -> Placing | None:
    entry = reader.entry(org, PLACING, device)
    return msgspec.json.decode(entry.body, type=Placing) if entry else None


def _put(transaction: Transaction, org: OrgId, device: DeviceId, at: Placing, now_ms: int) -> None:
    transaction.put_entry(org, Entry(PLACING, device, msgspec.json.encode(at), due_at_ms=now_ms))


def _stepped(transaction: Transaction, org: Org, device: Device, at: Placing, now_ms: int) -> Placing | None:
    """How far it is after one step more; None if it is done."""
    frames = Frames(org.secret, device.id)
    mark = frames.marks.of_origin(device.id, None)
    if at.stage is Stage.RELEASE:
        return at if _release(transaction, org, mark) else None
    stored = _some(transaction.stored_after(org.id, device.id, mark, at.row, STEP_PIECES_MAX))
    if not stored:
        return _next(transaction, org, device, at)
    match at.stage:
        case Stage.READ:  # what is elsewhere was placed after its facts had been learned
            at_home = (piece for piece, origin in stored if origin is None)
            learn_stored(transaction, org.id, device, at_home, frames.marks)
        case Stage.PLACE if _place(transaction, org, device, frames, stored, now_ms):
            at = msgspec.structs.replace(at, is_unset=True)
        case Stage.SET:
            transaction.set_again(org.id, [piece for piece, _ in stored])
    return msgspec.structs.replace(at, row=stored[-1][0].row)


def _next(transaction: Transaction, org: Org, device: Device, at: Placing) -> Placing:
    if at.stage is Stage.READ:
        sum_up(transaction, org.id, device.id)
        return Placing()
    if at.stage is Stage.PLACE and at.is_unset:
        return Placing(Stage.SET, is_unset=True)
    transaction.apply(org.id, [Release(device.id)])
    return Placing(Stage.RELEASE)


def _release(transaction: Transaction, org: Org, mark: bytes) -> bool:
    """Show some substitutes again; whether there may be more."""
    substitutes = transaction.held_by(org.id, mark, RELEASED_MAX)
    transaction.apply(org.id, [Release(one) for one in substitutes])
    return bool(substitutes)


def _some(stored: Iterable[Stored]) -> list[Stored]:
    found: list[Stored] = []
    operations = 0
    for one in stored:
        found.append(one)
        operations += len(one[0].operations)
        if operations >= STEP_OPERATIONS_MAX:
            break
    return found


def _place(
    transaction: Transaction, org: Org, device: Device, frames: Frames, stored: Sequence[Stored], now_ms: int
) -> bool:
    """Bring some of what is stored to where it belongs; whether user properties were dropped with it."""
    assert device.summary is not None
    known = Knowledge(transaction, org.id, device.id, device.summary)
    settling = Settling(transaction, org.id, device, known, frames)
    standing, moves = settling.again(stored)
    mark = frames.marks.of_origin(device.id, None)
    held = [Hold(substitute, mark) for substitute in settling.told()]
    transaction.apply(org.id, turned_away(transaction, org, [*held, *standing], now_ms, device.id)[0])
    transaction.apply(org.id, turned_away(transaction, org, moves, now_ms)[0])
    return any(isinstance(effect, Drop) and user_properties(effect.piece) for effect in moves)
