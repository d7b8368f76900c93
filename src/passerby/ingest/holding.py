"""Holding: what would move more than can be moved at once is placed again in steps, and nobody's until then (AT-2.3).

    hold      new facts are learned, the bundle that brought them is placed, the device is held   its transaction
    read      where that is not done yet, facts in some of what is stored are learned             one transaction each
    place     some of what is stored is brought to where the plan wants it                        one transaction each
    release   some substitutes are shown again, and at last the device                            one transaction each

New facts meanwhile begin the placing anew. Entry: `placing`, named by the device, with a `Placing`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, OrgId
from passerby.ingest.erasing import turned_away
from passerby.ingest.knowing import Knowledge
from passerby.ingest.learning import learn_stored, sum_up
from passerby.ingest.settling import Settling
from passerby.lifecycle.frames import Frames
from passerby.model.device import Device
from passerby.model.effect import Hold, Release
from passerby.model.org import Org
from passerby.store.contract import Entry, Store, Stored, Transaction

PLACING: Final = "placing"
STEP_PIECES_MAX: Final = 100
STEP_OPERATIONS_MAX: Final = 2000
"""How much is placed again in one step: 50 ms, about."""
RELEASED_MAX: Final = 100
"""How many substitutes are released in one step."""
_FOR_EVER_MS: Final = 2**53
_TOGETHER_MAX: Final = 1000


class Placing(msgspec.Struct, frozen=True):
    """How far it is: the last row that was placed again, and the last that was read for facts (None: all were)."""

    placed: int = 0
    read: int | None = None


def begin(transaction: Transaction, org: Org, device: DeviceId, now_ms: int, *, is_unread: bool) -> None:
    """Have all of a device, which is held, placed again from the start.

    The entry is about nobody, so an erasure leaves it: what is theirs and stands elsewhere has to be found first.
    """
    known = transaction.entry(org.id, PLACING, device)
    read = _placing(known).read if known else 0 if is_unread else None
    _put(transaction, org.id, device, Placing(read=read), now_ms)


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


def step(transaction: Transaction, name: OrgId, device: DeviceId, now_ms: int) -> bool:
    """Place some more of a device, and let other devices have a turn; whether there may be more to do."""
    org, entry = transaction.org(name), transaction.entry(name, PLACING, device)
    if org is None or entry is None:
        return False
    frames, standing = Frames(org.secret, device), transaction.device(name, device)
    mark, at = frames.marks.of_origin(device, None), _placing(entry)
    row = at.placed if at.read is None else at.read
    stored = _some(transaction.stored_after(name, device, mark, row, STEP_PIECES_MAX))
    if at.read is not None:
        at = _read(transaction, org, standing, frames, stored)
    elif stored:
        _place(transaction, org, standing, frames, stored, now_ms)
        at = Placing(stored[-1][0].row)
    elif not _release(transaction, org, device, mark):
        transaction.remove_entry(name, PLACING, device)
        return False
    _put(transaction, name, device, at, now_ms)
    return True


def _placing(entry: Entry) -> Placing:
    return msgspec.json.decode(entry.body, type=Placing)


def _put(transaction: Transaction, org: OrgId, device: DeviceId, at: Placing, now_ms: int) -> None:
    transaction.put_entry(org, Entry(PLACING, device, msgspec.json.encode(at), due_at_ms=now_ms))


def _read(
    transaction: Transaction, org: Org, device: Device, frames: Frames, stored: Sequence[Stored]
) -> Placing:
    """Learn the facts in what is stored at home: what is elsewhere was placed after its facts had been learned."""
    learn_stored(transaction, org.id, device, (piece for piece, origin in stored if origin is None), frames.marks)
    if stored:
        return Placing(read=stored[-1][0].row)
    sum_up(transaction, org.id, device.id)
    return Placing()


def _release(transaction: Transaction, org: Org, device: DeviceId, mark: bytes) -> bool:
    """Show some substitutes again, or at last the device; whether there may be more to show."""
    substitutes = transaction.held_by(org.id, mark, RELEASED_MAX)
    transaction.apply(org.id, [Release(one) for one in substitutes or [device]])
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
) -> None:
    assert device.summary is not None
    known = Knowledge(transaction, org.id, device.id, device.summary)
    settling = Settling(transaction, org.id, device, known, frames)
    standing, moves = settling.again(stored)
    mark = frames.marks.of_origin(device.id, None)
    held = [Hold(substitute, mark) for substitute in settling.told()]
    transaction.apply(org.id, turned_away(transaction, org, [*held, *standing], now_ms, device.id)[0])
    transaction.apply(org.id, turned_away(transaction, org, moves, now_ms)[0])
