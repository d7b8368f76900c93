"""The plan: whose an operation is, from what the pages of its device were told. A flat pure function (AT-2 to AT-4).

What decides are *facts*: claims (an `identify`) and ends (a sealing `end`), each with its page and instant. They are a
set: nothing here knows in which order they came, so the order of arrival cannot show. Each page stands for itself:

    an operation of a page             where it lies                              whose                  lane
    ---------------------------------  -----------------------------------------  ---------------------  ---------
    told u: its latest claim is u's,   no end that applies to u since the claim   u's                    told u
    or its first, when it has none
    before
    told u                             such an end lies between, and the page's   u's again, back to     told u
                                       next claim after it is u's                 that end
    told u                             such an end lies between, and no such      nobody's (bleed)       nobody's
                                       claim
    told nobody                        after any end of the device                nobody's (bleed)       nobody's
    told nobody                        before all ends and contradictions         the owner's, if any    told owner
    told nobody                        before all ends, not before a              nobody's (diverted)    nobody's
                                       contradiction
    told nobody, and told another      before all ends                            nobody's (diverted)    nobody's
    than the owner after an end of
    another page

A page that was told somebody without proof is nobody's, as far as any claim reaches: back to its beginning, and on
until it is told somebody with proof (AT-10). Such a claim is no owner's, contradicts every owner, and an end of its
page lets go everybody.

A claim does not reach over an `end` of its own page; backward it reaches over no end of its device at all. An end on a
page that was told u lets go u; one on a page that was told nobody lets go everybody. The *owner* is whoever was claimed
before all ends in what the server received first: a clock that no client can set. A *contradiction* is a claim of
another uid before all ends.

Lists of facts are bounded. Where a list is full, what lies behind its horizon is not known, and then the operation is
nobody's: losing a name is a nuisance, a wrong one must not happen.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final, Protocol

import msgspec

from passerby.base.ids import PageId
from passerby.model.device import CLAIMS_MAX, FACTS_MAX, Claim, Ending, Instant, Summary, by_server_time, horizon_ms
from passerby.model.outcome import Outcome

ENDS_MAX: Final = 64
"""How many ends that apply to one uid are looked at."""
BEYOND: Final = -1
"""In place of a count of ends: there are more than can be looked at."""


class Around(msgspec.Struct, frozen=True):
    """The claims and ends of a page around some of its operations, ascending in n.

    At least the latest claim not behind them and the first behind them, and all between; of ends likewise, from the
    claim before to the claim behind, and the latest before. `is_whole` is false where there were too many.
    """

    claims: tuple[Claim, ...] = ()
    ends: tuple[Ending, ...] = ()
    is_whole: bool = True


class Known(Protocol):
    """What is known of one device."""

    @property
    def summary(self) -> Summary: ...

    def ends_of(self, uid: str) -> tuple[Ending, ...]:
        """The first `ENDS_MAX` ends that apply to a mark, by server time."""
        ...

    def has_end_between(self, instant: Instant, claim: Instant) -> bool:
        """Whether an end of the device lies after `instant` and before `claim`, or there are too many to tell."""
        ...


class Lane(msgspec.Struct, frozen=True):
    """Whose an operation is, told by marks.

    `uid` is None for nobody's: then `page` keeps one stranger's page from another's. `after` is how many ends lie
    before, as far as they are listed. An anonymous lane has neither: nobody was claimed before any end. `is_bleed` is
    no part of whose it is: what decided came after an end.
    """

    uid: str | None = None
    after: int = 0
    page: PageId | None = None
    is_late: bool = False
    is_bleed: bool = False


ANONYMOUS: Final = Lane()


def lane_of(instant: Instant, around: Around, known: Known) -> Lane:
    """Whose the operation made at `instant` is."""
    if not around.is_whole:
        return _nobodys(instant, known, is_bleed=False)
    forward, behind = _claims(instant, around)
    if _is_of_somebody_unknown(instant, forward, behind, around, known):
        return _nobodys(instant, known, is_bleed=not is_before_all(instant, known.summary))
    if forward is not None:
        lane = _told(instant, forward, known)
        if lane is not None:
            return lane
        if behind is None or behind.uid != forward.uid:
            return _nobodys(instant, known, is_bleed=True)
    if behind is not None and _reaches_back(instant, behind, around, known):
        return _told(instant, behind, known) or _nobodys(instant, known, is_bleed=True)
    if forward is not None:
        return _nobodys(instant, known, is_bleed=True)
    lane = _silent(instant, around, known)
    if behind is not None and lane.uid not in (None, behind.uid) and not _is_own_end_between(instant, behind, around):
        return _nobodys(instant, known, is_bleed=False)
    return lane


def _is_of_somebody_unknown(
    instant: Instant, forward: Claim | None, behind: Claim | None, around: Around, known: Known
) -> bool:
    """Whether the page was told somebody unknown: a claim without proof reaches as far as any other (AT-10)."""
    if forward is not None:
        return forward.is_unproved
    return behind is not None and behind.is_unproved and _reaches_back(instant, behind, around, known)


def lets_go(end: Instant, around: Around) -> str | None:
    """The mark of whom an end lets go that was made then; None: everybody, as where nobody knows who was told."""
    told, _ = _claims(end, around)
    return told.uid if told is not None and not told.is_unproved and around.is_whole else None


def seal_of(ends: tuple[Ending, ...], after: int) -> Ending | None:
    """The end that closes a lane of somebody to whom `ends` apply, by server time."""
    return ends[after] if 0 <= after < len(ends) else None


def _claims(instant: Instant, around: Around) -> tuple[Claim | None, Claim | None]:
    """The claim that the page was told by then, and the next one behind it."""
    place = bisect_right(around.claims, instant.n, key=_number)
    told = around.claims[place - 1] if place else None
    behind = around.claims[place] if place < len(around.claims) else None
    if told is not None and _has_end(around, told.instant.n + 1, instant.n):
        told = None
    return told, behind


def _reaches_back(instant: Instant, claim: Claim, around: Around, known: Known) -> bool:
    if _is_own_end_between(instant, claim, around):
        return False
    return not known.has_end_between(instant, claim.instant)


def _is_own_end_between(instant: Instant, claim: Claim, around: Around) -> bool:
    return _has_end(around, instant.n, claim.instant.n)


def _has_end(around: Around, first: int, behind: int) -> bool:
    """Whether an end of the page has a number from `first` on and before `behind`."""
    place = bisect_left(around.ends, first, key=_number)
    return place < len(around.ends) and around.ends[place].instant.n < behind


def _number(fact: Claim | Ending) -> int:
    return fact.instant.n


def _told(instant: Instant, claim: Claim, known: Known) -> Lane | None:
    """The lane of who was told, or None where an end that applies to them lies between."""
    ends = known.ends_of(claim.uid)
    after = ends_before(claim.instant, ends)
    horizon = horizon_ms([end.instant for end in ends], ENDS_MAX)
    if after == BEYOND or instant.at >= horizon:
        return None
    since = (end for end in ends if claim.instant.is_in_time_for(end.instant))
    if any(not instant.is_in_time_for(end.instant) for end in since):
        return None
    return Lane(claim.uid, after, is_late=claim.is_late, is_bleed=not is_before_all(claim.instant, known.summary))


def ends_before(claim: Instant, ends: tuple[Ending, ...]) -> int:
    """How many of `ends`, which are those of its uid, came before a claim; `BEYOND` where they cannot be counted."""
    if claim.at >= horizon_ms([end.instant for end in ends], ENDS_MAX):
        return BEYOND
    return sum(not claim.is_in_time_for(end.instant) for end in ends)


def is_before_all(instant: Instant, summary: Summary) -> bool:
    """Whether it surely came before all ends of the device."""
    ends = [end.instant for end in summary.ends]
    return instant.at < horizon_ms(ends, FACTS_MAX) and all(instant.is_in_time_for(end) for end in ends)


def _silent(instant: Instant, around: Around, known: Known) -> Lane:
    summary = known.summary
    if not is_before_all(instant, summary) or _has_end(around, 0, instant.n):
        return _nobodys(instant, known, is_bleed=True)
    if summary.is_overfull:
        return _nobodys(instant, known, is_bleed=False)
    if summary.owner is None:
        return ANONYMOUS
    is_clear = instant.at < horizon_ms(summary.contradictions, FACTS_MAX)
    if is_clear and all(instant.before(other) for other in summary.contradictions):
        return Lane(summary.owner.uid)
    return _nobodys(instant, known, is_bleed=False)


def _nobodys(instant: Instant, known: Known, *, is_bleed: bool) -> Lane:
    past = sum(not instant.is_in_time_for(end.instant) for end in known.summary.ends)
    return Lane(None, past, instant.page, is_bleed=is_bleed)


def summed_up(claims: list[Claim], ends: list[Ending]) -> Summary:
    """The summary of all these facts; of `ends` at least the first `FACTS_MAX` by server time.

    Of more than `CLAIMS_MAX` claims nobody tells who was first: it is overfull.
    """
    listed = Summary(ends=tuple(sorted(ends, key=lambda end: by_server_time(end.instant))[:FACTS_MAX]))
    if len(claims) > CLAIMS_MAX:
        return msgspec.structs.replace(listed, is_overfull=True)
    early = [claim for claim in claims if is_before_all(claim.instant, listed)]
    mine = (claim for claim in early if not claim.is_late and not claim.is_unproved)
    owner = min(mine, key=lambda claim: claim.rank, default=None)
    if owner is None:
        return listed
    others = sorted((claim.instant for claim in early if claim.uid != owner.uid), key=by_server_time)
    return Summary(owner, tuple(others[:FACTS_MAX]), listed.ends)


def with_claim(summary: Summary, claim: Claim) -> Summary | None:
    """The summary with one claim more; None if it has to be made from all facts."""
    if summary.is_overfull or not is_before_all(claim.instant, summary):
        return summary
    owner = summary.owner
    if owner is None:
        return summary if claim.is_late or claim.is_unproved else None
    if claim.rank < owner.rank and not claim.is_late and not claim.is_unproved:
        return None if claim.uid != owner.uid else msgspec.structs.replace(summary, owner=claim)
    if claim.uid == owner.uid or claim.instant in summary.contradictions:
        return summary
    others = sorted((*summary.contradictions, claim.instant), key=by_server_time)
    return msgspec.structs.replace(summary, contradictions=tuple(others[:FACTS_MAX]))


def outcome_of(lane: Lane, is_home: bool) -> Outcome:
    """What is said of an operation in `lane`, apart from what it did itself."""
    if is_home:
        return Outcome.STORED
    return Outcome.BLEED if lane.is_bleed else Outcome.DIVERTED
