"""Who is meant: from the ids that people and programs hold to a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from passerby.base.errors import Refusal
from passerby.base.ids import DeviceId, OrgId, Uid, UserId, is_uuid
from passerby.model.session import Session
from passerby.model.session_name import session_named
from passerby.store.contract import Person, PersonFilter, Reader, Transaction
from passerby.store.projection import user_id

_DEVICES_A_PAGE: Final = 500


def find_person(reader: Reader, org: OrgId, name: str) -> Person | None:
    """The user of that id, or to whom the device of that id belongs (AP-4)."""
    if not is_uuid(name):
        return None
    return reader.person(org, UserId(name)) or owner_of(reader, org, DeviceId(name))


def owner_of(reader: Reader, org: OrgId, device: DeviceId) -> Person | None:
    """The person to whom a device belongs now; itself when it is unbound. Nobody while it is held (AT-2.3)."""
    standing, known = reader.device(org, device), reader.org(org)
    if standing.is_held:
        return None
    if standing.binding is None or known is None:
        return reader.person(org, UserId(device))
    return reader.person(org, user_id(known.secret, standing.binding.uid))


def known_by_uid(reader: Reader, org: OrgId, uid: str) -> Person | None:
    """The user of that uid."""
    return next(iter(reader.people(org, PersonFilter(uid=uid), None, 1)), None)


def is_held(reader: Reader, org: OrgId, name: str) -> bool:
    """Whether all of whoever has that user id, device id or uid is being placed again: none of it shows (AT-2.3)."""
    device = _device_of(reader, org, name)
    return device is not None and reader.held_mark(org, device) is not None


def missing(reader: Reader, org: OrgId, name: str) -> Refusal:
    """Why nobody shows who has that user id, device id or uid: `resource_not_found`, or for now `unavailable`."""
    if is_held(reader, org, name):
        return Refusal("unavailable", "what this user's devices reported is being placed again: ask in a minute")
    return Refusal("resource_not_found", "no such user")


def held_person(transaction: Transaction, org: OrgId, name: str) -> Person | None:
    """Whoever does not show because all of them is being placed again, by user id, device id or uid."""
    device, known = _device_of(transaction, org, name), transaction.org(org)
    if device is None or known is None or transaction.held_mark(org, device) is None:
        return None
    binding = transaction.device(org, device).binding
    if binding is None:
        return Person(UserId(device), None, None, None, 0, 0)
    return Person(user_id(known.secret, binding.uid), binding.uid, None, None, 0, 0)


def _device_of(reader: Reader, org: OrgId, name: str) -> DeviceId | None:
    """The device of that id, or any of the user of that id or uid, held or not."""
    if is_uuid(name) and reader.has_device(org, DeviceId(name)):
        return DeviceId(name)
    known = reader.org(org)
    user = UserId(name) if is_uuid(name) else user_id(known.secret if known else b"", Uid(name))
    return reader.device_of_user(org, user)


def devices_of(
    reader: Reader, org: OrgId, person: Person, after: DeviceId | None = None, limit: int | None = None
) -> Sequence[DeviceId]:
    """The devices of a person, by id, beginning behind `after`; `limit` of them, or all."""
    if person.uid is not None:
        return reader.devices_of(org, person.uid, after, limit)
    return [DeviceId(person.id)] if after is None else []


def count_devices(reader: Reader, org: OrgId, person: Person) -> int:
    """How many devices a person has."""
    return 1 if person.uid is None else reader.count_devices(org, person.uid)


def device_pages(reader: Reader, org: OrgId, person: Person) -> Iterator[Sequence[DeviceId]]:
    """The devices of a person, by id, so many at a time that no list grows with them."""
    after: DeviceId | None = None
    while page := devices_of(reader, org, person, after, _DEVICES_A_PAGE):
        yield page
        after = page[-1]


def find_session(reader: Reader, org: OrgId, name: str) -> Session | None:
    """The session that `name` names, in any form of AP-17; None if its device is another than `name` says."""
    named = session_named(name)
    found = reader.session(org, named.session) if named else None
    if named is None or found is None:
        return None
    return found if named.device in (None, found.device) else None
