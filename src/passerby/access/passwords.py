"""Passwords: kept only as argon2id hashes."""

from __future__ import annotations

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's first recommendation for argon2id: two passes over 19 MiB."""
_NOBODY: Final = _HASHER.hash("")


def password_hash(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether `password` is the one kept. It takes as long when nothing is kept, so that names cannot be probed.

    Nothing is kept (None, or empty) of nobody, and of members who sign in elsewhere: no password is theirs.
    """
    try:
        _HASHER.verify(kept or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)
