"""Users: a uid with all its devices, or one unbound device (ID-2, ID-3)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from operator import attrgetter
from typing import Final

import msgspec

from passerby.base.ids import OrgId, UserId
from passerby.model.bundle import Piece
from passerby.query import cursor
from passerby.query.happened import PIECES_MAX
from passerby.store.contract import KeptProperty, Person, PersonFilter, Reader
from passerby.store.people import find_person, owner_of
from passerby.store.projection import user_properties

__all__ = ["PAGE_MAX", "User", "UserPage", "find_user", "list_users", "owner_of", "shown_properties", "types_given"]

PAGE_MAX: Final = 100
PROPERTIES_MAX: Final = 1000
PROPERTIES_BYTES_MAX: Final = 1 << 20
"""Of one user no more properties are shown than so many, and no more once they have so many bytes as JSON."""
_PROPERTIES_AT_ONCE: Final = 50
_TYPES_PIECES_MAX: Final = 50
_TYPES_OPERATIONS_MAX: Final = 2000


class UserPage(msgspec.Struct, frozen=True):
    """Some people of a list, how many there are in all, and the cursor of the next page if there is one."""

    people: list[Person]
    total: int
    next_page_token: str | None


class User(msgspec.Struct, frozen=True):
    """One person with what is known of them. `has_more` where that is more properties than are shown (AP-5)."""

    person: Person
    properties: list[KeptProperty]
    has_more: bool = False


def list_users(
    reader: Reader, org: OrgId, wanted: PersonFilter, page_token: str | None, limit: int = PAGE_MAX
) -> UserPage:
    """People by when they were last seen, the latest first. Refusal: `invalid_argument` for a foreign cursor."""
    after = None
    if page_token:
        at_ms, name = cursor.read(page_token)
        after = (at_ms, UserId(name))
    found = reader.people(org, wanted, after, limit + 1)
    shown = found[:limit]
    token = cursor.written(shown[-1].last_at_ms, shown[-1].id) if len(found) > limit else None
    return UserPage(shown, reader.count_people(org, wanted), token)


def find_user(reader: Reader, org: OrgId, user: str) -> User | None:
    """The user of that id, or to whom the device of that id belongs."""
    person = find_person(reader, org, user)
    if person is None:
        return None
    found = shown_properties(reader, org, person.id)
    has_more = len(found) >= _PROPERTIES_AT_ONCE and bool(
        reader.properties_of_user(org, person.id, found[-1].property.name, 1)
    )
    return User(person, found, has_more)


def shown_properties(reader: Reader, org: OrgId, user: UserId) -> list[KeptProperty]:
    """The last value of each user property (PR-2), by name: the first of them, where they are many or large (AP-5)."""
    found: list[KeptProperty] = []
    size = 0
    while len(found) < PROPERTIES_MAX and size < PROPERTIES_BYTES_MAX:
        after = found[-1].property.name if found else ""
        page = reader.properties_of_user(org, user, after, _PROPERTIES_AT_ONCE)
        found += page
        size += sum(len(msgspec.json.encode(kept.property.value)) for kept in page)
        if len(page) < _PROPERTIES_AT_ONCE:
            break
    return found


def types_given(reader: Reader, org: OrgId, user: User) -> dict[str, list[str]]:
    """The types that each user property has, or was given in the last operations of a person, by name."""
    found: dict[str, set[str]] = {kept.property.name: {kept.property.type} for kept in user.properties}
    looked_at = 0
    for piece in islice(_last_pieces(reader, org, user.person.id), _TYPES_PIECES_MAX):
        for kept in user_properties(piece):
            found.setdefault(kept.property.name, set()).add(kept.property.type)
        looked_at += len(piece.operations)
        if looked_at >= _TYPES_OPERATIONS_MAX:
            break
    return {name: sorted(found[name]) for name in sorted(found)}


def _last_pieces(reader: Reader, org: OrgId, user: UserId) -> Iterator[Piece]:
    for session in reader.active_sessions_of_user(org, user):
        if str(session.id) == session.device:
            outside = reader.latest_pieces(org, session.device)
            yield from (piece for piece in outside if str(piece.session) == piece.device)
        else:
            marks = reader.last_marks_of_session(org, session.id, PIECES_MAX)
            for mark in sorted(marks, key=attrgetter("latest_ms"), reverse=True):
                yield from reader.pieces_of_rows(org, [mark.row])
