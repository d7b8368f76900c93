"""Recording: what a bundle does to the store, as one piece of work inside one transaction."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.base.units import DAY_MS
from passerby.ingest.announcing import announce
from passerby.ingest.complaint import COMPLAINED_MS, complaints_of
from passerby.ingest.erasing import turned_away
from passerby.lifecycle.decide import Change, decide, settle
from passerby.lifecycle.identity import Standing
from passerby.lifecycle.substitute import Substitutes
from passerby.model.bundle import Bundle, Piece
from passerby.model.effect import Close
from passerby.model.org import Org
from passerby.model.outcome import Outcome
from passerby.store.contract import Transaction

_TALLIED_MS: Final = 30 * DAY_MS


class Recorded(msgspec.Struct, frozen=True):
    """What became of each operation of a bundle (n → outcome); `fresh` are those that had not come before.

    `announced` is how many deliveries to webhooks are due because of it (AP-11).
    """

    outcomes: Mapping[int, Outcome]
    fresh: Mapping[int, Outcome]
    announced: int = 0


def record(transaction: Transaction, bundle: Bundle) -> Recorded:
    """Take `bundle` in. Refusal: `unknown_org`, `page_of_another_device`."""
    org = transaction.org(bundle.org)
    if org is None or not org.settings.capture:
        raise Refusal("unknown_org", "no such org here, or its capture is off: check the org id in your snippet")
    answered = _answered(transaction, bundle)
    substitutes = Substitutes(org.secret)
    bundle = _in_own_session(transaction, bundle, substitutes)
    standing = _standing(transaction, org.id, substitutes)
    decision = decide(bundle, answered, standing, org.settings.age_ms)
    effects, lost = turned_away(transaction, org, decision.effects, bundle.received_at_ms)
    transaction.apply(org.id, effects)
    announced = announce(transaction, org, effects, bundle.received_at_ms)
    _settle(transaction, org, list(decision.unsettled), substitutes, bundle.received_at_ms)
    outcomes = {**decision.outcomes, **dict.fromkeys(lost, Outcome.ERASED)}
    fresh = {n: outcome for n, outcome in outcomes.items() if n not in answered}
    if fresh:
        transaction.tally(org.id, bundle.received_at_ms, Counter(fresh.values()), bundle.received_at_ms - _TALLIED_MS)
    told = {n: outcome for n, outcome in fresh.items() if n not in lost}
    complaints = complaints_of(bundle, told, lambda: transaction.pieces_of_session(org.id, bundle.session))
    if complaints:
        transaction.complain(org.id, complaints, bundle.received_at_ms - COMPLAINED_MS)
    return Recorded(outcomes, fresh, announced)


def _answered(transaction: Transaction, bundle: Bundle) -> Mapping[int, Outcome]:
    numbers = {op.n for op in bundle.operations} | {refused.n for refused in bundle.refused}
    receipt = transaction.receipt(bundle.org, bundle.page, min(numbers), max(numbers))
    if receipt is None:
        return {}
    if receipt.device != bundle.device:
        raise Refusal("page_of_another_device", "a page id belongs to one device: mint a page with every device")
    return {n: outcome for n, outcome in receipt.outcomes if n in numbers}


def _in_own_session(transaction: Transaction, bundle: Bundle, substitutes: Substitutes) -> Bundle:
    """`bundle` in a session that no other device has (AT-1), though its client named one that another has."""
    holder = transaction.device_of_session(bundle.org, bundle.session)
    if holder in (None, bundle.device):
        return bundle
    return msgspec.structs.replace(bundle, session=substitutes.session(bundle.device, bundle.session))


def _standing(transaction: Transaction, org: OrgId, substitutes: Substitutes) -> Standing:
    return Standing(functools.partial(transaction.device, org), substitutes)


def _settle(transaction: Transaction, org: Org, unsettled: list[Change], substitutes: Substitutes, now_ms: int) -> None:
    """Place again what the changes concern, and what that changes, until nothing moves (AT-2)."""
    while unsettled:
        change = unsettled.pop(0)
        pieces = _pieces(transaction, org.id, change)
        if pieces:
            standing = _standing(transaction, org.id, substitutes)
            decision = settle(pieces, standing)
            effects, _ = turned_away(transaction, org, decision.effects, now_ms)
            transaction.apply(org.id, effects)
            unsettled.extend(decision.unsettled)


def _pieces(transaction: Transaction, org: OrgId, change: Change) -> list[Piece]:
    if isinstance(change, Close):
        return transaction.pieces_past(org, change.device, change.seal.instant)
    return transaction.pieces(org, change.device)
