"""What was seen: operations as the events of the contract."""

from __future__ import annotations

from typing import Any

import msgspec

from passerby.model.operation import Consent, End, Event, Identify, Log, Operation, Page, SetProperties, Unproved
from passerby.model.properties import Property
from passerby.wire.nesting import nested

__all__ = ["Seen", "nested", "seen", "values"]


class Seen(msgspec.Struct, frozen=True):
    """An operation as an event: its type, the name of a named one, what belongs to it, and the page it names.

    Properties are as `nested` has them.
    """

    type: str
    name: str | None
    properties: dict[str, Any]
    url: str | None = None


def seen(operation: Operation) -> Seen:
    """`operation` as an event."""
    match operation:
        case Event(name=name, type=kind, properties=properties, context=context, products=products):
            url = values(context).get("browser.url") if context else None
            return Seen(kind, name, nested(properties, products), url)
        case Page(url=url, title=title):
            return Seen("navigate", None, {"title": title} if title else {}, url)
        case Identify(properties=properties) | SetProperties(type="user", properties=properties):
            return Seen("identify", None, nested(properties))
        case Unproved():
            return Seen("identify", None, {})
        case SetProperties(properties=properties):
            return Seen("page_properties", None, nested(properties))
        case Consent(granted=granted):
            return Seen("consent", None, {"granted": granted})
        case Log(level=level, message=message):
            return Seen("console_message", None, {"level": level, "message": message})
        case End(why=why):
            return Seen("session_end", None, {"why": why})


def values(properties: tuple[Property, ...] | list[Property]) -> dict[str, Any]:
    """Properties as dotted name to value."""
    return {found.name: found.value for found in properties}
