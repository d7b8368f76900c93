"""Users: a uid with all its devices, or one unbound device (ID-2, ID-3)."""

from __future__ import annotations

from itertools import chain
from typing import Final

import msgspec

from passerby.base.ids import OrgId, UserId
from passerby.query import cursor
from passerby.store.contract import KeptProperty, Person, PersonFilter, Reader
from passerby.store.people import device_pages, find_person, owner_of
from passerby.store.projection import user_properties

__all__ = ["PAGE_MAX", "User", "UserPage", "find_user", "list_users", "owner_of", "types_given"]

PAGE_MAX: Final = 100


class UserPage(msgspec.Struct, frozen=True):
    """Some people of a list, how many there are in all, and the cursor of the next page if there is one."""

    people: list[Person]
    total: int
    next_page_token: str | None


class User(msgspec.Struct, frozen=True):
    """One person with what is known of them."""

    person: Person
    properties: list[KeptProperty]


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
    return User(person, reader.properties_of_user(org, person.id))


def types_given(reader: Reader, org: OrgId, person: Person) -> dict[str, list[str]]:
    """The types that each user property was ever given over a person's devices, by name; derived from the pieces."""
    found: dict[str, set[str]] = {}
    for device in chain.from_iterable(device_pages(reader, org, person)):
        for piece in reader.pieces_of_device(org, device):
            for kept in user_properties(piece):
                found.setdefault(kept.property.name, set()).add(kept.property.type)
    return {name: sorted(found[name]) for name in sorted(found)}
