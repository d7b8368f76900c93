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


PRODUCTS: Final = "products"
"""The one array of objects that is kept: of an `Order Completed`, as a column for each name of its members (PR-1)."""


class Products(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the columns of `products` make up its objects again (PR-1.4).

    There are `count` of them. `gaps` has, by its whole name, each column that not all of them have a value in: which
    ones have, in order and counted from 0.
    """

    count: int
    gaps: dict[str, list[int]] = {}
