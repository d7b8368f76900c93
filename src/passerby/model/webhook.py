"""Webhooks: who is told of what, what there was to tell, and how telling went (AP-11)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

EventName: TypeAlias = Literal["recording.event.custom", "session.ended", "user.identified", "user.anonymized"]


NOTHING: Final = msgspec.Raw(b"{}")
"""An object without members."""


class EventType(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a webhook wants to be told of; `subcategory` is the name of the one custom event."""

    eventName: EventName
    subcategory: str | None = None


class Webhook(msgspec.Struct, frozen=True):
    """A destination. `secret` signs what is sent there."""

    id: str
    url: str
    events: tuple[EventType, ...]
    secret: str
    enabled: bool
    made_at_ms: int

    def wants(self, occurrence: Occurrence) -> bool:
        """Whether it is to be told of `occurrence`."""
        return self.enabled and any(
            event.eventName == occurrence.event and event.subcategory in (None, occurrence.name)
            for event in self.events
        )


class Occurrence(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something to tell. `session` is `device:session`, None outside of any; `properties` is a JSON object."""

    id: str
    event: EventName
    at_ms: int
    user: str
    uid: str | None = None
    session: str | None = None
    name: str | None = None
    why: str | None = None
    properties: msgspec.Raw = NOTHING


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One try: the status that came back, or why none did."""

    at_ms: int
    status: int | None = None
    error: str | None = None


class Delivery(msgspec.Struct, frozen=True):
    """An occurrence on its way to one webhook. Once it is over nothing is left of what there was to tell."""

    id: str
    webhook: str
    event: EventName
    state: Literal["waiting", "delivered", "given_up"]
    made_at_ms: int
    occurrence: Occurrence | None
    attempts: tuple[Attempt, ...] = ()
