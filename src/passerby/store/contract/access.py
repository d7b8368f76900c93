"""Who may look and who may speak: orgs, their keys and secrets, members and what admits them."""

from __future__ import annotations

from typing import Protocol

import msgspec

from passerby.base.ids import OrgId
from passerby.model.member import Admission, Member
from passerby.model.org import Org
from passerby.model.secret import Secret


class Key(msgspec.Struct, frozen=True):
    """An API key: only its SHA-256 is kept. `scope` is one or more of `capture read admin`, with spaces (AP-1)."""

    digest: bytes
    org: OrgId
    scope: str
    label: str
    made_at_ms: int


class AccessReader(Protocol):
    """Who may look, read."""

    def orgs(self) -> list[OrgId]: ...

    def org(self, org: OrgId) -> Org | None: ...

    def key(self, digest: bytes) -> Key | None: ...

    def keys(self, org: OrgId) -> list[Key]:
        """The org's keys, the oldest first."""
        ...

    def secrets(self, org: OrgId) -> list[Secret]:
        """The org's secrets, the latest made first."""
        ...

    def members(self, org: OrgId) -> list[Member]:
        """By name."""
        ...

    def member(self, org: OrgId, name: str) -> Member | None: ...

    def admission(self, digest: bytes) -> Admission | None: ...

    def admissions(self, org: OrgId) -> list[Admission]:
        """The latest made first."""
        ...


class AccessWriter(Protocol):
    """Who may look, changed."""

    def add_org(self, org: Org) -> None:
        """Add an org, or change the settings of one that is there; its secret stays."""
        ...

    def add_key(self, key: Key) -> None: ...

    def remove_key(self, digest: bytes) -> None: ...

    def put_secret(self, org: OrgId, secret: Secret) -> None:
        """Add a secret, or change the one of that id."""
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
