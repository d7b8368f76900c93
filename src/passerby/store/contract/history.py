"""What serves lists: people, their sessions and properties.

It is kept in step with the truth and can be made anew from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import msgspec

from passerby.base.ids import DeviceId, OrgId, SessionId, Uid, UserId
from passerby.model.device import Instant
from passerby.model.properties import Property, Scalar
from passerby.model.session import Session

MATCHES_MAX: Final = 1000
"""An engine may stop looking for what `prefix` or `having` match after so many."""


class Person(msgspec.Struct, frozen=True):
    """A user as lists show them: a uid with all its devices, or one unbound device (`uid` None, `id` the device's)."""

    id: UserId
    uid: Uid | None
    display_name: str | None
    email: str | None
    first_at_ms: int
    last_at_ms: int


class KeptProperty(msgspec.Struct, frozen=True):
    """A user property with its origin: the operation that set it last (PR-2)."""

    property: Property
    device: DeviceId
    session: SessionId
    instant: Instant


class PersonFilter(msgspec.Struct, frozen=True):
    """Which people are listed; what is None does not matter. Text is compared exactly.

    `prefix` is what uid, e-mail or name begins with, upper and lower case of ASCII being the same. `having` is a user
    property's name and the values that will do, of at most 64 bytes as JSON.
    """

    uid: str | None = None
    email: str | None = None
    display_name: str | None = None
    identified: bool | None = None
    prefix: str | None = None
    having: tuple[str, tuple[Scalar, ...]] | None = None


class HistoryReader(Protocol):
    """People, sessions and properties; only read, since they follow from the truth."""

    def people(self, org: OrgId, wanted: PersonFilter, after: tuple[int, UserId] | None, limit: int) -> list[Person]:
        """People by `last_at_ms` descending, then id ascending, beginning behind `after` (last_at_ms, id)."""
        ...

    def people_after(self, org: OrgId, user: UserId | None, limit: int) -> list[Person]:
        """People behind that id (None: from the first), by id, which unlike recency does not change meanwhile."""
        ...

    def count_people(self, org: OrgId, wanted: PersonFilter) -> int: ...

    def person(self, org: OrgId, user: UserId) -> Person | None: ...

    def properties_of(self, org: OrgId, devices: Sequence[DeviceId]) -> list[KeptProperty]:
        """The last value of each user property over these devices (PR-2), by name."""
        ...

    def properties_of_user(
        self, org: OrgId, user: UserId, after: str = "", limit: int | None = None
    ) -> list[KeptProperty]:
        """The last value of each user property over all devices of a person (PR-2), by name.

        Beginning behind the name `after`; `limit` of them, or all.
        """
        ...

    def sessions_of(
        self, org: OrgId, devices: Sequence[DeviceId], after: tuple[int, SessionId] | None, limit: int
    ) -> list[Session]:
        """Sessions of these devices by `began_at_ms` descending, then id ascending, beginning behind `after`."""
        ...

    def sessions_of_user(
        self, org: OrgId, user: UserId, after: tuple[int, SessionId] | None, limit: int
    ) -> list[Session]:
        """Sessions of all devices of a person, in the order of `sessions_of`: costs the same however many these are."""
        ...

    def active_sessions_of_user(self, org: OrgId, user: UserId) -> Iterator[Session]:
        """What a person did, by `active_at_ms` descending, then id ascending; read as it is asked.

        What a device did outside of sessions is there as a session of the device's id.
        """
        ...

    def count_sessions_of_user(self, org: OrgId, user: UserId, limit: int) -> int:
        """How many sessions a person has; `limit` if there are more."""
        ...

    def recent_sessions(self, org: OrgId, limit: int) -> list[Session]:
        """The org's sessions by `active_at_ms` descending, then id ascending."""
        ...

    def session(self, org: OrgId, session: SessionId) -> Session | None: ...

    def next_session(self, org: OrgId, devices: Sequence[DeviceId], before: tuple[int, SessionId]) -> Session | None:
        """The session of these devices that comes just before `before` in the order of `sessions_of`: the later one."""
        ...

    def next_session_of_user(self, org: OrgId, user: UserId, before: tuple[int, SessionId]) -> Session | None:
        """The person's session that comes just before `before` in the order of `sessions_of`: the later one."""
        ...

    def count_sessions(self, org: OrgId) -> int: ...

    def sessions_active(
        self, org: OrgId, after: tuple[int, SessionId | None], until_ms: int, limit: int
    ) -> list[Session]:
        """Sessions last active not behind `until_ms`, by `active_at_ms`, then id, beginning behind `after`.

        None for an id is behind all of that instant.
        """
        ...
