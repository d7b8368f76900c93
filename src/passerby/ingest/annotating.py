"""Annotating: setting marks on the time axes, and taking them away (AP-19).

Entries: `annotation`, by id; `annotations`, of which the only one counts them.
"""

from __future__ import annotations

from typing import Final

import msgspec

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.model.annotation import ANNOTATION, ANNOTATIONS, ANNOTATIONS_MAX, Annotation
from passerby.store.contract import Entry, Transaction

_COUNT: Final = "count"


def annotate(transaction: Transaction, org: OrgId, made: Annotation) -> None:
    """Keep an annotation. Refusal: `invalid_argument` where the org has as many as it may."""
    count = _counted(transaction, org)
    if count >= ANNOTATIONS_MAX:
        raise Refusal("invalid_argument", f"an org has at most {ANNOTATIONS_MAX} annotations: remove some first")
    transaction.put_entry(org, Entry(ANNOTATION, made.id, msgspec.json.encode(made)))
    _count(transaction, org, count + 1)


def remove_annotation(transaction: Transaction, org: OrgId, name: str) -> None:
    """Take an annotation away. Refusal: `resource_not_found`."""
    if transaction.entry(org, ANNOTATION, name) is None:
        raise Refusal("resource_not_found", "no such annotation")
    transaction.remove_entry(org, ANNOTATION, name)
    _count(transaction, org, _counted(transaction, org) - 1)


def _counted(transaction: Transaction, org: OrgId) -> int:
    entry = transaction.entry(org, ANNOTATIONS, _COUNT)
    return msgspec.json.decode(entry.body, type=int) if entry else 0


def _count(transaction: Transaction, org: OrgId, count: int) -> None:
    transaction.put_entry(org, Entry(ANNOTATIONS, _COUNT, msgspec.json.encode(count)))
