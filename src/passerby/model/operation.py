"""Operations: the seven kinds of thing a client reports, decoded and dated.

`n` counts within a page (QU-1); `t` is the client's wall time of the call; `at` is that instant in the server's time
(AT-2). All in ms. An operation says nothing of whose it is: that is its bundle's, and the binding's.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from passerby.model.properties import Products, Property


class _Operation(msgspec.Struct, frozen=True, tag_field="op", kw_only=True, omit_defaults=True):
    n: int
    t: int
    at: int
    source: str | None = None


class Page(_Operation, frozen=True, tag="page"):
    """The page is now at `url`: it was loaded, or its address changed."""

    url: str
    title: str = ""
    referrer: str = ""


class Event(_Operation, frozen=True, tag="event"):
    """Something happened; `type` is `custom` unless automatic capture saw it. `context` is a server's (AP-6).

    `products` is there where `products` came as an array of objects.
    """

    name: str
    type: str = "custom"
    properties: tuple[Property, ...] = ()
    context: tuple[Property, ...] = ()
    products: Products | None = None


class Identify(_Operation, frozen=True, tag="identify"):
    """The device's user is said to be `uid` (ID-2 to ID-5)."""

    uid: str
    properties: tuple[Property, ...] = ()


class Unproved(_Operation, frozen=True, tag="unproved"):
    """An `identify` whose proof was missing or wrong: its page was told somebody unknown (AT-10).

    `outcome` says what was wrong. Neither the uid nor anything else of it is kept.
    """

    outcome: str


class SetProperties(_Operation, frozen=True, tag="properties"):
    """Properties of the user or of the page."""

    type: str
    properties: tuple[Property, ...] = ()


class Consent(_Operation, frozen=True, tag="consent"):
    """Consent was granted or withdrawn on this device."""

    granted: bool


class Log(_Operation, frozen=True, tag="log"):
    """A line of the app's own log."""

    level: str
    message: str


class End(_Operation, frozen=True, tag="end"):
    """The session ended; every `why` but `shutdown` also seals the device."""

    why: str


Operation: TypeAlias = Page | Event | Identify | Unproved | SetProperties | Consent | Log | End

SEALING: frozenset[str] = frozenset({"anonymize", "reidentify", "forget", "lost"})
"""The reasons of an `end` after which the device may receive nothing more (ID-5, ID-6, ID-7, WI-4)."""
