"""Operations and what they lead to: how an export stands, where it is, and its file (AP-10)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.base.units import DAY_MS
from passerby.faces.api import columns
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.faces.api.files import MEDIA_TYPE, name_of, packed, written
from passerby.ingest.erasing import going
from passerby.jobs.work import EXPORT
from passerby.model.export import Export
from passerby.model.org import Org
from passerby.query import cursor
from passerby.query.exporting import Read, Turned, export_events, export_individuals, in_chunks
from passerby.store.contract import Entry, Reader
from passerby.wire.instants import iso_text

EXPORTS_KEPT_MS: Final = 7 * DAY_MS
_LOCATION_MS: Final = DAY_MS
_LISTED: Final = 100

State = Literal["PENDING", "COMPLETED", "FAILED"]
Kind = Literal["SEARCH_EXPORT", "DELETE_USER", "DELETE_SESSION", "DELETE_SEGMENT_SESSIONS", "DELETE_SEGMENT_USERS"]


class ExportResults(msgspec.Struct, frozen=True):
    """Which export it made, and until when it is kept."""

    searchExportId: str
    expires: str


class OperationShape(msgspec.Struct, frozen=True):
    """An operation; complete at once, since nothing is copied."""

    id: str
    type: Literal["SEARCH_EXPORT"]
    state: State
    estimatePctComplete: int
    createdAt: str
    finishedAt: str
    results: ExportResults
    errorDetails: str = ""
    details: dict[str, Any] | None = None


class OperationListShape(msgspec.Struct, frozen=True):
    """Operations, and the token of the next page; '' at the end."""

    operations: list[OperationShape]
    nextPaginationToken: str = ""


class LocationShape(msgspec.Struct, frozen=True):
    """Where to download, without a key, and until when."""

    location: str
    expires: str


class OperationsQuery(msgspec.Struct, frozen=True):
    """Which operations, and how many."""

    limit: Annotated[int, Meta(ge=1, le=_LISTED)] = _LISTED
    paginationToken: str = ""
    type: Kind | None = None
    state: State | None = None


class DownloadQuery(msgspec.Struct, frozen=True):
    """The signature of a location."""

    org: str
    expires: int
    signature: str


def get_operation(call: Call) -> Answer:
    """How an export stands."""
    with call.desk.store.read() as reader:
        return Answer(_operation(_export(reader, call.org.id, call.path["operation"])))


def get_export(call: Call) -> Answer:
    """How an export stands: the operation that made it."""
    with call.desk.store.read() as reader:
        return Answer(_operation(_export(reader, call.org.id, call.path["export"])))


def operations(call: Call) -> Answer:
    """List operations."""
    asked: OperationsQuery = call.query
    behind = cursor.read(asked.paginationToken)[1] if asked.paginationToken else ""
    if asked.type not in (None, "SEARCH_EXPORT") or asked.state not in (None, "COMPLETED"):
        return Answer(OperationListShape([]))
    with call.desk.store.read() as reader:
        found = [_read(entry) for entry in reader.entries(call.org.id, EXPORT, "", behind, asked.limit + 1)]
    shown = found[: asked.limit]
    token = cursor.written(0, shown[-1].id) if len(found) > asked.limit else ""
    return Answer(OperationListShape([_operation(export) for export in shown], token))


def _operation(export: Export) -> OperationShape:
    made_at = iso_text(export.made_at_ms)
    results = ExportResults(export.id, iso_text(export.made_at_ms + EXPORTS_KEPT_MS))
    return OperationShape(export.id, "SEARCH_EXPORT", "COMPLETED", 100, made_at, made_at, results)


def export_results(call: Call) -> Answer:
    """A location from which the export can be downloaded for a day, without a key."""
    with call.desk.store.read() as reader:
        export = _export(reader, call.org.id, call.path["export"])
    expires_ms = call.now_ms + _LOCATION_MS
    signed = {"org": call.org.id, "expires": expires_ms, "signature": _signature(call.org, export.id, expires_ms)}
    location = f"{call.base}/search/v1/exports/{export.id}/download?{urlencode(signed)}"
    return Answer(LocationShape(location, iso_text(expires_ms)))


def download_export(call: Call) -> Answer:
    """The rows of an export, as a gzip file. Needs a signed location and no key."""
    asked: DownloadQuery = call.query
    name = call.path["export"]
    with call.desk.store.read() as reader:
        org = reader.org(OrgId(asked.org))
        signature = _signature(org, name, asked.expires) if org else ""
        genuine = hmac.compare_digest(signature.encode(), asked.signature.encode())
        if org is None or not genuine or asked.expires <= call.now_ms:
            raise Refusal("forbidden", "this location is not one of ours, or has expired: ask for the results again")
        export = _export(reader, org.id, name)
    file = packed(in_chunks(_parts(call.desk.store.read, org.id, export, going(org))))
    headers = {"Content-Disposition": f'attachment; filename="{name_of(export)}"'}
    return Answer(headers=headers, stream=file, media_type=MEDIA_TYPE)


def _parts(read: Read, org: OrgId, export: Export, is_going: Turned) -> Iterator[bytes]:
    is_sparse = bool(export.fields) and export.format != "FORMAT_CSV"
    if export.type == "TYPE_EVENT":
        fields = export.fields or columns.EVENT_FIELDS
        row = columns.EVENTS.rows(fields, is_sparse=is_sparse)
        told = export_events(read, org, export, is_going, columns.EVENTS.wanted(fields))
        return written(export, fields, (row(columns.Told(one)) for one in told))
    fields = export.fields or columns.INDIVIDUAL_FIELDS
    row_of = columns.INDIVIDUALS.rows(fields, is_sparse=is_sparse)
    people = export_individuals(read, org, export, is_going, columns.INDIVIDUALS.wanted(fields))
    return written(export, fields, map(row_of, people))


def _export(reader: Reader, org: OrgId, name: str) -> Export:
    entry = reader.entry(org, EXPORT, name)
    if entry is None:
        raise Refusal("resource_not_found", "no such export; exports are kept for 7 days")
    return _read(entry)


def _read(entry: Entry) -> Export:
    return msgspec.json.decode(entry.body, type=Export)


def _signature(org: Org, export: str, expires_ms: int) -> str:
    return hmac.new(org.secret, f"export\0{org.id}\0{export}\0{expires_ms}".encode(), hashlib.sha256).hexdigest()


ENDPOINTS = (
    Endpoint(
        "GET", "/segments/v1/exports/{export}", "read", get_export, OperationShape, errors=("resource_not_found",)
    ),
    Endpoint("GET", "/operations/v1", "read", operations, OperationListShape, OperationsQuery),
    Endpoint(
        "GET", "/operations/v1/{operation}", "read", get_operation, OperationShape, errors=("resource_not_found",)
    ),
    Endpoint(
        "GET", "/search/v1/exports/{export}/results", "read", export_results, LocationShape,
        errors=("resource_not_found",),
    ),
    Endpoint(
        "GET", "/search/v1/exports/{export}/download", "read", download_export, list[dict[str, Any]], DownloadQuery,
        errors=("forbidden", "required_field", "resource_not_found"), is_open=True, media_types=(MEDIA_TYPE,),
    ),
)  # fmt: skip
