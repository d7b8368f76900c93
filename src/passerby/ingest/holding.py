"""Holding: what would move more than can be moved at once is placed again in steps, and nobody's until then (AT-2.3).

    hold      new facts are learned, the bundle that brought them is placed, the device is held   its transaction
    step      some of what is stored is brought to where the plan wants it                        one transaction each
    release   the device and its substitutes are shown again                                      the last of them

New facts meanwhile begin the steps anew. Entry: `placing`, named by the device; its body is the last row seen to.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, OrgId
from passerby.ingest.erasing import turned_away
from passerby.ingest.knowing import Knowledge
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
_FOR_EVER_MS: Final = 2**53
_TOGETHER_MAX: Final = 1000


def begin(transaction: Transaction, org: Org, device: DeviceId, now_ms: int) -> None:
    """Have all of a device, which is held, placed again from the start.

    The entry is about nobody, so an erasure leaves it: what is theirs and stands elsewhere has to be found first.
    """
    transaction.put_entry(org.id, Entry(PLACING, device, b"0", due_at_ms=now_ms))


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
    mark = frames.marks.of_origin(device, None)
    if standing.summary is None:  # it is gone: what came from it could not be placed, and stays nobody's
        transaction.remove_entry(name, PLACING, device)
        return False
    stored = _some(transaction.stored_after(name, device, mark, int(entry.body), STEP_PIECES_MAX))
    if not stored:
        transaction.apply(name, [Release(device, mark)])
        transaction.remove_entry(name, PLACING, device)
        return False
    _place(transaction, org, standing, frames, stored, now_ms)
    later = msgspec.structs.replace(entry, body=b"%d" % stored[-1][0].row, due_at_ms=now_ms)
    transaction.put_entry(name, later)
    return True


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
