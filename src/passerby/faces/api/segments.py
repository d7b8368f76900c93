"""Segments and their exports (AP-10)."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.base.units import DAY_MS
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.ingest.erasing import going
from passerby.jobs.work import EXPORT
from passerby.model.export import Export, Format
from passerby.model.org import Org
from passerby.query.exporting import EVENT_FIELDS, INDIVIDUAL_FIELDS, WILDCARDS, Row, export_rows, in_chunks, shown
from passerby.store.contract import Entry, Reader, Transaction
from passerby.wire.instants import iso_ms, iso_text

_SEGMENTS: Final = {"everyone": "Everyone", "identified": "Identified users"}
_KEPT_MS: Final = 7 * DAY_MS
_LOCATION_MS: Final = DAY_MS
_UNTIL_MS: Final = 2**53
_LISTED: Final = 100
_MEDIA: Final[dict[Format, str]] = {
    "FORMAT_JSON": "application/json",
    "FORMAT_NDJSON": "application/x-ndjson",
    "FORMAT_CSV": "text/csv",
}


_Field = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}\*?$")]


class TimeRange(msgspec.Struct, frozen=True):
    """From `start` on and before `end`, ISO-8601; an empty one is open."""

    start: str = ""
    end: str = ""


class ExportRequest(msgspec.Struct, frozen=True):
    """What to export. `segmentTimeRange`, `timezone` and `eventDetails` are taken and change nothing: times are UTC."""

    segmentId: str
    type: Literal["TYPE_EVENT", "TYPE_INDIVIDUAL"] = "TYPE_EVENT"
    format: Format = "FORMAT_JSON"
    timeRange: TimeRange = TimeRange()
    segmentTimeRange: TimeRange = TimeRange()
    timezone: str = ""
    fields: Annotated[list[_Field], Meta(max_length=500)] = []
    eventDetails: dict[str, Any] = {}


class SegmentShape(msgspec.Struct, frozen=True):
    """A segment."""

    id: str
    name: str


class SegmentListShape(msgspec.Struct, frozen=True):
    """All segments."""

    segments: list[SegmentShape]


class OperationCreated(msgspec.Struct, frozen=True):
    """The operation to ask after."""

    operationId: str


class ExportResults(msgspec.Struct, frozen=True):
    """Which export it made, and until when it is kept."""

    searchExportId: str
    expires: str


class OperationShape(msgspec.Struct, frozen=True):
    """An operation; complete at once, since nothing is copied."""

    id: str
    type: Literal["SEARCH_EXPORT"]
    state: Literal["PENDING", "COMPLETED", "FAILED"]
    estimatePctComplete: int
    results: ExportResults
    errorDetails: str = ""


class OperationListShape(msgspec.Struct, frozen=True):
    """Operations."""

    operations: list[OperationShape]


class LocationShape(msgspec.Struct, frozen=True):
    """Where to download, without a key, and until when."""

    location: str
    expires: str


class LimitQuery(msgspec.Struct, frozen=True):
    """How many."""

    limit: int = _LISTED


class DownloadQuery(msgspec.Struct, frozen=True):
    """The signature of a location."""

    org: str
    expires: int
    signature: str


def segments(_call: Call) -> Answer:
    """List segments."""
    return Answer(SegmentListShape([SegmentShape(name, title) for name, title in _SEGMENTS.items()]))


def create_export(call: Call) -> Answer:
    """Export the events or the individuals of a segment."""
    asked: ExportRequest = call.body
    if asked.segmentId not in _SEGMENTS:
        raise Refusal("resource_not_found", f"no such segment: there are {' and '.join(_SEGMENTS)}")
    if asked.format == "FORMAT_CSV" and any(name in WILDCARDS for name in asked.fields):
        raise Refusal("invalid_argument", f"CSV has one column a field: {', '.join(WILDCARDS)} are for JSON and NDJSON")
    since_ms = _bound(asked.timeRange.start, 0)
    until_ms = _bound(asked.timeRange.end, _UNTIL_MS)

    def create(transaction: Transaction) -> Answer:
        export = Export(
            call.desk.ids.mint(),
            "identified" if asked.segmentId == "identified" else "everyone",
            asked.type,
            asked.format,
            call.now_ms,
            since_ms,
            until_ms,
            transaction.last_row(call.org.id),
            tuple(asked.fields),
        )
        body = msgspec.json.encode(export)
        transaction.put_entry(call.org.id, Entry(EXPORT, export.id, body, due_at_ms=call.now_ms + _KEPT_MS))
        return Answer(OperationCreated(export.id))

    return call.write(create)


def _bound(text: str, otherwise_ms: int) -> int:
    if not text:
        return otherwise_ms
    at_ms = iso_ms(text)
    if at_ms is None:
        raise Refusal("invalid_argument", "a time range has ISO-8601 times, such as 2022-03-15T14:23:23Z")
    return at_ms


def get_operation(call: Call) -> Answer:
    """How an export stands."""
    with call.desk.store.read() as reader:
        return Answer(_operation(_export(reader, call.org.id, call.path["operation"])))


def operations(call: Call) -> Answer:
    """List operations."""
    if not 1 <= call.query.limit <= _LISTED:
        raise Refusal("invalid_argument", f"limit is a number from 1 to {_LISTED}")
    with call.desk.store.read() as reader:
        found = reader.entries(call.org.id, EXPORT, "", "", call.query.limit)
    return Answer(OperationListShape([_operation(msgspec.json.decode(entry.body, type=Export)) for entry in found]))


def _operation(export: Export) -> OperationShape:
    results = ExportResults(export.id, iso_text(export.made_at_ms + _KEPT_MS))
    return OperationShape(export.id, "SEARCH_EXPORT", "COMPLETED", 100, results)


def export_results(call: Call) -> Answer:
    """A location from which the export can be downloaded for a day, without a key."""
    with call.desk.store.read() as reader:
        export = _export(reader, call.org.id, call.path["export"])
    expires_ms = call.now_ms + _LOCATION_MS
    signed = {"org": call.org.id, "expires": expires_ms, "signature": _signature(call.org, export.id, expires_ms)}
    location = f"{call.base}/search/v1/exports/{export.id}/download?{urlencode(signed)}"
    return Answer(LocationShape(location, iso_text(expires_ms)))


def download_export(call: Call) -> Answer:
    """The rows of an export, compressed if the client accepts gzip. Needs a signed location and no key."""
    asked: DownloadQuery = call.query
    name = call.path["export"]
    with call.desk.store.read() as reader:
        org = reader.org(OrgId(asked.org))
        signature = _signature(org, name, asked.expires) if org else ""
        genuine = hmac.compare_digest(signature.encode(), asked.signature.encode())
        if org is None or not genuine or asked.expires <= call.now_ms:
            raise Refusal("forbidden", "this location is not one of ours, or has expired: ask for the results again")
        export = _export(reader, org.id, name)
    rows = export_rows(call.desk.store.read, org.id, export, going(org))
    headers = {"Vary": "Accept-Encoding"}
    chunks = in_chunks(_written(export, rows))
    if "gzip" in call.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        chunks = _gzipped(chunks)
    return Answer(headers=headers, stream=chunks, media_type=_MEDIA[export.format])


def _export(reader: Reader, org: OrgId, name: str) -> Export:
    entry = reader.entry(org, EXPORT, name)
    if entry is None:
        raise Refusal("resource_not_found", "no such export; exports are kept for 7 days")
    return msgspec.json.decode(entry.body, type=Export)


def _signature(org: Org, export: str, expires_ms: int) -> str:
    return hmac.new(org.secret, f"export\0{org.id}\0{export}\0{expires_ms}".encode(), hashlib.sha256).hexdigest()


def _written(export: Export, rows: Iterable[Row]) -> Iterator[bytes]:
    fields = export.fields or (EVENT_FIELDS if export.type == "TYPE_EVENT" else INDIVIDUAL_FIELDS)
    encode = msgspec.json.Encoder().encode
    if export.format == "FORMAT_CSV":
        yield from _csv(fields, rows)
        return
    is_array = export.format == "FORMAT_JSON"
    before = b"[" if is_array else b""
    after = b"" if is_array else b"\n"
    for row in rows:
        yield before + encode(shown(row, fields)) + after
        before = b",\n" if is_array else b""
    if is_array:
        yield b"]\n" if before != b"[" else b"[]\n"


def _csv(fields: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(fields)
    for row in rows:
        values = (row.get(name) for name in fields)
        writer.writerow([msgspec.json.encode(value).decode() if isinstance(value, dict) else value for value in values])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
    yield line.getvalue().encode()


def _gzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    stream = zlib.compressobj(wbits=31)
    for chunk in chunks:
        packed = stream.compress(chunk)
        if packed:
            yield packed
    yield stream.flush()


ENDPOINTS = (
    Endpoint("GET", "/segments/v1", "read", segments, SegmentListShape),
    Endpoint(
        "POST", "/segments/v1/exports", "read", create_export, OperationCreated, body=ExportRequest, creates=True,
        errors=("resource_not_found",),
    ),
    Endpoint("GET", "/operations/v1", "read", operations, OperationListShape, LimitQuery),
    Endpoint(
        "GET", "/operations/v1/{operation}", "read", get_operation, OperationShape, errors=("resource_not_found",)
    ),
    Endpoint(
        "GET", "/search/v1/exports/{export}/results", "read", export_results, LocationShape,
        errors=("resource_not_found",),
    ),
    Endpoint(
        "GET", "/search/v1/exports/{export}/download", "read", download_export, list[dict[str, Any]], DownloadQuery,
        errors=("forbidden", "required_field", "resource_not_found"), is_open=True, media_types=tuple(_MEDIA.values()),
    ),
)  # fmt: skip
