"""Annotations: marks on the dashboard's time axes (AP-19)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from passerby.base.errors import Refusal
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.faces.api.shapes import Empty
from passerby.ingest.annotating import annotate, remove_annotation
from passerby.model.annotation import LAST_MS, SOURCE_CHARS_MAX, TEXT_CHARS_MAX, Annotation, annotation
from passerby.query.annotations import annotations_between, find_annotation
from passerby.store.contract import Transaction
from passerby.wire.instants import iso_ms, iso_text

_PAGE: Final = 100
_PAGE_MAX: Final = 1000


class AnnotationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mark at an instant, or over a time.

    Without `start_time` it begins now, without `end_time` it is of one instant.
    """

    text: Annotated[str, Meta(min_length=1, max_length=TEXT_CHARS_MAX)]
    start_time: str | None = None
    end_time: str | None = None
    source: Annotated[str, Meta(max_length=SOURCE_CHARS_MAX)] | None = None


class AnnotationShape(msgspec.Struct, frozen=True):
    """An annotation; `id` is ours."""

    id: str
    text: str
    start_time: str
    end_time: str
    source: str


class AnnotationListShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of annotations, the latest end first."""

    results: list[AnnotationShape]
    next_page_token: str | None = None


class AnnotationQuery(msgspec.Struct, frozen=True):
    """Which annotations: those of which any part is from `start_time` to `end_time`."""

    start_time: str | None = None
    end_time: str | None = None
    limit: Annotated[int, Meta(ge=1, le=_PAGE_MAX)] = _PAGE
    page_token: str = ""


def create_annotation(call: Call) -> Answer:
    """Mark an instant or a time on the time axes of the dashboard."""
    asked: AnnotationRequest = call.body
    if not asked.text.strip():
        raise Refusal("invalid_argument", "text has to say something")
    start_ms = _ms("start_time", asked.start_time, call.now_ms)
    end_ms = _ms("end_time", asked.end_time, start_ms)
    if asked.end_time is not None and end_ms <= start_ms:
        raise Refusal("invalid_argument", "end_time has to be after start_time")
    made = annotation(call.desk.ids, asked.text, start_ms, end_ms, asked.source or "")

    def create(transaction: Transaction) -> Answer:
        annotate(transaction, call.org.id, made)
        return Answer(_shape(made))

    return call.write(create)


def get_annotation(call: Call) -> Answer:
    """Get an annotation."""
    with call.desk.store.read() as reader:
        found = find_annotation(reader, call.org.id, call.path["annotation"])
    if found is None:
        raise Refusal("resource_not_found", "no such annotation")
    return Answer(_shape(found))


def all_annotations(call: Call) -> Answer:
    """List annotations, the latest first."""
    asked: AnnotationQuery = call.query
    since_ms, until_ms = _ms("start_time", asked.start_time, 0), _ms("end_time", asked.end_time, LAST_MS)
    with call.desk.store.read() as reader:
        found, more = annotations_between(reader, call.org.id, asked.limit, since_ms, until_ms, asked.page_token)
    return Answer(AnnotationListShape([_shape(one) for one in found], more))


def delete_annotation(call: Call) -> Answer:
    """Remove an annotation."""

    def remove(transaction: Transaction) -> Answer:
        remove_annotation(transaction, call.org.id, call.path["annotation"])
        return Answer(Empty())

    return call.write(remove)


def _shape(found: Annotation) -> AnnotationShape:
    return AnnotationShape(found.id, found.text, iso_text(found.start_ms), iso_text(found.end_ms), found.source)


def _ms(name: str, text: str | None, otherwise: int) -> int:
    found = otherwise if text is None else iso_ms(text)
    if found is None or not 0 <= found <= LAST_MS:
        raise Refusal("invalid_argument", f"{name} has to be an ISO 8601 time from 1970 to 9999")
    return found


_PATH: Final = "/v2/annotations"
_ONE: Final = f"{_PATH}/{{annotation}}"
_NONE: Final = ("resource_not_found",)

ENDPOINTS = (
    Endpoint("POST", _PATH, "capture", create_annotation, AnnotationShape, body=AnnotationRequest, creates=True),
    Endpoint("GET", _PATH, "read", all_annotations, AnnotationListShape, AnnotationQuery),
    Endpoint("GET", _ONE, "read", get_annotation, AnnotationShape, errors=_NONE),
    Endpoint("DELETE", _ONE, "admin", delete_annotation, Empty, errors=_NONE),
)
