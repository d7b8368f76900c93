"""Names that carry their type, as in the first version of the API (PR-1.3): `seats_int` is `seats` with type `int`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from passerby.model.properties import PROPERTY_TYPES

_EXEMPT: Final = frozenset({"displayName", "email", "uid", "pageName", "acctId", "website"})


def bare(name: str) -> tuple[str, str]:
    """A dotted name without the type that it carries, and that type; '' if it carries none."""
    plain, _, suffix = name.rpartition("_")
    is_typed = plain and not plain.endswith(".") and suffix in PROPERTY_TYPES and name not in _EXEMPT
    return (plain, suffix) if is_typed else (name, "")


def bared(given: Mapping[str, Any], prefix: str = "") -> tuple[dict[str, Any], dict[str, str]]:
    """The properties under their bare names, and the types that the names carried, flat and dotted."""
    properties: dict[str, Any] = {}
    types: dict[str, str] = {}
    for name, value in given.items():
        kept, suffix = bare(name)
        path = f"{prefix}{kept}"
        types.pop(path, None)
        properties[kept] = value
        if isinstance(value, Mapping):
            properties[kept], within = bared(value, f"{path}.")
            types |= within
        elif suffix:
            types[path] = suffix
    return properties, types
