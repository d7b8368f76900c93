"""The columns of exports: the names by which warehouse tools ask, and what each of them is (AP-10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Final, Generic, TypeVar

from passerby.faces.api.shapes import HappeningShape, happening_shape
from passerby.model.operation import Event, Log, Page, SetProperties
from passerby.model.properties import Property
from passerby.model.session import Session
from passerby.query.exporting import EventRow, IndividualRow, Wanted
from passerby.query.happened import PageSpan
from passerby.query.seen import Seen, nested, seen, values
from passerby.wire.instants import iso_text
from passerby.wire.suffixes import bare

T = TypeVar("T")
Row = dict[str, Any]
Column = Callable[[T], Any]
Given = tuple[Sequence[Property], Row]
"""Properties, and the same as they were given."""

WILDCARDS: Final = ("user_*", "evt_*", "page_*")

EVENT_FIELDS: Final = (
    "EventId", "IndvId", "UserId", "SessionId", "PageId", "UserAppKey", "UserDisplayName", "UserEmail", "SessionStart",
    "EventStart", "EventType", "EventCustomName", "EventProperties", "PageUrl",
    "event_id", "event_time", "processed_time", "updated_time", "device_id", "session_id", "view_id", "event_type",
    "event_properties", "source_type", "source_properties", "user_display_name", "user_email",
)  # fmt: skip
INDIVIDUAL_FIELDS: Final = (
    "IndvId", "UserAppKey", "UserDisplayName", "UserEmail", "FirstSeen", "LastSeen", "UserProperties",
)  # fmt: skip
_PLATFORMS: Final = {"browser": "Web", "android": "Android", "kotlin": "Android", "ios": "iOS", "swift": "iOS"}
_NOTHING_GIVEN: Final[Given] = ((), {})


class Table(Generic[T]):
    """Columns by name, and where the properties come from that are columns by a prefix."""

    def __init__(self, columns: Mapping[str, Column[T]], given: Mapping[str, Callable[[T], Given]]) -> None:
        self._columns, self._given = columns, given

    def wanted(self, fields: Sequence[str]) -> Wanted:
        """What has to be looked up for these columns."""
        named = set(fields)
        return Wanted(
            properties="UserProperties" in named or any(n.startswith("user_") for n in named - self._columns.keys()),
            devices="UserCreated" in named,
            sessions=any(name in _OF_SESSIONS for name in named),
        )

    def rows(self, fields: Sequence[str], *, is_sparse: bool) -> Callable[[T], Row]:
        """Makes a row with these columns; a sparse one leaves out those that have no value."""
        plan = [(name, name in WILDCARDS, self._column(name)) for name in fields]

        def row(told: T) -> Row:
            found: Row = {}
            for name, spreads, column in plan:
                if spreads:
                    found |= column(told)
                else:
                    found[name] = column(told)
            return {name: value for name, value in found.items() if value is not None} if is_sparse else found

        return row

    def _column(self, name: str) -> Column[T]:
        known = self._columns.get(name)
        if known is not None:
            return known
        prefix, _, rest = name.partition("_")
        given = self._given.get(prefix, lambda _told: _NOTHING_GIVEN)
        return partial(_spread, given, prefix) if name in WILDCARDS else partial(_one, given, rest)


def _spread(given: Callable[[T], Given], prefix: str, told: T) -> Row:
    return {f"{prefix}_{name}": value for name, value in given(told)[1].items()}


def _one(given: Callable[[T], Given], name: str, told: T) -> Any:
    """A property by its name, by its name and its type, or all that is nested under a name."""
    properties, whole = given(told)
    plain, kind = bare(name)
    by_name = {found.name: found for found in properties}
    if name in by_name:
        return by_name[name].value
    typed = by_name.get(plain) if kind else None
    return typed.value if typed is not None and typed.type == kind else whole.get(name)


class Told:
    """An event of an export. What several columns need is reckoned once."""

    def __init__(self, row: EventRow) -> None:
        self.at_ms, self.op, self.piece = row.happening.at_ms, row.happening.operation, row.happening.piece
        self.owner, self.session, self.page = row.around.owner, row.around.session, row.around.page
        self.row = row

    @cached_property
    def seen(self) -> Seen:
        """The operation as an event."""
        return seen(self.op)

    @cached_property
    def shape(self) -> HappeningShape:
        """The event in the words of the REST API."""
        return happening_shape(self.row.happening, self.owner, self.seen)

    @cached_property
    def context(self) -> Mapping[str, Any]:
        """What a server said of where the event came from, by dotted name."""
        return values(self.op.context) if isinstance(self.op, Event) else {}

    def of_type(self, kind: str, name: str) -> Any:
        """A property of an event of that type; None of any other."""
        return self.seen.properties.get(name) if self.seen.type == kind else None


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso_text(at_ms)


def _of_session(reckon: Callable[[Told, int], Any]) -> Column[Told]:
    """What follows from when the session began; nothing outside of any."""
    return lambda told: reckon(told, told.session.began_at_ms) if told.session else None


def _of_page(reckon: Callable[[Told, PageSpan], Any]) -> Column[Told]:
    return lambda told: reckon(told, told.page) if told.page else None


def _of_context(name: str) -> Column[Told]:
    return lambda told: told.context.get(name)


def _of_shape(name: str) -> Column[Told]:
    return lambda told: getattr(told.shape, name)


def _lat_long(told: Told) -> str | None:
    where = [told.context.get(f"location.{name}") for name in ("latitude", "longitude")]
    return None if None in where else ",".join(map(str, where))


def _sub_type(told: Told) -> str | None:
    match told.op:
        case Log(level=level):
            return level
        case Event(type="visibility", name=state):
            return state
        case Event(type="exception"):
            return "uncaught"
        case _:
            return None


def _target_text(told: Told) -> Any:
    if isinstance(told.op, Log):
        return told.op.message
    return told.of_type("click", "text") or told.of_type("exception", "message")


def _referrer(told: Told) -> Any:
    given = told.op.referrer if isinstance(told.op, Page) else told.context.get("browser.initial_referrer")
    return given or None


def _custom_name(told: Told) -> str | None:
    return told.op.name if isinstance(told.op, Event) and told.op.type == "custom" else None


def _given_event(told: Told) -> Given:
    return (told.op.properties, told.seen.properties) if isinstance(told.op, Event) else _NOTHING_GIVEN


def _given_page(told: Told) -> Given:
    if isinstance(told.op, SetProperties) and told.op.type != "user":
        return told.op.properties, told.seen.properties
    return _NOTHING_GIVEN


def _given_user(user: tuple[Property, ...]) -> Given:
    return user, nested(user)


EVENTS: Final = Table[Told](
    {
        "EventId": _of_shape("event_id"),
        "IndvId": lambda told: told.owner.id,
        "UserId": lambda told: told.piece.device,
        "SessionId": lambda told: told.session.id if told.session else None,
        "PageId": lambda told: told.piece.page,
        "UserCreated": lambda told: _time(told.row.around.device_at_ms),
        "UserAppKey": lambda told: told.owner.uid,
        "UserDisplayName": lambda told: told.owner.display_name,
        "UserEmail": lambda told: told.owner.email,
        "user_display_name": lambda told: told.owner.display_name,
        "user_email": lambda told: told.owner.email,
        "SessionStart": _of_session(lambda _told, began_at_ms: iso_text(began_at_ms)),
        "EventStart": lambda told: iso_text(told.at_ms),
        "EventType": lambda told: told.seen.type,
        "EventSubType": _sub_type,
        "EventCustomName": _custom_name,
        "EventProperties": lambda told: told.seen.properties,
        "UserProperties": lambda told: _given_user(told.row.around.user)[1],
        "EventTargetText": _target_text,
        "EventTargetSelector": lambda told: told.of_type("click", "selector") or told.of_type("change", "selector"),
        "EventWebSourceFileUrl": lambda told: told.of_type("exception", "source"),
        "EventSessionOffset": _of_session(lambda told, began_at_ms: max(0, told.at_ms - began_at_ms)),
        "EventPageOffset": _of_page(lambda told, page: max(0, told.at_ms - page.first_ms)),
        "PageName": lambda told: told.of_type("page_properties", "pageName"),
        "PageStart": _of_page(lambda _told, page: iso_text(page.first_ms)),
        "PageDuration": _of_page(lambda _told, page: page.last_ms - page.first_ms),
        "PageNumEvents": _of_page(lambda _told, page: page.operations),
        "PageUrl": lambda told: told.seen.url or told.row.url,
        "PageRefererUrl": _referrer,
        "PagePlatform": lambda told: _PLATFORMS.get(told.piece.sdk.partition("/")[0]),
        "PageUserAgent": _of_context("browser.user_agent"),
        "PageLatLong": _lat_long,
        "PageScreenWidth": _of_context("device.screen_width"),
        "PageScreenHeight": _of_context("device.screen_height"),
        "PageViewportWidth": _of_context("device.viewport_width"),
        "PageViewportHeight": _of_context("device.viewport_height"),
        "AppName": _of_context("mobile.app_name"),
        "AppPackageName": _of_context("mobile.app_id"),
        "AppVersion": _of_context("mobile.app_version"),
        "AppDeviceModel": _of_context("device.model"),
        "AppDeviceVendor": _of_context("device.manufacturer"),
        **{name: _of_shape(name) for name in HappeningShape.__struct_fields__},
    },
    {"user": lambda told: _given_user(told.row.around.user), "evt": _given_event, "page": _given_page},
)


def _of_last(reckon: Callable[[Session], Any]) -> Column[IndividualRow]:
    """What follows from a user's latest session; nothing where there is none."""
    return lambda told: reckon(told.last) if told.last else None


_OF_SESSIONS: Final[Mapping[str, Column[IndividualRow]]] = {
    "NumSessions": lambda told: told.sessions,
    "LastSessionStart": _of_last(lambda last: iso_text(last.began_at_ms)),
    "LastSessionSec": _of_last(lambda last: (last.active_at_ms - last.began_at_ms) // 1000),
    "LastSessionNumEvents": _of_last(lambda last: last.events),
    "LastSessionNumPages": _of_last(lambda last: last.pages),
}
INDIVIDUALS: Final = Table[IndividualRow](
    {
        "IndvId": lambda told: told.person.id,
        **dict.fromkeys(("UserAppKey", "Uid"), lambda told: told.person.uid),
        **dict.fromkeys(("UserDisplayName", "DisplayName", "user_display_name"), lambda told: told.person.display_name),
        **dict.fromkeys(("UserEmail", "Email", "user_email"), lambda told: told.person.email),
        **dict.fromkeys(("FirstSeen", "Created"), lambda told: iso_text(told.person.first_at_ms)),
        **dict.fromkeys(("LastSeen", "LastEventStart"), lambda told: iso_text(told.person.last_at_ms)),
        "UserProperties": lambda told: _given_user(told.user)[1],
        **_OF_SESSIONS,
    },
    {"user": lambda told: _given_user(told.user)},
)
