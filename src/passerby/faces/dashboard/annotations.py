"""Annotations on the dashboard: set and taken back on the first page, shown on every axis of time (DA-9)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from passerby.base.units import DAY_MS, HOUR_MS, MINUTE_MS
from passerby.faces.dashboard.desk import Asked, Desk
from passerby.faces.dashboard.rendering import redirect
from passerby.ingest.annotating import annotate, remove_annotation
from passerby.model.annotation import SOURCE_CHARS_MAX, TEXT_CHARS_MAX, Annotation, annotation
from passerby.model.member import GUEST
from passerby.query.annotations import annotations_between, find_annotation

SHOWN_MAX: Final = 50
AGO: Final[Mapping[str, tuple[str, int]]] = {
    "0": ("now", 0),
    "5": ("5 minutes ago", 5 * MINUTE_MS),
    "15": ("15 minutes ago", 15 * MINUTE_MS),
    "60": ("an hour ago", HOUR_MS),
    "1440": ("a day ago", DAY_MS),
}
"""When an annotation may be set for, as its form says it."""
_TEXT: Final = f"An annotation has 1 to {TEXT_CHARS_MAX} characters."


def annotation_routes(desk: Desk) -> list[Route]:
    """The routes of the forms on the first page."""

    def add(asked: Asked, fields: Mapping[str, str]) -> Response:
        text, ago = fields.get("text", "").strip(), AGO.get(fields.get("ago", ""))
        if ago is None or not 1 <= len(text) <= TEXT_CHARS_MAX:
            return desk.show(asked, "notice.html", 400, title="Nothing was set", text=_TEXT)
        member = asked.admission.member
        made = annotation(desk.office.ids, text, asked.now_ms - ago[1], None, member[:SOURCE_CHARS_MAX], member)
        desk.store.submit(lambda transaction: annotate(transaction, asked.org.id, made)).result()
        return redirect(f"{asked.base}/")

    def remove(asked: Asked, fields: Mapping[str, str]) -> Response:
        found = find_annotation(asked.reader, asked.org.id, fields.get("annotation", ""))
        if found is not None and may_remove(asked, found):
            desk.store.submit(lambda transaction: remove_annotation(transaction, asked.org.id, found.id)).result()
        return redirect(f"{asked.base}/")

    forms = {"annotate": add, "unannotate": remove}
    return [Route(f"/ui/{{org}}/{name}", desk.form(form, "annotate"), methods=["POST"]) for name, form in forms.items()]


def may_remove(asked: Asked, one: Annotation) -> bool:
    """Whether whoever asks may take that annotation back."""
    return asked.is_admin or ("annotate" in asked.rights and one.member == asked.admission.member)


def shown_between(asked: Asked, since_ms: int, until_ms: int) -> list[Annotation]:
    """The latest annotations of a time, in order of beginning; none for a guest."""
    if asked.admission.role == GUEST:
        return []
    found, _ = annotations_between(asked.reader, asked.org.id, SHOWN_MAX, since_ms, until_ms)
    return sorted(found, key=lambda one: (one.start_ms, one.id))


def among(annotations: Sequence[Annotation], instants: Sequence[int]) -> list[list[Annotation]]:
    """For each of some instants, which ascend, the annotations that come right before it."""
    before: list[list[Annotation]] = [[] for _ in instants]
    for one in annotations:
        before[min(bisect_left(instants, one.start_ms), len(instants) - 1)].append(one)
    return before
