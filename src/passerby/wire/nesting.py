"""Nesting: dotted names back to the objects in which they were given (PR-1.4).

What is nested is written as JSON at once: as objects of Python the deepest properties would take fifteen times the
memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from passerby.model.operation import Event, Operation
from passerby.model.properties import PRODUCTS, Products, Property

PARTS_MAX: Final = 32
"""A name with more parts than JSON may nest deep was given with its dots, and keeps them (WI-3)."""
_ENCODE: Final = msgspec.json.Encoder().encode
_Member = tuple[list[bytes], str]
"""The parts of a name behind the first, and the name."""
_OF_PRODUCTS: Final = f"{PRODUCTS}."
_SIGNS: Final = 4
"""What JSON writes around the name of a member: quotes, a colon, a comma."""


def nested(properties: Iterable[Property], products: Products | None = None) -> dict[str, Any]:
    """Properties by name as they were given: values, lists, and what has members as `Raw`, which is written as JSON.

    A name keeps its dots if it has over `PARTS_MAX` parts, or goes on from another that is there.
    """
    values = {kept.name: kept.value for kept in properties}
    return _nested(values if products is None else _with_products(values, products))


def shown_bytes(operations: Sequence[Operation]) -> int:
    """How many bytes operations have as JSON, with the names of products as often as they are shown."""
    return len(msgspec.json.encode(operations)) + sum(spread_bytes(operation) for operation in operations)


def spread_bytes(operation: Operation) -> int:
    """How many bytes more an operation is shown with than it is kept with: each product has the names of its own."""
    if not isinstance(operation, Event) or operation.products is None:
        return 0
    columns = (kept for kept in operation.properties if kept.name.startswith(_OF_PRODUCTS))
    return sum((len(kept.name) + _SIGNS) * len(kept.value) for kept in columns if isinstance(kept.value, list))


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
    if PRODUCTS in leaves:
        leaves[PRODUCTS] = msgspec.Raw(msgspec.json.encode([_nested(row) for row in rows]))
    return leaves


def _nested(leaves: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    groups: dict[str, list[str]] = {}
    for name, value in leaves.items():
        first, dot, _ = name.partition(".")
        if not dot or name.count(".") >= PARTS_MAX or first in leaves:
            shown[name] = value
        else:
            groups.setdefault(first, []).append(name)
            shown[first] = None
    for first, names in groups.items():
        members = [(_ENCODE(name)[1:-1].split(b".")[1:], name) for name in names]
        found = _object(members, leaves) or _object(sorted(members), leaves)
        if found is not None:
            shown[first] = found[0]
            shown |= {name: leaves[name] for name in found[1]}
    return shown


def _object(members: Sequence[_Member], leaves: Mapping[str, Any]) -> tuple[msgspec.Raw, list[str]] | None:
    """An object of these members, and the names that go on from others. None if members of an inner one are apart."""
    written, in_the_way = [b"{"], list[str]()
    last: list[bytes] = []
    known: list[Any] = []
    for path, name in members:
        depth = _shared(last, path)
        if last and depth == len(last):
            in_the_way.append(name)
            continue
        if depth == len(path) or _is_known(known, depth, path):
            return None
        ending = b"}" * (len(last) - 1 - depth) + b"," if last else b""
        written.append(ending + b'"' + b'":{"'.join(path[depth:]) + b'":' + _ENCODE(leaves[name]))
        last = path
    written.append(b"}" * len(last))
    return msgspec.Raw(b"".join(written)), in_the_way


def _is_known(known: list[Any], depth: int, path: Sequence[bytes]) -> bool:
    """Whether the object that is open at `depth` has had that member. `known` has the one of each depth, or all."""
    if known:
        if not isinstance(known[depth], set):
            known[depth] = {known[depth]}
        if path[depth] in known[depth]:
            return True
        known[depth].add(path[depth])
        known[depth + 1 :] = path[depth + 1 :]
    else:
        known += path
    return False


def _shared(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """How many parts two paths begin with together."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
