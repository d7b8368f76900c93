"""Recording: what a bundle does to the store, as one piece of work inside one transaction."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from passerby.base.errors import Refusal
from passerby.base.units import DAY_MS
from passerby.ingest import learning
from passerby.ingest.announcing import announce
from passerby.ingest.complaint import COMPLAINED_MS, complaints_of
from passerby.ingest.erasing import is_erased_device, turned_away, with_lateness
from passerby.ingest.holding import begin
from passerby.ingest.learning import learn
from passerby.ingest.proving import count_unsigned, proved
from passerby.ingest.settling import Settling
from passerby.lifecycle.decide import Made, answer, decided_simply, facts_of, has_past, is_simple, made_of
from passerby.lifecycle.frames import Frames
from passerby.lifecycle.placing import Placed, keeps
from passerby.lifecycle.plan import ANONYMOUS
from passerby.lifecycle.substitute import Substitutes, is_made_here
from passerby.model.bundle import Bundle, Piece
from passerby.model.device import SLACK_MS, Device, Instant
from passerby.model.effect import Effect, Meet
from passerby.model.marks import Marks
from passerby.model.operation import Operation, Unproved
from passerby.model.org import Org
from passerby.model.outcome import Outcome
from passerby.store.contract import Transaction

_TALLIED_MS: Final = 30 * DAY_MS
_LOOKED_AT_MAX: Final = 1000
_PAGE_ENDS_MAX: Final = 4
"""So many of the first and of the last pieces of a page are asked where it was, for complaints about it."""


class Recorded(msgspec.Struct, frozen=True):
    """What became of each operation of a bundle (n → outcome); `fresh` are those that had not come before.

    `announced` is how many deliveries to webhooks are due because of it (AP-11). `is_cut` says that its device is to be
    placed again (AT-2.3).
    """

    outcomes: Mapping[int, Outcome]
    fresh: Mapping[int, Outcome]
    announced: int = 0
    is_cut: bool = False

    @property
    def wakes(self) -> bool:
        """Whether something is due because of it."""
        return self.announced > 0 or self.is_cut


class _Decided(msgspec.Struct, frozen=True):
    """What a bundle does: to how devices stand and what they keep of it, to what was stored; and the outcomes."""

    effects: list[Effect]
    moves: list[Effect]
    outcomes: dict[int, Outcome]
    is_cut: bool = False
    is_unread: bool = False


def record(transaction: Transaction, bundle: Bundle, *, is_trusted: bool = False) -> Recorded:
    """Take `bundle` in. Refusal: `unknown_org`, `page_of_another_device`.

    A trusted one is a report of the customer's own server, which needs no key (AT-9).
    """
    org = transaction.org(bundle.org)
    if org is None or not org.settings.capture:
        raise unknown_org()
    signed = {n for n, _ in bundle.proofs}
    if not is_trusted:
        bundle = proved(transaction, org, bundle)
    device = transaction.device(org.id, bundle.device)
    if is_apart := not is_trusted and not _has_its_key(org, device, bundle):
        bundle = _apart(org, bundle)
        device = Device(bundle.device)
    answered = _answered(transaction, bundle)
    if is_erased_device(transaction, org, bundle.device):
        return _turned_away(transaction, bundle, answered)
    decided = _decided(transaction, org, bundle, device, answered, is_apart=is_apart)
    first = [] if is_apart or is_trusted else _met(org, device, bundle)
    effects, lost = turned_away(transaction, org, [*first, *decided.effects], bundle.received_at_ms, bundle.device)
    transaction.apply(org.id, effects)
    announced = announce(transaction, org, effects, bundle.received_at_ms)
    transaction.apply(org.id, turned_away(transaction, org, decided.moves, bundle.received_at_ms)[0])
    if decided.is_cut:
        begin(transaction, org, bundle.device, bundle.received_at_ms, is_unread=decided.is_unread)
    outcomes = {**decided.outcomes, **dict.fromkeys(lost, Outcome.ERASED)}
    told = {n: outcome for n, outcome in outcomes.items() if n not in answered}
    _tallied(transaction, bundle, told)
    if not is_trusted:
        count_unsigned(transaction, bundle, {*told}, signed)
    complained = {n: outcome for n, outcome in told.items() if outcome is not Outcome.ERASED}
    complaints = complaints_of(bundle, complained, lambda: _earlier(transaction, bundle))
    if complaints:
        transaction.complain(org.id, complaints, bundle.received_at_ms - COMPLAINED_MS)
    return Recorded({**outcomes, **answered}, told, announced, decided.is_cut)


def unknown_org() -> Refusal:
    """The refusal of a bundle whose org is not here or takes none."""
    return Refusal("unknown_org", "no such org here, or its capture is off: check the org id in your snippet")


def _earlier(transaction: Transaction, bundle: Bundle) -> list[Piece]:
    """The first and the last that is kept of a bundle's page in its session: enough to say where the page was."""
    marks = transaction.marks_of_session(bundle.org, bundle.session, _LOOKED_AT_MAX)
    rows = [mark.row for mark in marks if mark.page == bundle.page]
    return transaction.pieces_of_rows(bundle.org, [*rows[:_PAGE_ENDS_MAX], *rows[_PAGE_ENDS_MAX:][-_PAGE_ENDS_MAX:]])


def _has_its_key(org: Org, device: Device, bundle: Bundle) -> bool:
    """Whether the bundle came with the key of its device, or the device has none yet (AT-9)."""
    if device.key is None:
        return True
    given = Marks(org.secret).of_key(device.id, bundle.key)
    return bool(bundle.key) and hmac.compare_digest(given, device.key)


def _met(org: Org, device: Device, bundle: Bundle) -> list[Effect]:
    if device.key is not None or not bundle.key:
        return []
    return [Meet(device.id, Marks(org.secret).of_key(device.id, bundle.key))]


def _apart(org: Org, bundle: Bundle) -> Bundle:
    """`bundle` under names that nobody else has, so that it touches nothing of the device it names (AT-9)."""
    substitutes = Substitutes(org.secret)
    device = substitutes.apart(bundle.device, bundle.key, bundle.page)
    return msgspec.structs.replace(
        bundle,
        device=device,
        session=substitutes.session(device, bundle.session),
        page=substitutes.page(device, bundle.page),
        key="",
    )


def _answered(transaction: Transaction, bundle: Bundle) -> Mapping[int, Outcome]:
    numbers = {op.n for op in bundle.operations} | {refused.n for refused in bundle.refused}
    receipt = transaction.receipt(bundle.org, bundle.page, min(numbers), max(numbers))
    if receipt is None:
        return {}
    if receipt.device != bundle.device:
        raise Refusal("page_of_another_device", "a page id belongs to one device: mint a page with every device")
    return {n: outcome for n, outcome in receipt.outcomes if n in numbers}


def _turned_away(transaction: Transaction, bundle: Bundle, answered: Mapping[int, Outcome]) -> Recorded:
    """An erased device turns everything away (PV-2.2)."""
    refused = {no.n: no.outcome for no in bundle.refused}
    outcomes = {**refused, **dict.fromkeys((op.n for op in bundle.operations), Outcome.ERASED)}
    told = {n: outcome for n, outcome in outcomes.items() if n not in answered}
    _tallied(transaction, bundle, told)
    return Recorded({**outcomes, **answered}, told)


def _tallied(transaction: Transaction, bundle: Bundle, told: Mapping[int, Outcome]) -> None:
    if told:
        since_ms = bundle.received_at_ms - _TALLIED_MS
        transaction.tally(bundle.org, bundle.received_at_ms, Counter(told.values()), since_ms)


def _decided(
    transaction: Transaction,
    org: Org,
    bundle: Bundle,
    device: Device,
    answered: Mapping[int, Outcome],
    *,
    is_apart: bool,
) -> _Decided:
    """What becomes of `bundle`: the one place where client times go into their device's frame (PV-1.1)."""
    frames = Frames(org.secret, bundle.device)
    own = frames.taken_in(_in_own_session(transaction, bundle, frames))
    made = made_of(own, answered, frames.substitutes, org.settings.age_ms)
    standing: list[Effect] = []
    moves: list[Effect] = []
    is_cut = is_unread = False
    if is_apart:
        outcomes = {one.operation.n: _apart_outcome(one.operation) for one in made}
        kept = _kept_at_home(own, made, outcomes, frames)
    elif is_made_here(device.id):
        standing, outcomes, kept = _reported(own, device, made, frames)
    elif _stays_simple(transaction, org, device, made):
        standing, outcomes = decided_simply(device, made)
        kept = _kept_at_home(own, made, outcomes, frames)
    else:
        facts = facts_of(((one.instant, one.operation, own.received_at_ms) for one in made), frames.marks)
        facts = with_lateness(transaction, org, facts)
        known, reach = learn(transaction, org.id, device, facts, frames.marks)
        settled = Settling(transaction, org.id, device, known, frames).settle(own, made, reach)
        standing, moves, outcomes = settled.standing, settled.moves, settled.outcomes
        is_cut, is_unread = settled.is_cut, settled.is_unread
        kept = [*settled.kept]
    told = {no.n: no.outcome for no in bundle.refused} | {one.operation.n: Outcome.STORED for one in made} | outcomes
    fresh = {n: outcome for n, outcome in told.items() if n > 0 and n not in answered}
    return _Decided([*standing, *kept, *answer(bundle, fresh)], moves, told, is_cut, is_unread)


def _apart_outcome(operation: Operation) -> Outcome:
    return Outcome(operation.outcome) if isinstance(operation, Unproved) else Outcome.APART


def _in_own_session(transaction: Transaction, bundle: Bundle, frames: Frames) -> Bundle:
    """`bundle` in a session that no other device has (AT-1), though its client named one that another has."""
    holder = transaction.device_of_session(bundle.org, bundle.session)
    if holder in (None, bundle.device):
        return bundle
    return msgspec.structs.replace(bundle, session=frames.substitutes.session(bundle.device, bundle.session))


def _stays_simple(transaction: Transaction, org: Org, device: Device, made: Sequence[Made]) -> bool:
    if device.summary is not None or not is_simple(device, made):
        return False
    end = next((one.instant for one in made if one.is_end), None)
    return end is None or not _may_have_past(transaction, org, device, end)


def _may_have_past(transaction: Transaction, org: Org, device: Device, end: Instant) -> bool:
    """Whether something was made past an end, or too much may have been to look at it at once (AT-2.3)."""
    limit = learning.AT_ONCE_MAX + 1
    if transaction.weight_of(org.id, device.id, b"", limit, None, end.at - SLACK_MS) == limit:
        return True
    return has_past(transaction.pieces_past(org.id, device.id, end), end)


def _reported(
    bundle: Bundle, device: Device, made: Sequence[Made], frames: Frames
) -> tuple[list[Effect], dict[int, Outcome], list[Effect]]:
    """What a customer's server reported for a device of the service's own: past its seal it is nobody's."""
    standing, outcomes = decided_simply(device, made)
    late = [one for one in made if device.seal is not None and device.seal.past(one.instant)]
    if not late:
        return standing, outcomes, _kept_at_home(bundle, made, outcomes, frames)
    nobodys = frames.substitutes.nobodys(device.id, bundle.page, 1)
    placed = [Placed(one.session, one.operation, ANONYMOUS, nobodys, Outcome.BLEED) for one in made]
    return [], {one.operation.n: Outcome.BLEED for one in made}, [*keeps(bundle, placed, frames)]


def _kept_at_home(
    bundle: Bundle, made: Sequence[Made], outcomes: Mapping[int, Outcome], frames: Frames
) -> list[Effect]:
    placed = [
        Placed(one.session, one.operation, ANONYMOUS, bundle.device, outcomes.get(one.operation.n, Outcome.STORED))
        for one in made
    ]
    return [*keeps(bundle, placed, frames)]
