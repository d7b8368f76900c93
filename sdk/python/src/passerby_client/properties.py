"""Properties as a caller gave them, to what goes on the wire: flat, checked, suffixes read (PR-1, CL-10)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from passerby_client import codes
from passerby_client.uid import is_finite

BYTES_MAX: Final = 512 << 10
NAMES_MAX: Final = 500
NAME_CHARS_MAX: Final = 512
VALUE_BYTES_MAX: Final = 8192
TYPES: Final = frozenset({"str", "int", "real", "bool", "date", "strs", "ints", "reals", "bools", "dates"})

_INT_MAX: Final = 2**53 - 1
_ODD: Final = re.compile(r"[^A-Za-z0-9_.-]")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z][A-Za-z0-9_-]*)*")
_SUFFIX: Final = re.compile(rf"(.+)_({'|'.join(sorted(TYPES))})")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_PRODUCTS: Final = "products"


@dataclass(slots=True)
class Checked:
    """What may be sent, and what a caller is told about the rest: (code, name as it was given)."""

    properties: dict[str, Any] = field(default_factory=dict)
    schema: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def drop(self, name: str) -> None:
        self.properties.pop(name, None)
        self.schema.pop(name, None)

    def members(self) -> dict[str, Any]:
        """The members of an operation that they make; none for nothing."""
        found = {"properties": self.properties, "schema": self.schema}
        return {name: value for name, value in found.items() if value}


def usable(properties: Any, schema: Any) -> bool:
    """Whether they are such that single names can be looked at: objects, or absent, and not too large as a whole."""
    if not all(given is None or isinstance(given, Mapping) for given in (properties, schema)):
        return False
    try:
        text = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return False
    return len(text.encode("utf-8", "surrogatepass")) <= BYTES_MAX


def checked(properties: Any, schema: Any, *, suffixes: bool = False, products: bool = False) -> Checked:
    """The `usable` properties, each name for itself.

    `suffixes`: names may carry their type (PR-1.3). `products`: the array of objects of that name is taken apart.
    """
    found = Checked()
    types = _types(schema or {})
    for given, value in _flat(properties or {}, "", products):
        if value is None or value == []:
            continue
        name = _ODD.sub("_", given)
        if name != given:
            found.notes.append((codes.SCRUBBED_NAME, given))
        suffix = _SUFFIX.fullmatch(name) if suffixes else None
        bare = suffix[1] if suffix else name
        if len(bare) > NAME_CHARS_MAX or not _NAME.fullmatch(bare):
            found.notes.append((codes.INVALID_NAME, given))
            continue
        declared = types.get(given, types.get(bare, suffix[2] if suffix else None))
        if declared is not None and declared not in TYPES:
            found.notes.append((codes.INVALID_TYPE, given))
            declared = None
        code = _misfit(value) if declared is None else _mismatch(value, declared)
        if code is None and len(found.properties) >= NAMES_MAX and bare not in found.properties:
            code = codes.TOO_MANY_PROPERTIES
        if code is not None:
            found.notes.append((code, given))
            continue
        found.properties[bare] = value
        found.schema.pop(bare, None)
        if declared is not None:
            found.schema[bare] = declared
    return found


def _types(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Both shapes of PR-1.2, as flat names to types."""
    if set(schema) == {"properties"} and isinstance(schema["properties"], Mapping):
        schema = schema["properties"]
    return {name: kind if isinstance(kind, str) else "" for name, kind in _flat(schema, "", products=False)}


def _flat(given: Mapping[str, Any], prefix: str, products: bool) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.", products)
        elif products and path == _PRODUCTS and _all(value, Mapping):
            yield from _columns(value)
        else:
            yield path, value


def _columns(products: list[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    columns: dict[str, list[Any]] = {}
    for product in products:
        for name, value in _flat(product, f"{_PRODUCTS}.", products=False):
            columns.setdefault(name, []).append(value)
    yield from columns.items()


def _all(value: Any, kind: Any) -> bool:
    return isinstance(value, list) and all(isinstance(member, kind) for member in value)


def _misfit(value: Any) -> str | None:
    """The code that refuses a value without a declared type (PR-1.1)."""
    members = value if isinstance(value, list) else [value]
    if len({_kind(member) for member in members}) > 1 or _kind(members[0]) is None:
        return codes.INVALID_VALUE
    return _size(members)


def _kind(value: Any) -> str | None:
    match value:
        case bool():
            return "bool"
        case str():
            return "str"
        case int() | float():
            return "real" if is_finite(value) else None
        case _:
            return None


def _mismatch(value: Any, declared: str) -> str | None:
    """The code that refuses a value for its declared type (PR-1.2)."""
    plural = declared.endswith("s")
    if plural != isinstance(value, list):
        return codes.TYPE_MISMATCH
    members = value if plural else [value]
    if not all(_fits(member, declared.removesuffix("s")) for member in members):
        return codes.TYPE_MISMATCH
    return _size(members)


def _fits(value: Any, declared: str) -> bool:
    kind = _kind(value)
    match declared:
        case "int":
            return kind == "real" and value == math.floor(value) and abs(value) <= _INT_MAX
        case "date":
            return kind == "real" or (isinstance(value, str) and _is_date(value))
        case _:
            return kind == declared


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _size(members: list[Any]) -> str | None:
    size = sum(len(member.encode("utf-8", "surrogatepass")) for member in members if isinstance(member, str))
    return codes.VALUE_TOO_BIG if size > VALUE_BYTES_MAX else None
