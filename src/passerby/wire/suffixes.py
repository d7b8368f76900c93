"""Names that carry their type, as in the first version of the API (PR-1.3): `seats_int` is `seats` with type `int`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from passerby.model.properties import PROPERTY_TYPES

_EXEMPT: Final = frozenset({"displayName", "email", "uid", "pageName", "acctId", "website"})


def bared(given: Mapping[str, Any], prefix: str = "") -> tuple[dict[str, Any], dict[str, str]]:
    """The properties under their bare names, and the types that the names carried, flat and dotted."""
    properties: dict[str, Any] = {}
    schema: dict[str, str] = {}
    for name, value in given.items():
        bare, _, suffix = name.rpartition("_")
        typed = bool(bare) and suffix in PROPERTY_TYPES and name not in _EXEMPT
        kept = bare if typed else name
        if isinstance(value, Mapping):
            properties[kept], types = bared(value, f"{prefix}{kept}.")
            schema |= types
        else:
            properties[kept] = value
            schema |= {f"{prefix}{kept}": suffix} if typed else {}
    return properties, schema
