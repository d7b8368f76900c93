"""Identities: which member somebody is whom a provider knows (DA-2.4).

An identity is an issuer and a subject. Its entry is about the member, and goes with them.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from passerby.access import invitations
from passerby.access.provider import Proven, Provider
from passerby.access.second import about_member
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.model.member import ADMIN, NAME_CHARS_MAX, Member
from passerby.store.contract import Entry, Reader, Transaction

_PROVIDER: Final = "provider"
_IDENTITY: Final = "identity"


class _Link(msgspec.Struct, frozen=True):
    member: str


def provider_of(reader: Reader, org: OrgId) -> Provider | None:
    """The org's identity provider, if it has one."""
    entry = reader.entry(org, _PROVIDER, "")
    return msgspec.json.decode(entry.body, type=Provider) if entry else None


def put_provider(transaction: Transaction, org: OrgId, provider: Provider | None) -> None:
    """Give an org another provider, or none."""
    if provider is None:
        transaction.remove_entry(org, _PROVIDER, "")
    else:
        transaction.put_entry(org, Entry(_PROVIDER, "", msgspec.json.encode(provider)))


def connect(transaction: Transaction, org: OrgId, proven: Proven, name: str) -> Member:
    """From now on that identity is the member of that name. Refusal: `identity_taken`, `not_found`."""
    member, known = transaction.member(org, name), linked(transaction, org, proven)
    if member is None:
        raise Refusal("not_found", "that member was removed")
    if known is not None and known.name != name:
        raise Refusal("identity_taken", "that account is another member's")
    _link(transaction, org, proven, name)
    return member


def recognised(transaction: Transaction, org: OrgId, proven: Proven) -> Member:
    """The member whose identity it is, or whose name is the e-mail address that the provider has verified.

    By an address alone nobody is an admin: whoever runs the provider could give themselves that address.
    Refusal: `unknown_identity`.
    """
    member = linked(transaction, org, proven)
    if member is not None:
        return member
    name = proven.email.lower() if proven.email and proven.email.isascii() else ""
    found = [one for one in transaction.members(org) if name and one.name.isascii() and one.name.lower() == name]
    if len(found) != 1:
        raise Refusal("unknown_identity", "nobody here has that account: ask an admin for an invitation")
    if found[0].role == ADMIN:
        raise Refusal("unknown_identity", "admins connect their account in the settings first")
    _link(transaction, org, proven, found[0].name)
    return found[0]


def join(transaction: Transaction, org: OrgId, proven: Proven, token: str, now_ms: int) -> Member:
    """Use an invitation up: that identity is a new member, who has no password. Refusal."""
    if linked(transaction, org, proven) is not None:
        raise Refusal("identity_taken", "that account is a member's here: sign in")
    name = (proven.email or proven.subject)[:NAME_CHARS_MAX]
    if not name.isprintable():
        raise Refusal("name_taken", "that account has no name that a member could have")
    member = invitations.accept(transaction, org, token, name, "", now_ms)
    _link(transaction, org, proven, member.name)
    return member


def linked(reader: Reader, org: OrgId, proven: Proven) -> Member | None:
    """The member whose identity it is."""
    entry = reader.entry(org, _IDENTITY, _id_of(proven))
    return reader.member(org, msgspec.json.decode(entry.body, type=_Link).member) if entry else None


def _link(transaction: Transaction, org: OrgId, proven: Proven, name: str) -> None:
    body = msgspec.json.encode(_Link(name))
    transaction.put_entry(org, Entry(_IDENTITY, _id_of(proven), body, about_member(name)))


def _id_of(proven: Proven) -> str:
    return hashlib.sha256(msgspec.json.encode((proven.issuer, proven.subject))).hexdigest()
