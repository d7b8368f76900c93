"""Members: the people who may look at an org's dashboard, and what admits them."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from passerby.base.ids import OrgId, SessionId

Role: TypeAlias = Literal["admin", "viewer", "guest"]
ADMIN: Final = "admin"
VIEWER: Final = "viewer"
GUEST: Final = "guest"
"""One who holds a share link: sees one session and nothing else."""


class Member(msgspec.Struct, frozen=True):
    """Someone who signs in by name and password, of which only an argon2 hash is kept."""

    name: str
    role: Role
    password_hash: str


class Admission(msgspec.Struct, frozen=True):
    """A sign-in, or a share link to one `session`; only the SHA-256 of its token is kept."""

    digest: bytes
    org: OrgId
    member: str
    role: Role
    session: SessionId | None
    made_at_ms: int
    expires_at_ms: int
