"""Annotations, read: page by page, or those of a time that an axis shows (AP-19, DA-9)."""

from __future__ import annotations

from typing import Final

import msgspec

from passerby.base.ids import OrgId
from passerby.model.annotation import ANNOTATION, LAST_MS, Annotation, behind
from passerby.store.contract import Reader

_PAGE: Final = 500
_DECODER: Final = msgspec.json.Decoder(Annotation)


def find_annotation(reader: Reader, org: OrgId, name: str) -> Annotation | None:
    """The annotation of that id."""
    entry = reader.entry(org, ANNOTATION, name)
    return _DECODER.decode(entry.body) if entry else None


def annotations_between(
    reader: Reader, org: OrgId, limit: int, since_ms: int = 0, until_ms: int = LAST_MS, after: str = ""
) -> tuple[list[Annotation], str | None]:
    """The first `limit` annotations of which any part is from `since_ms` to `until_ms`, the latest end first.

    They begin behind the id `after`; the second is the id to go on behind, None if there are no more. What ends later
    than `until_ms` is read in vain, since it may have begun before; what ended before `since_ms` is not read.
    """
    found: list[Annotation] = []
    last = behind(since_ms - 1) if since_ms > 0 else "~"
    while entries := reader.entries(org, ANNOTATION, "", after, _PAGE):
        for entry in entries:
            if entry.id >= last:
                return found, None
            one = _DECODER.decode(entry.body)
            if one.start_ms > until_ms:
                continue
            if len(found) == limit:
                return found, found[-1].id
            found.append(one)
        after = entries[-1].id
    return found, None
