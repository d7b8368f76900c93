"""Exports: what is to be downloaded. A plan only, since nothing is copied (AP-10)."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Segment: TypeAlias = Literal["everyone", "identified"]
Format: TypeAlias = Literal["FORMAT_JSON", "FORMAT_CSV", "FORMAT_NDJSON"]


class Export(msgspec.Struct, frozen=True):
    """Events or individuals of a segment, made from `since_ms` on and before `until_ms`, stored up to `last_row`.

    `fields` names the columns; none names all.
    """

    id: str
    segment: Segment
    type: Literal["TYPE_EVENT", "TYPE_INDIVIDUAL"]
    format: Format
    made_at_ms: int
    since_ms: int
    until_ms: int
    last_row: int
    fields: tuple[str, ...] = ()
