"""The operations as they are written on the wire (WI-4): shapes only, meaning is checked in `decode`."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw

from passerby.wire import limits


class _Message(msgspec.Struct, frozen=True, tag_field="op", kw_only=True, forbid_unknown_fields=True):
    n: Annotated[int, Meta(ge=1, le=limits.SEQUENCE_MAX)]
    t: Annotated[int, Meta(ge=0, le=limits.INSTANT_MAX)]
    source: Annotated[str, Meta(max_length=limits.SOURCE_CHARS_MAX)] | None = None


class PageMessage(_Message, frozen=True, tag="page"):
    """`page`: the page is now at `url`."""

    url: str
    title: str = ""
    referrer: str = ""


class EventMessage(_Message, frozen=True, tag="event"):
    """`event`: something happened."""

    name: str
    type: Literal["custom", "click", "navigate", "exception", "visibility", "change"] = "custom"
    properties: Raw = Raw()
    schema: Raw = Raw()
    suffixes: bool = False


class IdentifyMessage(_Message, frozen=True, tag="identify"):
    """`identify`: the device's user is `uid`; a number is converted (ID-9)."""

    uid: str | int | float
    properties: Raw = Raw()
    schema: Raw = Raw()
    suffixes: bool = False
    sig: Raw = Raw()


class PropertiesMessage(_Message, frozen=True, tag="properties"):
    """`properties`: of the user or of the page."""

    type: Literal["user", "page"]
    properties: Raw
    schema: Raw = Raw()
    suffixes: bool = False


class ConsentMessage(_Message, frozen=True, tag="consent"):
    """`consent`: granted or withdrawn."""

    granted: bool


class LogMessage(_Message, frozen=True, tag="log"):
    """`log`: a line of the app's log."""

    level: Literal["log", "info", "warn", "error", "debug"]
    message: str


class EndMessage(_Message, frozen=True, tag="end"):
    """`end`: the session is over."""

    why: Literal["anonymize", "reidentify", "forget", "lost", "shutdown"]


Message: TypeAlias = (
    PageMessage | EventMessage | IdentifyMessage | PropertiesMessage | ConsentMessage | LogMessage | EndMessage
)

KINDS: frozenset[str] = frozenset({"page", "event", "identify", "properties", "consent", "log", "end"})
