"""Users: make, find, change and forget them (AP-4, AP-5, PV-2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

import msgspec

from passerby.base.errors import Refusal
from passerby.base.ids import DeviceId, OrgId
from passerby.faces.api import shapes
from passerby.faces.api.endpoint import Answer, Call, Endpoint, marks_of
from passerby.ingest import erasing
from passerby.ingest.reports import Reported, report_user
from passerby.query.dossier import dossier
from passerby.query.sessions import latest_happenings
from passerby.query.users import User, find_user, list_users, types_given
from passerby.store.contract import Person, PersonFilter, Reader, Transaction
from passerby.store.people import find_person, held_person, known_by_uid, missing
from passerby.wire.reports import Object, UserRequest

EVENTS_DEFAULT = 100
EVENTS_MAX = 1000


class ListQuery(msgspec.Struct, frozen=True):
    """Which users are listed; all filters must hold."""

    also: ClassVar[Mapping[str, str]] = {"paginationToken": "page_token", "pagination_token": "page_token"}

    uid: str | None = None
    email: str | None = None
    display_name: str | None = None
    is_identified: bool | None = None
    page_token: str | None = None
    include_schema: bool = False


class UserQuery(msgspec.Struct, frozen=True):
    """How a user is shown."""

    include_schema: bool = False


class UidQuery(msgspec.Struct, frozen=True):
    """The user, by uid."""

    uid: str


class EventsQuery(msgspec.Struct, frozen=True):
    """How many events, at most 1000."""

    limit: int = EVENTS_DEFAULT


def create_user(call: Call) -> Answer:
    """Create a user, or bring the one of that uid up to date. Without uid the user is anonymous."""
    return call.write(lambda transaction: _reported(call, transaction, None))


def update_user(call: Call) -> Answer:
    """Set name, e-mail and properties of a user; what is not given stays. An anonymous user may be given a uid."""
    return call.write(lambda transaction: _reported(call, transaction, call.path["user"]))


def patch_user(call: Call) -> Answer:
    """Set name, e-mail and properties of a user, as POST does."""
    return update_user(call)


def _reported(call: Call, transaction: Transaction, user: str | None) -> Answer:
    done = report_user(transaction, call.org, call.body, user, call.now_ms, call.desk.ids)
    return told(call, done, shapes.Created(id=done.user, notes=list(done.notes)))


def told(call: Call, done: Reported, body: object) -> Answer:
    """The answer to a report: `body`, known to be about its user."""
    marks = marks_of(call.org)
    about = marks.of_uid(done.uid) if done.uid else marks.of_device(DeviceId(done.user))
    return Answer(body, about=about, wakes=done.wakes)


def all_users(call: Call) -> Answer:
    """List users, the last seen first."""
    asked: ListQuery = call.query
    wanted = PersonFilter(asked.uid, asked.email, asked.display_name, asked.is_identified)
    with call.desk.store.read() as reader:
        page = list_users(reader, call.org.id, wanted, asked.page_token)
        shown = [_listed(call, reader, person, asked.include_schema) for person in page.people]
    total, token = str(page.total), page.next_page_token
    return Answer(
        shapes.UserListShape(results=shown, total_records=total, next_page_token=token, nextPaginationToken=token)
    )


def _listed(call: Call, reader: Reader, person: Person, include_schema: bool) -> shapes.UserShape:
    if include_schema and (user := find_user(reader, call.org.id, person.id)) is not None:
        return user_shape(call, reader, user, include_schema)
    is_being_deleted = erasing.is_being_erased(reader, call.org.id, person)
    return shapes.person_shape(person, is_being_deleted, call.base, call.org.id)


def user_shape(call: Call, reader: Reader, user: User, include_schema: bool) -> shapes.UserShape:
    """A user as the API shows one."""
    types = types_given(reader, call.org.id, user) if include_schema else None
    is_being_deleted = erasing.is_being_erased(reader, call.org.id, user.person)
    return shapes.user_shape(user, types, is_being_deleted, call.base, call.org.id)


def get_user(call: Call) -> Answer:
    """Get a user by id. The id of an anonymous one goes on to find it after it was identified."""
    with call.desk.store.read() as reader:
        user = known_user(reader, call.org.id, call.path["user"])
        return Answer(user_shape(call, reader, user, call.query.include_schema))


def known_user(reader: Reader, org: OrgId, name: str) -> User:
    """The user of that id. Refusal: `resource_not_found`; `unavailable` while all of them is placed again (AT-2.3)."""
    user = find_user(reader, org, name)
    if user is None:
        raise missing(reader, org, name)
    return user


def user_events(call: Call) -> Answer:
    """The last events of a user, over all devices, the latest first."""
    if not 1 <= call.query.limit <= EVENTS_MAX:
        raise Refusal("invalid_argument", f"limit is a number from 1 to {EVENTS_MAX}")
    with call.desk.store.read() as reader:
        user = known_user(reader, call.org.id, call.path["user"])
        found = latest_happenings(reader, call.org.id, user.person.id, call.query.limit)
    events = [shapes.happening_shape(happening, user.person) for happening in found]
    return Answer(shapes.HappeningListShape(events=events))


def export_user(call: Call) -> Answer:
    """Everything that is held about one user, as one document, which is written while it is read (PV-2.3)."""
    store, org = call.desk.store, call.org
    with store.read() as reader:
        person = find_person(reader, org.id, call.path["user"])
        if person is None:
            raise missing(reader, org.id, call.path["user"])
    return Answer(stream=dossier(store.read, org.id, person, erasing.going(org)))


def delete_user(call: Call) -> Answer:
    """Erase a user, for good (PV-2). The header `Passerby-Erasure` names the receipt."""
    name = call.path["user"]
    return _erased(call, lambda t: find_person(t, call.org.id, name) or held_person(t, call.org.id, name))


def delete_user_by_uid(call: Call) -> Answer:
    """Erase the user of a uid, for good (PV-2). The header `Passerby-Erasure` names the receipt."""
    return erase_uid(call, call.query.uid)


def erase_uid(call: Call, uid: str) -> Answer:
    """Erase the user of `uid`. Refusal: `resource_not_found`."""
    return _erased(call, lambda t: known_by_uid(t, call.org.id, uid) or held_person(t, call.org.id, uid))


def _erased(call: Call, find: Callable[[Transaction], Person | None]) -> Answer:
    def accept(transaction: Transaction) -> Answer:
        person = find(transaction)
        if person is None:
            raise Refusal("resource_not_found", "no such user")
        receipt = erasing.accept(transaction, call.org, person, call.now_ms, call.desk.ids)
        return Answer(shapes.Empty(), headers={"Passerby-Erasure": receipt}, wakes=True)

    return call.write(accept)


_ONE = "/v2/users/{user}"
_GONE = ("resource_not_found", "erased")
_UID = ("invalid_uid", "placeholder_uid", "erased", "unknown_org")


def _changes(method: Literal["POST", "PATCH"], run: Callable[[Call], Answer]) -> Endpoint:
    errors = (*_UID, *_GONE)
    return Endpoint(method, _ONE, "capture", run, shapes.Created, body=UserRequest, errors=errors, creates=True)


ENDPOINTS = (
    Endpoint("POST", "/v2/users", "capture", create_user, shapes.Created, body=UserRequest, errors=_UID, creates=True),
    Endpoint("GET", "/v2/users", "read", all_users, shapes.UserListShape, query=ListQuery),
    Endpoint(
        "DELETE",
        "/v2/users",
        "admin",
        delete_user_by_uid,
        shapes.Empty,
        query=UidQuery,
        errors=("resource_not_found", "required_field"),
    ),
    Endpoint("GET", _ONE, "read", get_user, shapes.UserShape, UserQuery, errors=_GONE[:1]),
    _changes("POST", update_user),
    _changes("PATCH", patch_user),
    Endpoint("DELETE", _ONE, "admin", delete_user, shapes.Empty, errors=_GONE[:1]),
    Endpoint(
        "GET", "/v2/users/{user}/events", "read", user_events, shapes.HappeningListShape, EventsQuery, errors=_GONE[:1]
    ),
    Endpoint("GET", "/v2/users/{user}/export", "read", export_user, Object, errors=_GONE),
)
