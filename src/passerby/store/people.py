"""Who is meant: from the ids that people and programs hold to a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from passerby.base.ids import DeviceId, OrgId, SessionId, UserId
from passerby.model.org import Org
from passerby.model.session import Session
from passerby.store.contract import Person, Reader, Transaction
from passerby.store.projection import user_id

_DEVICES_A_PAGE: Final = 500
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def is_uuid(text: str) -> bool:
    """Whether `text` is a lower-case UUID, as all our ids are."""
    return _UUID.match(text) is not None


def find_person(reader: Reader, org: OrgId, name: str) -> Person | None:
    """The user of that id, or to whom the device of that id belongs (AP-4)."""
    if not is_uuid(name):
        return None
    return reader.person(org, UserId(name)) or owner_of(reader, org, DeviceId(name))


def owner_of(reader: Reader, org: OrgId, device: DeviceId) -> Person | None:
    """The person to whom a device belongs now; itself when it is unbound."""
    binding, known = reader.device(org, device).binding, reader.org(org)
    if binding is None or known is None:
        return reader.person(org, UserId(device))
    return reader.person(org, user_id(known.secret, binding.uid))


def held_person(transaction: Transaction, org: Org, name: str) -> Person | None:
    """Somebody whom nothing shows because all their devices are held, by user id, device id or uid (AT-2.3)."""
    device = transaction.device(org.id, DeviceId(name)) if is_uuid(name) else None
    if device is not None and device.is_held and device.binding is None:
        return Person(UserId(name), None, None, None, 0, 0)
    bound = device.binding.uid if device is not None and device.is_held and device.binding else None
    for uid in transaction.held_uids(org.id):
        if uid in (name, bound) or user_id(org.secret, uid) == name:
            return Person(user_id(org.secret, uid), uid, None, None, 0, 0)
    return None


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
    """The session that `device:session` names; what follows a further colon is a moment in it."""
    device, _, rest = name.partition(":")
    session = rest.partition(":")[0]
    found = reader.session(org, SessionId(session)) if is_uuid(session) else None
    return found if found is not None and found.device == device else None
