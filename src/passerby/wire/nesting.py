"""Nesting: dotted names back to the objects in which they were given (PR-1.4).

What is nested is JSON already: as objects of Python the deepest properties would take a hundred times their bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from passerby.model.operation import Event, Operation
from passerby.model.properties import PRODUCTS, Products, Property

PARTS_MAX: Final = 32
"""A name with more parts than JSON may nest deep was given with its dots, and keeps them (WI-3)."""
_OF_PRODUCTS: Final = f"{PRODUCTS}."
_SIGNS: Final = 4
"""What JSON writes around the name of a member: quotes, a colon, a comma."""


def nested(properties: Iterable[Property], products: Products | None = None) -> dict[str, Any]:
    """Properties by name as they were given: values, lists, and what has members as `Raw`, which is written as JSON.

    A name keeps its dots if it has over `PARTS_MAX` parts, or goes on from another that is there.
    """
    values = {kept.name: kept.value for kept in properties}
    leaves = _with_products(values, products) if products is not None else values
    if not any("." in name for name in leaves) and leaves is values:
        return dict(values)
    return {name: _written(value) for name, value in _objects(leaves).items()}


def shown_bytes(operations: Sequence[Operation]) -> int:
    """How many bytes operations have as JSON, with the names of products as often as they are shown."""
    return len(msgspec.json.encode(operations)) + sum(spread_bytes(operation) for operation in operations)


def spread_bytes(operation: Operation) -> int:
    """How many bytes more an operation is shown with than it is kept with: each product has the names of its own."""
    if not isinstance(operation, Event) or operation.products is None:
        return 0
    columns = (kept for kept in operation.properties if kept.name.startswith(_OF_PRODUCTS))
    return sum((len(kept.name) + _SIGNS) * len(kept.value) for kept in columns if isinstance(kept.value, list))


def _written(value: Any) -> Any:
    has_members = isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))
    return msgspec.Raw(msgspec.json.encode(value)) if has_members else value


def _with_products(values: Mapping[str, Any], products: Products) -> dict[str, Any]:
    """The values, with the array of products in place of its columns."""
    if PRODUCTS in values:
        return dict(values)
    rows: list[dict[str, Any]] = [{} for _ in range(products.count)]
    leaves: dict[str, Any] = {}
    for name, value in values.items():
        holders = products.gaps.get(name, range(products.count))
        if name.startswith(_OF_PRODUCTS) and isinstance(value, list) and len(value) == len(holders):
            leaves[PRODUCTS] = rows
            for holder, member in zip(holders, value, strict=True):
                rows[holder][name.removeprefix(_OF_PRODUCTS)] = member
        else:
            leaves[name] = value
    rows[:] = map(_objects, rows)
    return leaves


def _objects(leaves: Mapping[str, Any]) -> dict[str, Any]:
    """Objects in the order of their names, or else the shortest names first, so that none stands in another's way."""
    return _grown(leaves) or _grown(dict(sorted(leaves.items(), key=_depth))) or {}


def _depth(leaf: tuple[str, Any]) -> int:
    return leaf[0].count(".")


def _grown(leaves: Mapping[str, Any]) -> dict[str, Any] | None:
    """Objects of these values. None where a value comes behind one whose name goes on from its own."""
    tree: dict[str, Any] = {}
    for name, value in leaves.items():
        *path, last = name.split(".") if name.count(".") < PARTS_MAX else [name]
        node: Any = tree
        for part in path:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                tree[name] = value
                break
        else:
            if last in node:
                return None
            node[last] = value
    return tree
