"""Members: the people who may look at an org's dashboard, and what admits them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from passerby.base.ids import OrgId, SessionId

Role: TypeAlias = Literal["admin", "privacy", "support", "viewer", "guest"]
ADMIN: Final = "admin"
PRIVACY: Final = "privacy"
SUPPORT: Final = "support"
VIEWER: Final = "viewer"
GUEST: Final = "guest"
"""One who holds a share link: sees one session and nothing else."""

Right: TypeAlias = Literal["look", "share", "annotate", "export", "erase", "manage"]
RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    VIEWER: frozenset({"look"}),
    SUPPORT: frozenset({"look", "share", "annotate"}),
    PRIVACY: frozenset({"look", "export", "erase"}),
    ADMIN: frozenset({"look", "share", "annotate", "export", "erase", "manage"}),
    GUEST: frozenset(),
}
"""What each role may do (DA-1.1)."""
NAME_CHARS_MAX: Final = 64
MEMBER_ROLES: Final[tuple[Role, ...]] = (VIEWER, SUPPORT, PRIVACY, ADMIN)


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
