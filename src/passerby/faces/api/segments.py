"""Segments, and the making of exports of them (AP-10)."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Final, Literal
from zoneinfo import available_timezones

import msgspec
from msgspec import Meta

from passerby.base.errors import Refusal
from passerby.faces.api.columns import WILDCARDS
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.faces.api.operations import EXPORTS_KEPT_MS
from passerby.jobs.work import EXPORT
from passerby.model.export import FOREVER_MS, Export, Format, Kind, Scope, Segment
from passerby.store.contract import Entry, Transaction
from passerby.wire.instants import iso_ms

_SEGMENTS: Final[dict[Segment, str]] = {"everyone": "Everyone", "identified": "Identified users"}
_LISTS: Final[dict[Segment, str]] = {"everyone": "", "identified": "?kind=identified"}
_LISTED: Final = 20
_LISTED_MAX: Final = 100

_Field = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,519}\*?$")]


class TimeRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `start` on and before `end`, ISO-8601; an empty one is open."""

    start: str | None = None
    end: str | None = None


class EventDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which events of those in the segment (AP-10). `SCOPE_EVENT` is another name of `SCOPE_EVENTS`."""

    scope: Scope | Literal["SCOPE_EVENT"] | None = None


class ExportRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to export. `timezone` is an IANA name and changes nothing: times are UTC."""

    segmentId: str
    type: Kind = "TYPE_EVENT"
    format: Format = "FORMAT_JSON"
    timeRange: TimeRange | None = None
    segmentTimeRange: TimeRange | None = None
    timezone: str | None = None
    fields: Annotated[list[_Field], Meta(max_length=500)] | None = None
    eventDetails: EventDetails | None = None


class SegmentShape(msgspec.Struct, frozen=True):
    """A segment. Ours are built in: nobody made them."""

    id: str
    name: str
    creator: str
    url: str


class SegmentListShape(msgspec.Struct, frozen=True):
    """Segments, and the token of the next page; '' at the end."""

    segments: list[SegmentShape]
    nextPaginationToken: str = ""


class SegmentsQuery(msgspec.Struct, frozen=True):
    """Whose segments, and how many."""

    limit: Annotated[int, Meta(ge=1, le=_LISTED_MAX)] = _LISTED
    paginationToken: str = ""
    creator: str = ""


class OperationCreated(msgspec.Struct, frozen=True):
    """The operation to ask after."""

    operationId: str


def segments(call: Call) -> Answer:
    """List segments."""
    asked: SegmentsQuery = call.query
    names = [] if asked.creator else list(_SEGMENTS)
    if asked.paginationToken:
        if asked.paginationToken not in _SEGMENTS:
            raise Refusal("invalid_argument", "paginationToken is not one that this API gave")
        names = [name for name in names if name > asked.paginationToken]
    shown = names[: asked.limit]
    users = f"{call.base}/ui/{call.org.id}/users"
    found = [SegmentShape(name, _SEGMENTS[name], "", f"{users}{_LISTS[name]}") for name in shown]
    return Answer(SegmentListShape(found, shown[-1] if shown != names else ""))


def create_export(call: Call) -> Answer:
    """Export the events or the individuals of a segment."""
    asked: ExportRequest = call.body
    if asked.segmentId not in _SEGMENTS:
        raise Refusal("resource_not_found", f"no such segment: there are {' and '.join(_SEGMENTS)}")
    if asked.timezone and not _is_timezone(asked.timezone):
        raise Refusal("invalid_argument", "timezone is an IANA name, such as Europe/Berlin")
    fields = tuple(dict.fromkeys(asked.fields or ()))
    if asked.format == "FORMAT_CSV" and any(name in WILDCARDS for name in fields):
        raise Refusal("invalid_argument", f"CSV has one column a field: {', '.join(WILDCARDS)} are for JSON and NDJSON")
    since_ms, until_ms = _bounds(asked.timeRange)
    segment_since_ms, segment_until_ms = _bounds(asked.segmentTimeRange)
    scope = (asked.eventDetails.scope if asked.eventDetails else None) or "SCOPE_EVENTS"

    def create(transaction: Transaction) -> Answer:
        export = Export(
            id=call.desk.ids.mint(),
            segment="identified" if asked.segmentId == "identified" else "everyone",
            type=asked.type,
            format=asked.format,
            made_at_ms=call.now_ms,
            since_ms=since_ms,
            until_ms=until_ms,
            last_row=transaction.last_row(call.org.id),
            fields=fields,
            scope="SCOPE_EVENTS" if scope == "SCOPE_EVENT" else scope,
            segment_since_ms=segment_since_ms,
            segment_until_ms=segment_until_ms,
        )
        body = msgspec.json.encode(export)
        transaction.put_entry(call.org.id, Entry(EXPORT, export.id, body, due_at_ms=call.now_ms + EXPORTS_KEPT_MS))
        return Answer(OperationCreated(export.id))

    return call.write(create)


def _bounds(given: TimeRange | None) -> tuple[int, int]:
    return (_bound(given.start, 0), _bound(given.end, FOREVER_MS)) if given else (0, FOREVER_MS)


def _bound(text: str | None, otherwise_ms: int) -> int:
    if not text:
        return otherwise_ms
    at_ms = iso_ms(text)
    if at_ms is None:
        raise Refusal("invalid_argument", "a time range has ISO-8601 times, such as 2022-03-15T14:23:23Z")
    return at_ms


def _is_timezone(name: str) -> bool:
    """Whether there is such a time zone. A machine that has no list of them takes any name."""
    known = _timezones()
    return name == "UTC" or name in known or not known


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


ENDPOINTS = (
    Endpoint("GET", "/segments/v1", "read", segments, SegmentListShape, SegmentsQuery),
    Endpoint(
        "POST", "/segments/v1/exports", "read", create_export, OperationCreated, body=ExportRequest, creates=True,
        errors=("resource_not_found",),
    ),
)  # fmt: skip
