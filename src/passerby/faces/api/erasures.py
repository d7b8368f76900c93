"""Receipts of erasure (PV-2.1)."""

from __future__ import annotations

import msgspec

from passerby.base.errors import Refusal
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.ingest import erasing
from passerby.model.erasure import ErasureReceipt
from passerby.wire.instants import iso_text

_PAGE = 100


class ErasureShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an erasure removed; `erased` is there when no byte is left."""

    id: str
    requested: str
    devices: int
    sessions: int
    pieces: int
    operations: int
    properties: int
    records: int
    erased: str | None = None


class ErasureListShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of receipts."""

    results: list[ErasureShape]
    next_page_token: str | None = None


class PageQuery(msgspec.Struct, frozen=True):
    """Which page."""

    page_token: str = ""


def get_erasure(call: Call) -> Answer:
    """The receipt of an erasure."""
    with call.desk.store.read() as reader:
        entry = reader.entry(call.org.id, erasing.ERASURE, call.path["erasure"])
    if entry is None:
        raise Refusal("resource_not_found", "no such erasure")
    return Answer(_shape(entry.body))


def all_erasures(call: Call) -> Answer:
    """List receipts, by id."""
    with call.desk.store.read() as reader:
        found = reader.entries(call.org.id, erasing.ERASURE, "", call.query.page_token, _PAGE + 1)
    more = found[_PAGE - 1].id if len(found) > _PAGE else None
    return Answer(ErasureListShape([_shape(entry.body) for entry in found[:_PAGE]], more))


def _shape(body: bytes) -> ErasureShape:
    receipt = msgspec.json.decode(body, type=ErasureReceipt)
    return ErasureShape(
        receipt.id,
        iso_text(receipt.requested_at_ms),
        receipt.devices,
        receipt.sessions,
        receipt.pieces,
        receipt.operations,
        receipt.properties,
        receipt.records,
        None if receipt.erased_at_ms is None else iso_text(receipt.erased_at_ms),
    )


ENDPOINTS = (
    Endpoint("GET", "/v2/erasures", "admin", all_erasures, ErasureListShape, PageQuery),
    Endpoint("GET", "/v2/erasures/{erasure}", "admin", get_erasure, ErasureShape, errors=("resource_not_found",)),
)
