"""Every port of the store on one page.

**Atomicity.** `Store.submit` runs a piece of work inside one transaction. The future it returns is done when what the
work did is on disk (RE-1), or fails, and then nothing of it was kept. Work is run one at a time, in the order of
submission; several may share one commit, so it must have no effects but through its `Transaction`.

**What is kept.** Pieces (the operations) with their origins, devices (bindings, seals, keys, facts and their summaries)
and receipts are the truth. Sessions, people
and properties serve reading and are kept in step with it; `Store.rebuild` makes them anew from the truth, and changes
nothing if all is well.

**Write-once.** A second `Bind` of a device raises `BindingViolation` (ID-1), whatever asked for it.

**Beside it.** Tallies and complaints say what arrived lately, members and admissions say who may look. None of them
is made anew by a rebuild, and none of them names a device or a uid.

**Errors.** `StoreError` when the engine failed (disk full, file damaged), `StoreClosed` after `close`.

**Outside of sessions.** A piece whose session is its device's id belongs to no session (AP-7): it counts for its
person and their properties, and is in no list of sessions.

**Entries** are what the service must remember besides: jobs, idempotency, webhooks, receipts of erasure. One shape
for all: a kind, an id, a body in JSON, when something is due and in which lane, and a mark of whom it is about, by
which an erasure finds it.

Readers see committed work only. All orders are stated with each port; ties are broken by id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Final, Protocol, TypeVar

import msgspec

from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid, UserId
from passerby.model.bundle import Origin, Piece, Receipt
from passerby.model.device import Claim, Device, Ending, Instant
from passerby.model.effect import Effect
from passerby.model.member import Admission, Member
from passerby.model.org import Org
from passerby.model.outcome import Complaint, Outcome, Tally
from passerby.model.properties import Property, Scalar
from passerby.model.secret import Secret
from passerby.model.session import Session

T = TypeVar("T")

MATCHES_MAX: Final = 1000
"""An engine may stop looking for what `prefix` or `having` match after so many."""
COMPLAINTS_MAX: Final = 2000
"""Of more kinds of complaint an hour, page and name are left out, so that nobody can fill the disk with them."""


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


class Key(msgspec.Struct, frozen=True):
    """An API key: only its SHA-256 is kept. `scope` is one or more of `capture read admin`, with spaces (AP-1)."""

    digest: bytes
    org: OrgId
    scope: str
    label: str
    made_at_ms: int


class Entry(msgspec.Struct, frozen=True):
    """Something to remember. `id` is unique within its kind; `about` is the mark of a user or device, or None.

    What is due in one `lane` need not wait for another.
    """

    kind: str
    id: str
    body: bytes
    about: str | None = None
    due_at_ms: int | None = None
    lane: str = ""


class Lane(msgspec.Struct, frozen=True):
    """Entries of one kind, org and lane; `due_at_ms` is when the first of them is due."""

    org: OrgId
    kind: str
    name: str
    due_at_ms: int


class PieceMark(msgspec.Struct, frozen=True):
    """What of a piece tells when its operations were made and how many they are, without these."""

    row: int
    page: PageId
    first_n: int
    last_n: int
    offset_ms: int
    earliest_ms: int
    latest_ms: int
    operations: int


class Removed(msgspec.Struct, frozen=True):
    """How much of a device was removed, or would be."""

    pieces: int = 0
    operations: int = 0
    sessions: int = 0
    properties: int = 0
    receipts: int = 0


Stored = tuple[Piece, Origin | None]
Place = tuple[int, int]
"""Where a piece stands in its session: the server time of its earliest operation, and its row."""


class Reader(Protocol):
    """The store as it stands at one moment."""

    def orgs(self) -> list[OrgId]: ...

    def org(self, org: OrgId) -> Org | None: ...

    def key(self, digest: bytes) -> Key | None: ...

    def keys(self, org: OrgId) -> list[Key]:
        """The org's keys, the oldest first."""
        ...

    def secrets(self, org: OrgId) -> list[Secret]:
        """The org's secrets, the latest made first."""
        ...

    def unsigned(self, org: OrgId, since_ms: int) -> int:
        """How many identifies came without a signature on the days from that of `since_ms` on (WI-11)."""
        ...

    def device(self, org: OrgId, device: DeviceId) -> Device:
        """How the device stands; one never heard of is unbound and open. While it is held its binding is not told."""
        ...

    def has_device(self, org: OrgId, device: DeviceId) -> bool:
        """Whether anything is kept under the device."""
        ...

    def devices_of(
        self, org: OrgId, uid: Uid, after: DeviceId | None = None, limit: int | None = None
    ) -> list[DeviceId]:
        """The devices bound to `uid` and not held, by id, beginning behind `after`; `limit` of them, or all."""
        ...

    def count_devices(self, org: OrgId, uid: Uid) -> int: ...

    def people(self, org: OrgId, wanted: PersonFilter, after: tuple[int, UserId] | None, limit: int) -> list[Person]:
        """People by `last_at_ms` descending, then id ascending, beginning behind `after` (last_at_ms, id)."""
        ...

    def people_after(self, org: OrgId, user: UserId | None, limit: int) -> list[Person]:
        """People behind that id (None: from the first), by id, which unlike recency does not change meanwhile."""
        ...

    def count_people(self, org: OrgId, wanted: PersonFilter) -> int: ...

    def person(self, org: OrgId, user: UserId) -> Person | None: ...

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

    def piece_of(self, org: OrgId, device: DeviceId, instant: Instant) -> Piece | None:
        """The piece of a device that holds the operation made at `instant`, if it is kept there."""
        ...

    def pieces_after(self, org: OrgId, row: int, limit: int) -> list[Piece]:
        """The org's pieces with a row above `row`, in order of row."""
        ...

    def last_row(self, org: OrgId) -> int:
        """The highest row of the org's pieces; 0 if there is none."""
        ...

    def pieces_of_session(self, org: OrgId, session: SessionId) -> Iterator[Piece]:
        """In order of their first operation's server time, then row."""
        ...

    def marks_of_session(
        self, org: OrgId, session: SessionId, limit: int, behind: Place | None = None
    ) -> list[PieceMark]:
        """The marks of the first `limit` pieces of a session, or behind a place, ordered as in `pieces_of_session`."""
        ...

    def last_marks_of_session(self, org: OrgId, session: SessionId, limit: int) -> list[PieceMark]:
        """The marks of the last `limit` pieces of a session, the last first."""
        ...

    def weight_of_session(
        self, org: OrgId, session: SessionId, limit: int, behind: Place | None = None
    ) -> tuple[int, Place] | None:
        """How many operations those pieces have whose marks `marks_of_session` would give, and the last one's place.

        None if there is none.
        """
        ...

    def pieces_of_rows(self, org: OrgId, numbers: Sequence[int]) -> list[Piece]:
        """The pieces of these rows, in this order; what is not there is left out."""
        ...

    def pieces_of_device(self, org: OrgId, device: DeviceId) -> Iterator[Piece]:
        """All pieces of a device, in order of row."""
        ...

    def sizes_of_rows(self, org: OrgId, numbers: Sequence[int]) -> list[int]:
        """About how many bytes of JSON each of these pieces has; 0 for what is not there."""
        ...

    def rows_of_device(self, org: OrgId, device: DeviceId, after: int, limit: int) -> list[int]:
        """The rows of a device's pieces above `after`, in order, `limit` of them.

        A row may be another device's at another moment, once its piece was dropped.
        """
        ...

    def kept_of(self, org: OrgId, device: DeviceId) -> Removed:
        """What `remove_device` would remove, but for receipts, which are not counted."""
        ...

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

    def tallies(self, org: OrgId, since_ms: int) -> list[Tally]:
        """What arrived in the minutes from `since_ms` on, by minute and outcome."""
        ...

    def complaints(self, org: OrgId, since_ms: int) -> list[Complaint]:
        """The complaints last made at `since_ms` or later, the latest first."""
        ...

    def members(self, org: OrgId) -> list[Member]:
        """By name."""
        ...

    def member(self, org: OrgId, name: str) -> Member | None: ...

    def admission(self, digest: bytes) -> Admission | None: ...

    def admissions(self, org: OrgId) -> list[Admission]:
        """The latest made first."""
        ...

    def latest_pieces(self, org: OrgId, device: DeviceId) -> Iterator[Piece]:
        """The pieces of a device by the server time of their latest operation, descending; read as it is asked."""
        ...

    def sessions_active(
        self, org: OrgId, after: tuple[int, SessionId | None], until_ms: int, limit: int
    ) -> list[Session]:
        """Sessions last active not behind `until_ms`, by `active_at_ms`, then id, beginning behind `after`.

        None for an id is behind all of that instant.
        """
        ...

    def entry(self, org: OrgId, kind: str, name: str) -> Entry | None: ...

    def entries(self, org: OrgId, kind: str, prefix: str, after: str, limit: int) -> list[Entry]:
        """Entries of a kind whose ids begin with `prefix` and are behind `after`, by id."""
        ...

    def due_entries(self, kinds: Sequence[str], until_ms: int, limit: int) -> list[tuple[OrgId, Entry]]:
        """What of these kinds is due not behind `until_ms`, the earliest first, over all orgs."""
        ...

    def count_held(self) -> int:
        """How many devices are held, over all orgs (AT-2.3)."""
        ...

    def lanes(self, kinds: Sequence[str]) -> list[Lane]:
        """The lanes in which something of these kinds is due, now or later, over all orgs.

        It costs what there are lanes, however many entries wait in them.
        """
        ...

    def due_in(self, lane: Lane, until_ms: int, limit: int) -> list[Entry]:
        """What is due in a lane not behind `until_ms`, the earliest first."""
        ...


class Transaction(Reader, Protocol):
    """The store inside one piece of work: it sees what the work has applied so far.

    `device`, `devices_of` and `count_devices` tell of held devices too whose they are bound to be.
    """

    def add_org(self, org: Org) -> None:
        """Add an org, or change the settings of one that is there; its secret stays."""
        ...

    def add_key(self, key: Key) -> None: ...

    def remove_key(self, digest: bytes) -> None: ...

    def put_secret(self, org: OrgId, secret: Secret) -> None:
        """Add a secret, or change the one of that id."""
        ...

    def count_unsigned(self, org: OrgId, at_ms: int, count: int, keep_since_ms: int) -> None:
        """Add to the unsigned identifies of the day of `at_ms`; days before `keep_since_ms` go."""
        ...

    def receipt(self, org: OrgId, page: PageId, first: int, last: int) -> Receipt | None:
        """What the operations `first`…`last` of a page were answered, as far as they came before.

        None for a page never heard of; `outcomes` is empty for a known page that has none of these.
        """
        ...

    def pieces(self, org: OrgId, device: DeviceId, page: PageId | None = None) -> list[Piece]:
        """All pieces of a device, or of a page on it, in order of row."""
        ...

    def pieces_from(self, org: OrgId, mark: bytes, *, is_page: bool, since_ms: int = 0) -> list[tuple[Piece, Origin]]:
        """The pieces whose origin is the device, or the page, of that mark, in order of row.

        Those of whose operations none is of `since_ms` or later by server time are left out.
        """
        ...

    def pieces_with_facts(self, org: OrgId, device: DeviceId) -> list[Piece]:
        """At least the pieces of a device that hold an identify or an end, in order of row."""
        ...

    def stored_after(self, org: OrgId, device: DeviceId, mark: bytes, row: int, limit: int) -> Iterator[Stored]:
        """What is stored of a device and of what came from it, whose mark that is, behind `row`, in order of row.

        Read as it is asked: nothing may be applied meanwhile.
        """
        ...

    def weight_of(
        self, org: OrgId, device: DeviceId, mark: bytes, limit: int, page: PageId | None = None, since_ms: int = 0
    ) -> int:
        """How many operations are stored of a device and of what came from it; `limit` if there are more.

        With `page` of that page, whose mark is given then. Pieces that are all from before `since_ms` do not count.
        """
        ...

    def held_uids(self, org: OrgId) -> list[Uid]:
        """To whom devices are bound that are held, each once."""
        ...

    def bound_from(self, org: OrgId, mark: bytes) -> list[DeviceId]:
        """The bound devices under which something is kept that came from the device of that mark, by id."""
        ...

    def claims_around(
        self, org: OrgId, device: DeviceId, page: PageId, first: int, last: int, limit: int
    ) -> list[Claim]:
        """Of a page the latest claim not behind `first`, those up to `last`, and the next, in order of n."""
        ...

    def ends_around(
        self, org: OrgId, device: DeviceId, page: PageId, first: int, last: int, limit: int
    ) -> list[Ending]:
        """Of a page the latest end before `first` and those up to `last`, in order of n."""
        ...

    def ends_by_time(
        self, org: OrgId, device: DeviceId, lets_go: Sequence[str] | None, since_ms: int, limit: int
    ) -> list[Ending]:
        """The first ends of a device from that server time on, or those that let go one of these, by server time."""
        ...

    def claims_of(self, org: OrgId, device: DeviceId) -> Iterator[Claim]:
        """All claims of a device, in no order."""
        ...

    def pieces_past(self, org: OrgId, device: DeviceId, instant: Instant) -> Iterator[Piece]:
        """At least the pieces of a device that hold an operation not before `instant`, in order of row.

        Read as it is asked: nothing may be applied meanwhile.
        """
        ...

    def device_of_session(self, org: OrgId, session: SessionId) -> DeviceId | None:
        """The device under which pieces of the session are kept; None for one that has none."""
        ...

    def tally(self, org: OrgId, at_ms: int, counts: Mapping[Outcome, int], keep_since_ms: int) -> None:
        """Add to the tallies of the minute of `at_ms`; those before `keep_since_ms` go."""
        ...

    def complain(self, org: OrgId, complaints: Sequence[Complaint], keep_since_ms: int) -> None:
        """Add to the complaints of the same kind and hour; those of hours before `keep_since_ms` go."""
        ...

    def put_member(self, org: OrgId, member: Member) -> None:
        """Add a member, or change the one of that name."""
        ...

    def remove_member(self, org: OrgId, name: str) -> None:
        """Remove a member and what admits them."""
        ...

    def admit(self, admission: Admission) -> None:
        """Remember an admission; those that have expired when it is made go."""
        ...

    def dismiss(self, digest: bytes) -> None: ...

    def apply(self, org: OrgId, effects: Sequence[Effect]) -> None:
        """Do `effects` in order. BindingViolation if a device would be bound twice."""
        ...

    def put_entry(self, org: OrgId, entry: Entry) -> None:
        """Keep `entry`, in place of one of the same kind and id."""
        ...

    def remove_entry(self, org: OrgId, kind: str, name: str) -> None: ...

    def remove_entries_about(self, org: OrgId, about: str) -> int:
        """Remove what is about someone; how many there were."""
        ...

    def remove_device(self, org: OrgId, device: DeviceId) -> Removed:
        """Remove everything kept of a device, and the person it is or belongs to (PV-2)."""
        ...


class Store(Protocol):
    """One engine, open."""

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]: ...

    def read(self) -> AbstractContextManager[Reader]: ...

    def rebuild(self) -> None:
        """Make anew, in one transaction, what only serves reading."""
        ...

    def scrub(self) -> None:
        """See to it that no byte of what was removed is left in the engine's files (PV-2.1).

        Writing waits meanwhile; it takes time in proportion to the whole store.
        """
        ...

    def trouble(self) -> str | None:
        """What keeps the engine from its work, as far as is known without asking the disk much; None: nothing."""
        ...

    def sizes(self) -> Mapping[str, int]:
        """How many bytes the engine's files have, by name, and how many are free beside them."""
        ...

    def close(self) -> None:
        """Finish what was submitted, then let go. Idempotent."""
        ...
