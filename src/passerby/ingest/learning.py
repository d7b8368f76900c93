"""Learning: facts of a device become part of what the store remembers, and what that may change is named."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from itertools import groupby
from operator import attrgetter
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, OrgId, PageId
from passerby.ingest.knowing import Knowledge
from passerby.lifecycle.decide import Facts, facts_of
from passerby.lifecycle.plan import Around, lets_go, summed_up, with_claim
from passerby.model.bundle import Piece
from passerby.model.device import (
    CLAIMS_MAX,
    EVERYBODY,
    SLACK_MS,
    Claim,
    Device,
    Ending,
    Instant,
    Summary,
    by_server_time,
)
from passerby.model.effect import Learn, Sum
from passerby.model.marks import Marks
from passerby.store.contract import Transaction

AT_ONCE_MAX: Final = 3000
"""What may concern more stored operations, as `weight_of` counts them, is done in steps (AT-2.3): 0.1 s, about."""
_LAST_N: Final = 2**31


class Extent(Enum):
    """What of a device has to be placed again."""

    NOTHING = "nothing"
    PAGE = "page"
    LATER = "later"
    DEVICE = "device"


class Reach(msgspec.Struct, frozen=True):
    """What has to be placed again; with `LATER` the pages of which something was made from `since` on.

    `pages` are the only ones of them that are concerned, where that is known. `is_unread` says that first the facts in
    what is stored have to be learned, by `learn_stored` (AT-2.3).
    """

    extent: Extent
    since: Instant | None = None
    is_unread: bool = False
    pages: tuple[PageId, ...] | None = None


def learn(transaction: Transaction, org: OrgId, device: Device, facts: Facts, marks: Marks) -> tuple[Knowledge, Reach]:
    """Remember `facts`, all of one page of `device`; with the first its stored pieces are read for more."""
    before = device.summary
    if before is None:
        return _begun(transaction, org, device, facts, marks)
    known = Knowledge(transaction, org, device.id, before)
    if not facts:
        return known, Reach(Extent.NOTHING)
    transaction.apply(org, [Learn(device.id, facts.claims, facts.ends)])
    ends, is_local = _told_again(transaction, org, known, device, facts)
    summary = None if ends else _folded(before, facts.claims)
    claims: list[Claim] = []
    if summary is None:
        claims = known.all_claims()
        summary = summed_up(claims, known.first_ends())
    if summary != before:
        transaction.apply(org, [Sum(device.id, summary)])
    is_shared = (summary.owner, summary.contradictions) != (before.owner, before.contradictions)
    if is_shared or not is_local:
        reach = Reach(Extent.DEVICE)
    elif ends:
        since = min((end.instant for end in ends), key=by_server_time)
        reach = Reach(Extent.LATER, since, pages=_concerned(claims, ends, since) if summary == before else None)
    else:
        reach = Reach(Extent.PAGE)
    return Knowledge(transaction, org, device.id, summary), reach


def _concerned(claims: list[Claim], ends: list[Ending], since: Instant) -> tuple[PageId, ...] | None:
    """The pages besides their own that ends which let go somebody may concern, if the summary stays; None: any.

    They were told whom an end lets go, or have a claim so late that it may reach back over an end no longer. Whoever
    was told nobody goes by the summary alone.
    """
    if len(claims) > CLAIMS_MAX:
        return None
    gone = {end.lets_go for end in ends}
    later_ms = since.at - SLACK_MS
    return tuple({claim.instant.page: None for claim in claims if claim.uid in gone or claim.instant.at >= later_ms})


def learn_stored(transaction: Transaction, org: OrgId, device: Device, pieces: Iterable[Piece], marks: Marks) -> None:
    """Remember the facts of some stored pieces of a device that is being learned in steps (AT-2.3)."""
    by_page = groupby(sorted(pieces, key=lambda piece: (piece.page, piece.operations[0].n)), attrgetter("page"))
    for _, mine in by_page:
        found = _stored(mine, marks)
        if found:
            learn(transaction, org, transaction.device(org, device.id), found, marks)


def sum_up(transaction: Transaction, org: OrgId, device: DeviceId) -> None:
    """Make the summary of a device anew, from all that is remembered of it."""
    known = Knowledge(transaction, org, device, Summary())
    transaction.apply(org, [Sum(device, summed_up(known.all_claims(), known.first_ends()))])


def _stored(pieces: Iterable[Piece], marks: Marks) -> Facts:
    return facts_of(
        ((piece.instant(op), op, piece.received_at_ms) for piece in pieces for op in piece.operations), marks
    )


def _begun(transaction: Transaction, org: OrgId, device: Device, facts: Facts, marks: Marks) -> tuple[Knowledge, Reach]:
    """Begin to remember facts of a device that was simple until now."""
    mark = marks.of_origin(device.id, None)
    if transaction.weight_of(org, device.id, mark, AT_ONCE_MAX + 1) > AT_ONCE_MAX:
        return _begun_in_steps(transaction, org, device, facts, marks)
    stored = _stored(transaction.pieces(org, device.id), marks)
    claims = (*stored.claims, *facts.claims)
    ends = tuple(_told(claims, (*stored.ends, *facts.ends)))
    summary = summed_up(list(claims), list(ends))
    transaction.apply(org, [Learn(device.id, claims, ends), Sum(device.id, summary)])
    return Knowledge(transaction, org, device.id, summary), Reach(Extent.DEVICE)


def _begun_in_steps(
    transaction: Transaction, org: OrgId, device: Device, facts: Facts, marks: Marks
) -> tuple[Knowledge, Reach]:
    """Until all is read, what made a simple device what it is stands for it: its binding, and its seal."""
    transaction.apply(org, [Sum(device.id, Summary())])
    bound, seal = device.binding, device.seal
    claims = (Claim(bound.instant, marks.of_uid(bound.uid), 0),) if bound else ()
    ends = (Ending(seal.instant, seal.why),) if seal else ()
    for one in (Facts(claims), Facts((), ends), facts):
        known, _ = learn(transaction, org, transaction.device(org, device.id), one, marks)
    return known, Reach(Extent.DEVICE, is_unread=True)


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


def _told_again(
    transaction: Transaction, org: OrgId, known: Knowledge, device: Device, facts: Facts
) -> tuple[list[Ending], bool]:
    """See whom the ends of the page from the first of `facts` on let go.

    Those that are new or let go another now, and whether that concerns only what was made later: not so if one that was
    known lets go another now, or a new one everybody.
    """
    told: list[Claim | Ending] = [*facts.claims, *facts.ends]
    first = min((fact.instant for fact in told), key=attrgetter("n"))
    ends = known.around(first.page, first.n, _LAST_N).ends
    again = [_ending(end, known.around(end.instant.page, end.instant.n, end.instant.n)) for end in ends]
    changed = tuple(now for now, before in zip(again, ends, strict=True) if now != before)
    if changed:
        transaction.apply(org, [Learn(device.id, ends=changed)])
    new = {end.instant.n for end in facts.ends}
    affected = [end for end in again if end in changed or end.instant.n in new]
    return affected, all(end.instant.n in new and end.lets_go != EVERYBODY for end in affected)


def _folded(summary: Summary, claims: Iterable[Claim]) -> Summary | None:
    found: Summary | None = summary
    for claim in claims:
        found = with_claim(found, claim) if found is not None else None
    return found
