"""Properties as they are kept: each with its type, nesting flattened (PR-1)."""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | list[Scalar]

SCALAR_TYPES: Final = ("str", "int", "real", "bool", "date")
PROPERTY_TYPES: Final = frozenset(SCALAR_TYPES) | {f"{name}s" for name in SCALAR_TYPES}


class Property(msgspec.Struct, frozen=True, array_like=True):
    """One named value. `type` is one of the ten of PR-1; a list has a plural type."""

    name: str
    type: str
    value: Value
