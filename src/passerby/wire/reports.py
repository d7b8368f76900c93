"""Reports: what a customer's server says of users and events, from JSON to operations (AP-4 to AP-6).

The shapes are the REST API's; what is wrong with one is a Refusal, since a server can read the answer and mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta

from passerby.base.errors import Refusal
from passerby.model.operation import Event, Identify, SetProperties
from passerby.model.outcome import Outcome
from passerby.model.properties import Property
from passerby.wire import limits
from passerby.wire.instants import iso_ms
from passerby.wire.properties import PropertiesError, Typed, typed_properties
from passerby.wire.uid import is_suspicious, uid_text

Object = dict[str, Any]
"""A JSON object whose members are the customer's."""

_LOSSES: Final = {
    "invalid_name": "starts with a letter, has letters, digits, _ and -, and at most 512 characters",
    "invalid_type": "has a type that is not one of str int real bool date or a plural of them",
    "value_too_big": f"has over {limits.PROPERTY_VALUE_BYTES_MAX} bytes",
    "too_many_properties": f"is one more than the {limits.PROPERTIES_MAX} that a call may have",
}
_ORDER_COMPLETED: Final = "Order Completed"
_NO_TIME: Final = "0001-01-01T00:00:00Z"
"""How Go writes a time that nobody set."""
_PROSE: Final = {
    Outcome.INVALID_UID: "uid is a non-empty string of at most 256 characters, or a number up to 2^53 - 1",
    Outcome.PLACEHOLDER_UID: "a placeholder such as undefined, None or {{ user.id }} is no uid",
}


class _Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    pass


class UserRequest(_Request, frozen=True):
    """A user as a server reports it: created, or brought up to date."""

    uid: str | int | float | None = None
    display_name: Annotated[str, Meta(max_length=256)] | None = None
    email: Annotated[str, Meta(max_length=128)] | None = None
    properties: Object | None = None
    schema: Object | None = None


class UserItem(UserRequest, frozen=True):
    """A user of a batch; `id` names one that is there."""

    id: str | None = None


class UserReference(_Request, frozen=True):
    """Whose event it is, by one of the two."""

    uid: str | int | float | None = None
    id: str | None = None


class SessionReference(_Request, frozen=True):
    """In which session it was; without `id`, `use_most_recent` looks for the user's open one.

    `uid` is the app's own name for a session: it is kept with the event, and finds none.
    """

    id: str | None = None
    use_most_recent: bool | None = None
    uid: Annotated[str, Meta(max_length=256)] | None = None


class BrowserContext(_Request, frozen=True):
    """The page of an event."""

    also: ClassVar[Mapping[str, str]] = {"initial_referer": "initial_referrer"}

    url: Annotated[str, Meta(max_length=limits.URL_CHARS_MAX)] | None = None
    user_agent: Annotated[str, Meta(max_length=1024)] | None = None
    initial_referrer: Annotated[str, Meta(max_length=limits.URL_CHARS_MAX)] | None = None


class MobileContext(_Request, frozen=True):
    """The app of an event."""

    app_id: Annotated[str, Meta(max_length=256)] | None = None
    app_version: Annotated[str, Meta(max_length=256)] | None = None
    app_name: Annotated[str, Meta(max_length=256)] | None = None
    build_variant: Annotated[str, Meta(max_length=256)] | None = None


class DeviceContext(_Request, frozen=True):
    """The hardware of an event."""

    manufacturer: Annotated[str, Meta(max_length=256)] | None = None
    model: Annotated[str, Meta(max_length=256)] | None = None
    screen_width: float | None = None
    screen_height: float | None = None
    viewport_width: float | None = None
    viewport_height: float | None = None


class LocationContext(_Request, frozen=True):
    """The place of an event. `ip_address` is taken and never kept (PV-1)."""

    country: Annotated[str, Meta(max_length=256)] | None = None
    region: Annotated[str, Meta(max_length=256)] | None = None
    city: Annotated[str, Meta(max_length=256)] | None = None
    latitude: float | None = None
    longitude: float | None = None
    ip_address: Annotated[str, Meta(max_length=256)] | None = None


class Context(_Request, frozen=True):
    """Where an event came from."""

    browser: BrowserContext | None = None
    mobile: MobileContext | None = None
    device: DeviceContext | None = None
    location: LocationContext | None = None


class EventRequest(_Request, frozen=True):
    """An event as a server reports it."""

    name: str
    timestamp: str | None = None
    properties: Object | None = None
    schema: Object | None = None
    user: UserReference | None = None
    session: SessionReference | None = None
    context: Context | None = None


class Note(msgspec.Struct, frozen=True):
    """A property that was left out or renamed (PR-4)."""

    code: str
    name: str


def read_uid(given: str | int | float | None) -> str | None:
    """The uid as text. Refusal: `invalid_uid`, `placeholder_uid` (ID-9)."""
    if given is None:
        return None
    uid = uid_text(given)
    if isinstance(uid, Outcome):
        raise Refusal(uid.value, _PROSE[uid])
    return uid


def read_properties(
    properties: Mapping[str, Any] | None, schema: Mapping[str, Any] | None, *, products: bool = False
) -> Typed:
    """Typed properties, and what PR-1 left out. Refusal: `invalid_argument` for what AP-5 does not let be lost."""
    raw, types = (msgspec.Raw(msgspec.json.encode(part)) if part else msgspec.Raw() for part in (properties, schema))
    try:
        typed = typed_properties(raw, types, products=products)
    except PropertiesError as error:
        raise Refusal("invalid_argument", str(error)) from error
    for code, name in typed.complaints:
        if code in _LOSSES:
            raise Refusal("invalid_argument", f"{code}: the property {name[:64]!r} {_LOSSES[code]}")
    return typed


def _notes(typed: Typed) -> list[Note]:
    return [Note(code, name) for code, name in typed.complaints]


def user_properties(request: UserRequest) -> tuple[tuple[Property, ...], list[Note]]:
    """What a report sets of a user, name and e-mail included; `uid` among the properties sets nothing (ID-10).

    Refusal: as `read_uid` and `read_properties`.
    """
    typed = read_properties(request.properties, request.schema)
    kept, notes = typed.properties, _notes(typed)
    notes += [Note("uid_in_properties", "uid") for found in kept if found.name == "uid"]
    uid = read_uid(request.uid)
    notes += [Note("suspicious_uid", "uid")] if uid is not None and is_suspicious(uid) else []
    named = {found.name: found for found in kept if found.name != "uid"}
    for name, value in (("displayName", request.display_name), ("email", request.email)):
        if value is not None:
            named[name] = Property(name, "str", value)
    return tuple(named.values()), notes


def user_operation(n: int, at: int, uid: str | None, properties: tuple[Property, ...]) -> Identify | SetProperties:
    """A user's report as an operation at server time `at`."""
    if uid is None:
        return SetProperties(n=n, t=at, at=at, type="user", properties=properties)
    return Identify(n=n, t=at, at=at, uid=uid, properties=properties)


def event_operation(
    n: int, t: int, now_ms: int, request: EventRequest, context: Context | None
) -> tuple[Event, list[Note]]:
    """An event's report as an operation made at `t`. Refusal: `invalid_argument`."""
    if not request.name:
        raise Refusal("invalid_argument", "events must have a non-empty name")
    if len(request.name) > limits.EVENT_NAME_CHARS_MAX:
        raise Refusal("invalid_argument", f"an event name has at most {limits.EVENT_NAME_CHARS_MAX} characters")
    products = request.name == _ORDER_COMPLETED
    typed = read_properties(request.properties, request.schema, products=products)
    event = Event(
        n=n, t=t, at=min(t, now_ms), name=request.name,
        properties=typed.properties, context=context_properties(context), products=typed.products,
    )  # fmt: skip
    return event, _notes(typed)


def context_properties(context: Context | None) -> tuple[Property, ...]:
    """A context as flat properties, without the address it may hold (PV-1)."""
    if context is None:
        return ()
    return tuple(
        Property(f"{part}.{name}", "str" if isinstance(value, str) else "real", value)
        for part in Context.__struct_fields__
        if (found := getattr(context, part)) is not None
        for name in found.__struct_fields__
        if name != "ip_address" and (value := getattr(found, name)) is not None
    )


def session_properties(session: SessionReference | None) -> tuple[Property, ...]:
    """The app's own name for a session as a property of an event's context."""
    return () if session is None or not session.uid else (Property("session.uid", "str", session.uid),)


def read_instant(text: str | None, now_ms: int) -> int:
    """An ISO-8601 `timestamp` as ms since 1970, UTC unless it says otherwise; now when absent or never set (AP-6)."""
    if text is None or text == _NO_TIME:
        return now_ms
    at_ms = iso_ms(text)
    if at_ms is None or at_ms < 0:
        raise Refusal("invalid_argument", "timestamp is an ISO-8601 time since 1970, such as 2022-03-15T14:23:23Z")
    if at_ms > now_ms + limits.FUTURE_MS_MAX:
        raise Refusal("invalid_argument", "timestamp is over 5 minutes in the future")
    return at_ms
