"""Annotations: what somebody marks on the time axes, such as a release or an incident (AP-19)."""

from __future__ import annotations

from typing import Final

import msgspec

from passerby.base.ids import Ids

ANNOTATION: Final = "annotation"
ANNOTATIONS: Final = "annotations"
"""The kind of one entry, which counts the others."""
ANNOTATIONS_MAX: Final = 10_000
TEXT_CHARS_MAX: Final = 200
SOURCE_CHARS_MAX: Final = 40
LAST_MS: Final = 253_402_300_799_999
"""The end of the year 9999."""


class Annotation(msgspec.Struct, frozen=True):
    """A mark at an instant, or over the time from `start_ms` to `end_ms`.

    `id` begins with the time from the end to `LAST_MS`, so that in order of id the latest come first. `member` is who
    set it on the dashboard; empty where a program did.
    """

    id: str
    text: str
    start_ms: int
    end_ms: int
    source: str = ""
    member: str = ""


def annotation(
    ids: Ids, text: str, start_ms: int, end_ms: int | None = None, source: str = "", member: str = ""
) -> Annotation:
    """A fresh annotation; without an end it is of one instant. Times are from 0 to `LAST_MS`."""
    last_ms = start_ms if end_ms is None else end_ms
    return Annotation(f"{behind(last_ms)}-{ids.mint()}", text, start_ms, last_ms, source, member)


def behind(end_ms: int) -> str:
    """What the ids of annotations that end at that instant begin with."""
    return f"{LAST_MS - end_ms:015d}"
