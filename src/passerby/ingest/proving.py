"""Proving: which identifies of a bundle are proved, and the secrets that prove them (WI-11, AT-10)."""

from __future__ import annotations

import functools
from typing import Final

import msgspec

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.base.token import digest
from passerby.base.units import DAY_MS
from passerby.ingest.choosing import choose
from passerby.lifecycle.proof import fault_of
from passerby.model.bundle import Bundle
from passerby.model.operation import Identify, Operation, Unproved
from passerby.model.org import Org, OrgSettings
from passerby.model.outcome import Outcome
from passerby.model.secret import VALID_MAX, Secret
from passerby.store.contract import Reader, Transaction

UNSIGNED_MS: Final = 7 * DAY_MS
"""For so long it is known how many identifies came without a signature."""
_ID_CHARS: Final = 12
_KEPT_MS: Final = 30 * DAY_MS


def proved(reader: Reader, org: Org, bundle: Bundle) -> Bundle:
    """`bundle` with every identify that has a wrong proof, or lacks one where it needs one, as a claim of nobody known.

    Signatures go no further than this.
    """
    signatures = dict(bundle.proofs)
    is_demanded = org.settings.identify == "signed"
    if not signatures and not (is_demanded and any(isinstance(op, Identify) for op in bundle.operations)):
        return bundle
    keys = [found.key for found in reader.secrets(org.id) if found.key is not None and found.retired_at_ms is None]

    def judged(operation: Operation) -> Operation:
        if not isinstance(operation, Identify):
            return operation
        signature = signatures.get(operation.n)
        fault: Outcome | None = Outcome.UNSIGNED_UID if is_demanded else None
        if signature is not None:
            fault = fault_of(signature, org.id, operation.uid, keys, bundle.received_at_ms)
        if fault is None:
            return operation
        n, t, at = operation.n, operation.t, operation.at
        return Unproved(n=n, t=t, at=at, source=operation.source, outcome=fault.value)

    return msgspec.structs.replace(bundle, operations=tuple(map(judged, bundle.operations)), proofs=())


def count_unsigned(transaction: Transaction, bundle: Bundle, told: set[int], signed: set[int]) -> None:
    """Count the identifies of `bundle` that are in `told` and came without a signature, which nothing demanded."""
    count = sum(isinstance(op, Identify) and op.n in told and op.n not in signed for op in bundle.operations)
    if count:
        transaction.count_unsigned(bundle.org, bundle.received_at_ms, count, bundle.received_at_ms - _KEPT_MS)


def add_secret(transaction: Transaction, org: OrgId, text: str, now_ms: int) -> Secret:
    """Add a secret, whose id is the beginning of its hash. Refusal: `too_many_secrets`."""
    secret = Secret(digest(text).hex()[:_ID_CHARS], text.encode(), now_ms)
    valid = [found for found in transaction.secrets(org) if found.retired_at_ms is None]
    if len(valid) >= VALID_MAX:
        raise Refusal("too_many_secrets", f"an org has {VALID_MAX} valid secrets: retire the older one first")
    transaction.put_secret(org, secret)
    return secret


def retire_secret(transaction: Transaction, org: OrgId, name: str, now_ms: int) -> None:
    """Retire the secret `name`: it proves nothing from now on, and is forgotten. Refusal: `resource_not_found`,
    or `last_secret` where signatures are demanded.
    """
    found = next((one for one in transaction.secrets(org) if one.id == name), None)
    if found is None or found.retired_at_ms is not None:
        raise Refusal("resource_not_found", "no such valid secret")
    known = transaction.org(org)
    valid = [one for one in transaction.secrets(org) if one.retired_at_ms is None]
    if len(valid) == 1 and known is not None and known.settings.identify == "signed":
        raise Refusal("last_secret", "the org demands signatures, and this is the only secret: make another one first")
    transaction.put_secret(org, msgspec.structs.replace(found, key=None, retired_at_ms=now_ms))


def demand(transaction: Transaction, org: OrgId, by: str, now_ms: int, *, is_signed: bool) -> None:
    """Choose whether an identify needs a proof, as `by` wants it.

    Refusals: `no_secret` where there is nothing to prove it with; `unknown_org`.
    """
    if is_signed and not any(secret.retired_at_ms is None for secret in transaction.secrets(org)):
        raise Refusal("no_secret", "make a secret first: without one nobody could be identified")
    choose(transaction, org, functools.partial(_demanded, is_signed=is_signed), by, now_ms)


def _demanded(settings: OrgSettings, *, is_signed: bool) -> OrgSettings:
    return msgspec.structs.replace(settings, identify="signed" if is_signed else "open")
