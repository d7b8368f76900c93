"""Properties from JSON to typed, flat and checked (PR-1). What is left out is noted by name, never by value."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from passerby.model.properties import PRODUCTS, PROPERTY_TYPES, Products, Property, Value
from passerby.wire import limits
from passerby.wire.suffixes import bare, bared

Complaint = tuple[str, str]
"""(code, name)"""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z][A-Za-z0-9_-]*)*\Z")
_SCRUBBED: Final = re.compile(r"[^A-Za-z0-9_.-]")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\Z")
_INT_MAX: Final = 2**53 - 1
_REAL_MAX: Final = sys.float_info.max


class PropertiesError(ValueError):
    """The properties as a whole cannot be used; the text says why."""


class Typed(msgspec.Struct, frozen=True):
    """The properties of one operation, and what was left out of them; how its products come apart, if it has some."""

    properties: tuple[Property, ...] = ()
    complaints: Sequence[Complaint] = ()
    products: Products | None = None


class _Column(msgspec.Struct, frozen=True):
    """What the products have under one name, and which of them have it."""

    values: list[Any]
    holders: list[int]


def typed_properties(
    properties: msgspec.Raw, schema: msgspec.Raw, *, suffixes: bool = False, products: bool = False
) -> Typed:
    """The properties of one operation.

    `suffixes`: names may carry their type (PR-1.3). `products` allows the array of objects of that name (PR-1).
    PropertiesError: not an object, or too large.
    """
    if len(properties) > limits.PROPERTIES_BYTES_MAX:
        raise PropertiesError(f"properties are over {limits.PROPERTIES_BYTES_MAX} bytes")
    given = _object(properties, "properties")
    if not given:
        return Typed()
    types = _types(_object(schema, "schema")) if schema else {}
    if suffixes:
        given, suffixed = bared(given)
        types = suffixed | {bare(name)[0]: declared for name, declared in types.items()}
    kept: dict[str, Property] = {}
    holders: dict[str, list[int]] = {}
    complaints: list[Complaint] = []
    for name, value in _flat(given, "", products):
        is_column = isinstance(value, _Column)
        clean = _add(name, value.values if is_column else value, types, kept, complaints)
        if clean is not None:
            holders.pop(clean, None)
            if is_column:
                holders[clean] = value.holders
    return Typed(tuple(kept.values()), complaints, _products(holders))


def _products(holders: Mapping[str, list[int]]) -> Products | None:
    """How columns make up objects, by which objects hold them. An object that none is left of does not count."""
    held = set[int]().union(*holders.values())
    if not held:
        return None
    partly = {name: each for name, each in sorted(holders.items()) if len(each) < len(held)}
    numbers = {one: number for number, one in enumerate(sorted(held))} if partly else {}
    return Products(len(held), {name: [numbers[one] for one in each] for name, each in partly.items()})


def _add(
    name: str, value: Any, types: Mapping[str, Any], kept: dict[str, Property], complaints: list[Complaint]
) -> str | None:
    """Keep a value if it holds. The name that it is kept under, or None."""
    if value is None or value == []:
        return None
    clean = name if _NAME.match(name) else _SCRUBBED.sub("_", name)
    if clean != name:
        complaints.append(("scrubbed_name", clean))
    if len(clean) > limits.PROPERTY_NAME_CHARS_MAX or not _NAME.match(clean):
        complaints.append(("invalid_name", clean[: limits.PROPERTY_NAME_CHARS_MAX]))
        return None
    declared = types.get(name)
    if declared is not None and not (isinstance(declared, str) and declared in PROPERTY_TYPES):
        complaints.append(("invalid_type", clean))
        declared = None
    found = _inferred(value) if declared is None else _fitted(value, declared)
    if isinstance(found, str):
        complaints.append((found, clean))
    elif len(kept) >= limits.PROPERTIES_MAX and clean not in kept:
        complaints.append(("too_many_properties", clean))
    else:
        kept[clean] = Property(clean, *found)
        return clean
    return None


def _object(raw: msgspec.Raw, what: str) -> dict[str, Any]:
    if not raw or bytes(raw) == b"null":
        return {}
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise PropertiesError(f"{what} is not JSON") from error
    if not isinstance(found, dict):
        raise PropertiesError(f"{what} is not an object")
    return found


def _types(schema: dict[str, Any]) -> dict[str, Any]:
    """Both shapes of PR-1.2, as flat names to types. A property may itself be called `properties`."""
    if set(schema) == {"properties"} and isinstance(schema["properties"], dict):
        schema = schema["properties"]
    return dict(_flat(schema, "", products=False))


def _flat(given: Mapping[str, Any], prefix: str, products: bool) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path}.", products)
        elif products and path == PRODUCTS and _is_object_list(value):
            yield from _product_columns(value)
        else:
            yield path, value


def _is_object_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(member, dict) for member in value)


def _product_columns(products: list[dict[str, Any]]) -> Iterator[tuple[str, _Column]]:
    """An array of objects as one list for each of their names, which is how it can be searched."""
    columns: dict[str, _Column] = {}
    for number, product in enumerate(products):
        is_deep = any(isinstance(value, dict) for value in product.values())
        members = dict(_flat(product, "", products=False)) if is_deep else product
        for name, value in members.items():
            if value is None or value == []:
                continue
            column = columns.get(name)
            if column is None:
                column = columns[name] = _Column([], [])
            column.values.append(value)
            column.holders.append(number)
    for name, column in columns.items():
        yield f"{PRODUCTS}.{name}", column


def _inferred(value: Any) -> tuple[str, Value] | str:
    if isinstance(value, list):
        if any(isinstance(member, list) for member in value):
            return "invalid_value"
        members = [_inferred(member) for member in value]
        if any(isinstance(m, str) for m in members):
            return "invalid_value"
        kinds = {m[0] for m in members if not isinstance(m, str)}
        if len(kinds) != 1:
            return "invalid_value"
        return _sized(f"{kinds.pop()}s", [m[1] for m in members if not isinstance(m, str)])
    match value:
        case bool():
            return "bool", value
        case int() | float():
            return ("real", float(value)) if abs(value) <= _REAL_MAX else "invalid_value"
        case str():
            return _sized("str", value)
        case _:
            return "invalid_value"


def _fitted(value: Any, declared: str) -> tuple[str, Value] | str:
    if declared.endswith("s"):
        if not isinstance(value, list):
            return "type_mismatch"
        members = [_fitted(member, declared[:-1]) for member in value]
        if any(isinstance(m, str) for m in members):
            return "type_mismatch"
        return _sized(declared, [m[1] for m in members if not isinstance(m, str)])
    if not _fits(value, declared):
        return "type_mismatch"
    match declared:
        case "real":
            return declared, float(value)
        case "int":
            return declared, int(value)
        case "date" if not isinstance(value, str):
            return declared, value if abs(value) <= _INT_MAX else float(value)
        case _:
            return _sized(declared, value)


def _fits(value: Any, declared: str) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _REAL_MAX
    match declared:
        case "str":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "real":
            return number
        case "int":
            return number and abs(value) <= _INT_MAX and value == int(value)
        case _:
            return number or (isinstance(value, str) and _is_date(value))


def _is_date(text: str) -> bool:
    if not _DATE.match(text):
        return False
    try:
        date.fromisoformat(text[:10])
        if len(text) > 10:
            datetime.fromisoformat(text.replace(" ", "T", 1))
    except ValueError:
        return False
    return True


def _sized(kind: str, value: Any) -> tuple[str, Value] | str:
    texts = value if isinstance(value, list) else (value,)
    size = sum(len(text if text.isascii() else text.encode()) for text in texts if isinstance(text, str))
    return (kind, value) if size <= limits.PROPERTY_VALUE_BYTES_MAX else "value_too_big"
