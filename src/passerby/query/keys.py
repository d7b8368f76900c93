"""API keys: who may ask."""

from __future__ import annotations

from passerby.base.token import digest
from passerby.store.contract import Key, Reader


def find_key(reader: Reader, authorization: str) -> Key | None:
    """The key in an `Authorization` header: the raw key behind `Basic` or `Bearer`."""
    scheme, _, credential = authorization.partition(" ")
    if scheme.lower() not in ("basic", "bearer") or not credential.strip():
        return None
    return reader.key(digest(credential.strip()))


def allows(key: Key, scope: str) -> bool:
    """Whether a key may do what asks for `scope` (AP-1)."""
    return scope in (held := key.scope.split()) or "admin" in held
