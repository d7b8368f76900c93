"""Invitations: links that make whoever holds them a member, once, within a week (DA-2.3)."""

from __future__ import annotations

from typing import Final

import msgspec

from passerby.access.second import about_member
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.base.token import digest
from passerby.base.units import DAY_MS
from passerby.model.member import Member, Role
from passerby.store.contract import Entry, Reader, Transaction

LASTS_MS: Final = 7 * DAY_MS
OPEN_MAX: Final = 100
_KIND: Final = "invitation"


class Invitation(msgspec.Struct, frozen=True):
    """What is kept of an invitation beside the SHA-256 of its token, which is its id."""

    role: Role
    label: str
    by: str
    expires_at_ms: int


def invitations(reader: Reader, org: OrgId, now_ms: int) -> list[tuple[str, Invitation]]:
    """The invitations of an org that are open, by id."""
    return [(name, one) for name, one in _all(reader, org) if one.expires_at_ms > now_ms]


def invitation(reader: Reader, org: OrgId, token: str, now_ms: int) -> Invitation | None:
    """The invitation that a token is for, if it is open."""
    entry = reader.entry(org, _KIND, digest(token).hex())
    found = msgspec.json.decode(entry.body, type=Invitation) if entry else None
    return found if found and found.expires_at_ms > now_ms else None


def invite(transaction: Transaction, org: OrgId, token: str, made: Invitation, now_ms: int) -> None:
    """Keep an invitation; those that have expired go. Refusal: `too_many` are open."""
    for name, one in _all(transaction, org):
        if one.expires_at_ms <= now_ms:
            transaction.remove_entry(org, _KIND, name)
    if len(_all(transaction, org)) >= OPEN_MAX:
        raise Refusal("too_many", f"{OPEN_MAX} invitations are open: take some back first")
    body = msgspec.json.encode(made)
    transaction.put_entry(org, Entry(_KIND, digest(token).hex(), body, about_member(made.by)))


def take_back(transaction: Transaction, org: OrgId, name: str) -> None:
    """End the invitation of that id."""
    transaction.remove_entry(org, _KIND, name)


def accept(transaction: Transaction, org: OrgId, token: str, name: str, password_hash: str, now_ms: int) -> Member:
    """Use an invitation up: its holder is a member of that name. Refusal: `not_found`, `name_taken`."""
    found = invitation(transaction, org, token, now_ms)
    if found is None:
        raise Refusal("not_found", "the invitation was used, was taken back, or has expired")
    if transaction.member(org, name) is not None:
        raise Refusal("name_taken", "that name is somebody else's here")
    member = Member(name, found.role, password_hash)
    transaction.put_member(org, member)
    transaction.remove_entry(org, _KIND, digest(token).hex())
    return member


def _all(reader: Reader, org: OrgId) -> list[tuple[str, Invitation]]:
    found = reader.entries(org, _KIND, "", "", OPEN_MAX + 1)
    return [(entry.id, msgspec.json.decode(entry.body, type=Invitation)) for entry in found]
