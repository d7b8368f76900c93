"""Choosing: an org's settings are changed, and who changed them is kept (AP-18).

Entries: `choice`, by the version's number.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.model.choice import CHOICE, VERSIONS_KEPT, Version, first_version, name_of, next_version
from passerby.model.org import OrgSettings
from passerby.store.contract import Entry, Reader, Transaction


def latest_version(reader: Reader, org: OrgId) -> Version | None:
    """The version that is in force, if one is kept."""
    return next(iter(latest_versions(reader, org, 1)), None)


def version(reader: Reader, org: OrgId, number: int) -> Version | None:
    """The version of that number, if it is kept."""
    entry = reader.entry(org, CHOICE, name_of(number))
    return msgspec.json.decode(entry.body, type=Version) if entry else None


def latest_versions(reader: Reader, org: OrgId, limit: int) -> list[Version]:
    """The last so many versions, the latest first."""
    return [msgspec.json.decode(entry.body, type=Version) for entry in reader.entries(org, CHOICE, "", "", limit)]


def keep_first_version(transaction: Transaction, org: OrgId, now_ms: int) -> Version:
    """See that a version of the org's settings is kept; the latest one. Refusal: `unknown_org`."""
    known = latest_version(transaction, org)
    if known is None:
        known = first_version(_settings(transaction, org), now_ms)
        transaction.put_entry(org, Entry(CHOICE, known.id, msgspec.json.encode(known)))
    return known


def choose(
    transaction: Transaction, org: OrgId, change: Callable[[OrgSettings], OrgSettings], by: str, now_ms: int
) -> None:
    """Change an org's settings, as `by` wants it. Refusal: `unknown_org`."""
    chosen = change(_settings(transaction, org))
    made = next_version(keep_first_version(transaction, org, now_ms), chosen, by, now_ms)
    found = transaction.org(org)
    if made is None or found is None:
        return
    transaction.add_org(msgspec.structs.replace(found, settings=chosen))
    transaction.put_entry(org, Entry(CHOICE, made.id, msgspec.json.encode(made)))
    transaction.remove_entry(org, CHOICE, name_of(made.touch.number - VERSIONS_KEPT))


def _settings(transaction: Transaction, org: OrgId) -> OrgSettings:
    found = transaction.org(org)
    if found is None:
        raise Refusal("unknown_org", "no such org here")
    return found.settings
