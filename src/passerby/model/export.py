"""Exports: what is to be downloaded. A plan only, since nothing is copied (AP-10)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

Segment: TypeAlias = Literal["everyone", "identified"]
Format: TypeAlias = Literal["FORMAT_JSON", "FORMAT_CSV", "FORMAT_NDJSON"]
Kind: TypeAlias = Literal["TYPE_EVENT", "TYPE_INDIVIDUAL"]
Scope: TypeAlias = Literal["SCOPE_EVENTS", "SCOPE_PAGES", "SCOPE_SESSIONS", "SCOPE_INDIVIDUAL"]

FOREVER_MS: Final = 2**53
"""Later than anything that happens."""


class Export(msgspec.Struct, frozen=True):
    """Events or individuals of a segment, made from `since_ms` on and before `until_ms`, stored up to `last_row`.

    `fields` names the columns; none names the default. `scope` says what must be in the segment's own range.
    """

    id: str
    segment: Segment
    type: Kind
    format: Format
    made_at_ms: int
    since_ms: int
    until_ms: int
    last_row: int
    fields: tuple[str, ...] = ()
    scope: Scope = "SCOPE_EVENTS"
    segment_since_ms: int = 0
    segment_until_ms: int = FOREVER_MS

    def has(self, at_ms: int) -> bool:
        """Whether the range has that instant."""
        return self.since_ms <= at_ms < self.until_ms

    def meets(self, first_ms: int, last_ms: int) -> bool:
        """Whether something was done from the start of the range on, and something before its end."""
        return first_ms < self.until_ms and last_ms >= self.since_ms

    def segment_meets(self, first_ms: int, last_ms: int) -> bool:
        """The same, of the segment's own range."""
        return first_ms < self.segment_until_ms and last_ms >= self.segment_since_ms
