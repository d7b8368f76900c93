"""Learning: facts of a device become part of what the store remembers, and what that may change is named."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from itertools import groupby
from operator import attrgetter
from typing import Final

import msgspec

from passerby.base.ids import OrgId, PageId
from passerby.ingest.knowing import Knowledge
from passerby.lifecycle.decide import Facts, facts_of
from passerby.lifecycle.plan import Around, lets_go, summed_up, with_claim
from passerby.model.device import EVERYBODY, Claim, Device, Ending, Summary
from passerby.model.effect import Learn, Sum
from passerby.model.marks import Marks
from passerby.store.contract import Transaction

_LAST_N: Final = 2**31


class Reach(Enum):
    """What of a device has to be placed again."""

    NOTHING = "nothing"
    PAGE = "page"
    DEVICE = "device"


def learn(transaction: Transaction, org: OrgId, device: Device, facts: Facts, marks: Marks) -> tuple[Knowledge, Reach]:
    """Remember `facts`, all of one page of `device`; with the first its stored pieces are read for more."""
    if device.summary is None:
        return _begun(transaction, org, device, facts, marks), Reach.DEVICE
    known = Knowledge(transaction, org, device.id, device.summary)
    if not facts:
        return known, Reach.NOTHING
    transaction.apply(org, [Learn(device.id, facts.claims, facts.ends)])
    are_ends_changed = _told_again(transaction, org, known, device, facts)
    summary = None if are_ends_changed else _folded(device.summary, facts.claims)
    if summary is None:
        summary = summed_up(known.all_claims(), known.first_ends())
    if summary != device.summary:
        transaction.apply(org, [Sum(device.id, summary)])
    changed = are_ends_changed or summary != device.summary
    return Knowledge(transaction, org, device.id, summary), Reach.DEVICE if changed else Reach.PAGE


def _begun(transaction: Transaction, org: OrgId, device: Device, facts: Facts, marks: Marks) -> Knowledge:
    pieces = transaction.pieces(org, device.id)
    stored = facts_of(
        ((piece.instant(op), op, piece.received_at_ms) for piece in pieces for op in piece.operations), marks
    )
    claims = (*stored.claims, *facts.claims)
    ends = tuple(_told(claims, (*stored.ends, *facts.ends)))
    summary = summed_up(list(claims), list(ends))
    transaction.apply(org, [Learn(device.id, claims, ends), Sum(device.id, summary)])
    return Knowledge(transaction, org, device.id, summary)


def _told(claims: Iterable[Claim], ends: Iterable[Ending]) -> Iterable[Ending]:
    """Ends with whom each lets go, where all facts of a device are at hand."""
    told: dict[PageId, list[Claim]] = {}
    for claim in sorted(claims, key=_place):
        told.setdefault(claim.instant.page, []).append(claim)
    for page, ones in groupby(sorted(ends, key=_place), attrgetter("instant.page")):
        mine = tuple(ones)
        around = Around(tuple(told.get(page, ())), mine)
        yield from (_ending(end, around) for end in mine)


def _place(fact: Claim | Ending) -> tuple[str, int]:
    return (fact.instant.page, fact.instant.n)


def _ending(end: Ending, around: Around) -> Ending:
    return msgspec.structs.replace(end, lets_go=lets_go(end.instant, around) or EVERYBODY)


def _told_again(transaction: Transaction, org: OrgId, known: Knowledge, device: Device, facts: Facts) -> bool:
    """See whom the ends of the page from the first of `facts` on let go; whether that is another, or an end is new."""
    told: list[Claim | Ending] = [*facts.claims, *facts.ends]
    first = min((fact.instant for fact in told), key=attrgetter("n"))
    ends = known.around(first.page, first.n, _LAST_N).ends
    again = [_ending(end, known.around(end.instant.page, end.instant.n, end.instant.n)) for end in ends]
    changed = tuple(now for now, before in zip(again, ends, strict=True) if now != before)
    if changed:
        transaction.apply(org, [Learn(device.id, ends=changed)])
    return bool(changed or facts.ends)


def _folded(summary: Summary, claims: Iterable[Claim]) -> Summary | None:
    found: Summary | None = summary
    for claim in claims:
        found = with_claim(found, claim) if found is not None else None
    return found
