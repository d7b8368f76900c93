"""Erasing: forgetting a user in steps that survive a restart, and turning away what comes late (PV-2).

    accept   marks of uid and devices are set: from here on nothing more is taken in     one transaction
    remove   device by device, then the records about the user                          one transaction each
    scrub    the files are rewritten; only then the receipt says `erased`                `Store.scrub`

What stays is the receipt and the marks. Entries: `mark` (id: the mark), `erasing` (id: the user), `scrubbing` and
`erasure` (id: the receipt).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Final, assert_never

import msgspec

from passerby.base.ids import DeviceId, Ids, OrgId, Uid, UserId
from passerby.base.units import HOUR_MS
from passerby.ingest import learning
from passerby.lifecycle.decide import Facts
from passerby.model.device import Claim
from passerby.model.effect import Answer, Bind, Close, Drop, Effect, Hold, Keep, Learn, Meet, Release, Sum
from passerby.model.erasure import Erasing, ErasureReceipt
from passerby.model.marks import Marks
from passerby.model.org import Org
from passerby.model.outcome import Outcome
from passerby.store.contract import Entry, Person, Reader, Removed, Store, Transaction
from passerby.store.people import device_pages, devices_of

MARK: Final = "mark"
ERASING: Final = "erasing"
SCRUBBING: Final = "scrubbing"
ERASURE: Final = "erasure"
_FOR_EVER_MS: Final = 2**53
_TOGETHER_MAX: Final = 10_000
_DEVICES_A_TURN: Final = 50
_PIECES_A_TURN: Final = 100
"""So many pieces of a device are removed before others have a turn to write."""
WAITS_MS: Final = HOUR_MS
"""So long an erasure waits at most for devices that are being placed again (PV-2.4)."""


def erased_at_ms(reader: Reader, org: Org, uid: Uid) -> int | None:
    """When `uid` was erased last, or None."""
    entry = reader.entry(org.id, MARK, Marks(org.secret).of_uid(uid))
    return msgspec.json.decode(entry.body, type=int) if entry else None


def is_erased_device(reader: Reader, org: Org, device: DeviceId) -> bool:
    """Whether the device turns everything away."""
    return is_marked(reader, org.id, Marks(org.secret).of_device(device))


def going(org: Org) -> Callable[[Reader, DeviceId], bool]:
    """`is_erased_device` for the devices of one org, as what is read page by page asks it."""
    return lambda reader, device: is_erased_device(reader, org, device)


def is_marked(reader: Reader, org: OrgId, mark: str) -> bool:
    """Whether the device or uid of that mark was erased."""
    return reader.entry(org, MARK, mark) is not None


def is_being_erased(reader: Reader, org: OrgId, person: Person) -> bool:
    """Whether an erasure of this person was accepted and is not done."""
    return reader.entry(org, ERASING, person.id) is not None


def counted(reader: Reader, org: OrgId, person: Person) -> ErasureReceipt:
    """What an erasure of this person would remove."""
    would = ErasureReceipt("", 0)
    for page in device_pages(reader, org, person):
        for kept in (reader.kept_of(org, device) for device in page):
            would = _with(would, kept, devices=bool(kept.pieces))
    return would


def accept(transaction: Transaction, org: Org, person: Person, now_ms: int, ids: Ids) -> str:
    """Take an erasure on; the receipt's id. A second one for the same person is the first.

    What waits to be done about them (items of batches, deliveries) goes at once, so that none of it is done after.
    """
    known = transaction.entry(org.id, ERASING, person.id)
    if known is not None:
        return msgspec.json.decode(known.body, type=Erasing).receipt
    devices = tuple(devices_of(transaction, org.id, person))
    marks = Marks(org.secret)
    about = [marks.of_device(device) for device in devices] + ([marks.of_uid(person.uid)] if person.uid else [])
    records = sum(transaction.remove_entries_about(org.id, mark) for mark in about)
    for mark in about:
        transaction.put_entry(org.id, Entry(MARK, mark, msgspec.json.encode(now_ms)))
    receipt = ErasureReceipt(ids.mint(), now_ms, records=records)
    erasing = Erasing(receipt.id, person.id, person.uid, devices)
    transaction.put_entry(org.id, Entry(ERASURE, receipt.id, msgspec.json.encode(receipt)))
    transaction.put_entry(org.id, Entry(ERASING, person.id, msgspec.json.encode(erasing), due_at_ms=now_ms))
    return receipt.id


def waits_for(reader: Reader, org: Org, entry: Entry, now_ms: int) -> tuple[DeviceId, ...]:
    """The devices that `remove` would remove next: what others have in them has to be brought out of them before.

    Those that are held are placed again first (AT-2.3), but no erasure waits for that longer than an hour.
    """
    erasing = msgspec.json.decode(entry.body, type=Erasing)
    since_ms = receipt_of(reader, org.id, erasing.receipt).requested_at_ms
    return erasing.devices[:_DEVICES_A_TURN] if now_ms - since_ms < WAITS_MS else ()


def remove(store: Store, name: OrgId, entry: Entry, scrub_at_ms: int) -> None:
    """Work off an entry `erasing`: device by device, so that writing never waits long, and no more than some at a time.

    While there are others the entry stays due.
    """
    erasing = msgspec.json.decode(entry.body, type=Erasing)
    some, others = erasing.devices[:_DEVICES_A_TURN], erasing.devices[_DEVICES_A_TURN:]
    for device in some:
        work = functools.partial(_remove_device, name=name, erasing=erasing, device=device)
        while not store.submit(work).result():
            pass
    if others:
        left = msgspec.json.encode(msgspec.structs.replace(erasing, devices=others))
        later = msgspec.structs.replace(entry, body=left)
        store.submit(lambda t: t.put_entry(name, later)).result()
        return
    store.submit(lambda t: _finish(t, name, erasing, scrub_at_ms)).result()


def scrub(store: Store, now_ms: int) -> None:
    """Rewrite the files once for all entries `scrubbing`, due or not yet, and say so in their receipts."""
    with store.read() as reader:
        due = reader.due_entries([SCRUBBING], _FOR_EVER_MS, _TOGETHER_MAX)
    store.scrub()

    def finish(transaction: Transaction) -> None:
        for org, entry in due:
            receipt = receipt_of(transaction, org, entry.id)
            done = msgspec.structs.replace(receipt, erased_at_ms=now_ms)
            transaction.put_entry(org, Entry(ERASURE, receipt.id, msgspec.json.encode(done)))
            transaction.remove_entry(org, SCRUBBING, entry.id)

    store.submit(finish).result()


def receipt_of(reader: Reader, org: OrgId, name: str) -> ErasureReceipt:
    """The receipt of that id, as it stands."""
    entry = reader.entry(org, ERASURE, name)
    return msgspec.json.decode(entry.body, type=ErasureReceipt) if entry else ErasureReceipt(name, 0)


def _mark_devices(transaction: Transaction, org: Org, devices: Sequence[DeviceId], now_ms: int) -> None:
    marks = Marks(org.secret)
    for device in devices:
        transaction.put_entry(org.id, Entry(MARK, marks.of_device(device), msgspec.json.encode(now_ms)))


def _remove_device(transaction: Transaction, name: OrgId, erasing: Erasing, device: DeviceId) -> bool:
    """Remove some of a device, which turns everything away by then, or at last all that is left; whether it is gone."""
    org = transaction.org(name)
    if org is None:
        return True
    thinned = transaction.thin_out(name, device, _PIECES_A_TURN)
    if thinned.pieces:
        _add(transaction, name, erasing.receipt, thinned)
        return False
    removed = transaction.remove_device(name, device)
    records = transaction.remove_entries_about(name, Marks(org.secret).of_device(device))
    _add(transaction, name, erasing.receipt, removed, records, devices=bool(removed.pieces))
    return True


def _add(
    transaction: Transaction, org: OrgId, name: str, removed: Removed, records: int = 0, *, devices: int = 0
) -> None:
    grown = _with(receipt_of(transaction, org, name), removed, records, devices)
    transaction.put_entry(org, Entry(ERASURE, name, msgspec.json.encode(grown)))


def _with(so_far: ErasureReceipt, removed: Removed, records: int = 0, devices: int = 0) -> ErasureReceipt:
    return msgspec.structs.replace(
        so_far,
        devices=so_far.devices + devices,
        sessions=so_far.sessions + removed.sessions,
        pieces=so_far.pieces + removed.pieces,
        operations=so_far.operations + removed.operations,
        properties=so_far.properties + removed.properties,
        records=so_far.records + records,
    )


def _finish(transaction: Transaction, name: OrgId, erasing: Erasing, scrub_at_ms: int) -> None:
    org = transaction.org(name)
    if org is not None and erasing.uid is not None:
        records = transaction.remove_entries_about(name, Marks(org.secret).of_uid(erasing.uid))
        _add(transaction, name, erasing.receipt, Removed(), records)
    # Complaints may hold a path of the user's pages (PR-4); they are a day's at most.
    transaction.complain(name, [], _FOR_EVER_MS)
    transaction.remove_entry(name, ERASING, erasing.user)
    transaction.put_entry(name, Entry(SCRUBBING, erasing.receipt, b"null", due_at_ms=scrub_at_ms))


def turned_away(
    transaction: Transaction, org: Org, effects: Sequence[Effect], now_ms: int, known: DeviceId | None = None
) -> tuple[tuple[Effect, ...], frozenset[int]]:
    """`effects` without what would be kept of somebody erased, and the n of the operations that are not kept.

    The device `known` is known not to be erased.

    A device of nobody else that an old `identify` would bind to an erased uid is erased with all that came on it
    (PV-2.2). On a device of somebody else such a claim is late, and its lane is never kept.
    """
    gone: set[DeviceId] = set()
    for effect in effects:
        if isinstance(effect, Bind) and _is_late(transaction, org, effect):
            _erase_device(transaction, org, effect.device, now_ms)
            gone.add(effect.device)
        elif isinstance(effect, Keep) and effect.piece.device not in {*gone, known}:
            gone |= {effect.piece.device} if is_erased_device(transaction, org, effect.piece.device) else set()
    lost = [effect.piece for effect in effects if isinstance(effect, Keep) and effect.piece.device in gone]
    numbers = frozenset(op.n for piece in lost for op in piece.operations)
    kept = [_cleaned(effect, numbers) for effect in effects if _device_of(effect) not in gone]
    return tuple(kept), numbers


def _erase_device(transaction: Transaction, org: Org, device: DeviceId, now_ms: int) -> None:
    """Have a device turn everything away, and remove it: at once, or if that is much or it is held, in turns."""
    marks = Marks(org.secret)
    _mark_devices(transaction, org, [device], now_ms)
    weight = transaction.weight_of(org.id, device, b"", learning.AT_ONCE_MAX + 1)
    if weight <= learning.AT_ONCE_MAX and transaction.held_mark(org.id, device) is None:
        transaction.remove_device(org.id, device)
        return
    receipt = ErasureReceipt(marks.name_of_erasure(device), now_ms)
    erasing = Erasing(receipt.id, UserId(device), None, (device,))
    transaction.put_entry(org.id, Entry(ERASURE, receipt.id, msgspec.json.encode(receipt)))
    transaction.put_entry(org.id, Entry(ERASING, erasing.user, msgspec.json.encode(erasing), due_at_ms=now_ms))


def _is_late(reader: Reader, org: Org, effect: Bind) -> bool:
    erased = erased_at_ms(reader, org, effect.binding.uid)
    return erased is not None and effect.binding.instant.at < erased


def _device_of(effect: Effect) -> DeviceId:
    match effect:
        case Keep(piece=piece) | Drop(piece=piece):
            return piece.device
        case Answer(receipt=receipt):
            return receipt.device
        case (
            Bind(device=device)
            | Close(device=device)
            | Learn(device=device)
            | Sum(device=device)
            | Meet(device=device)
            | Hold(device=device)
            | Release(device=device)
        ):
            return device
        case _:
            assert_never(effect)


def _cleaned(effect: Effect, lost: frozenset[int]) -> Effect:
    if not isinstance(effect, Answer) or not lost:
        return effect
    receipt = effect.receipt
    outcomes = tuple((n, Outcome.ERASED if n in lost else outcome) for n, outcome in receipt.outcomes)
    return Answer(msgspec.structs.replace(receipt, outcomes=outcomes))


def with_lateness(reader: Reader, org: Org, facts: Facts) -> Facts:
    """`facts` with those claims named late whose uid was erased after they were made (PV-2.2)."""

    def is_late(claim: Claim) -> bool:
        entry = reader.entry(org.id, MARK, claim.uid)
        return entry is not None and claim.instant.at < msgspec.json.decode(entry.body, type=int)

    claims = tuple(msgspec.structs.replace(claim, is_late=is_late(claim)) for claim in facts.claims)
    return msgspec.structs.replace(facts, claims=claims)
