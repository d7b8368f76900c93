"""Properties as they travel (CL-10): as the caller gave them. Which of them hold is the server's to say (PR-1)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

BYTES_MAX: Final = 512 << 10

_SUFFIX: Final = re.compile(r"(?<=.)_(?:str|int|real|bool|date)s?\Z")


def usable(properties: Any, schema: Any) -> bool:
    """Whether they can travel: objects, or absent, and not too large as a whole (PR-1)."""
    if not all(given is None or isinstance(given, Mapping) for given in (properties, schema)):
        return False
    return all(_fits(given) for given in (properties, schema))


def members(properties: Any, schema: Any, *, suffixes: bool) -> dict[str, Any]:
    """The members of an operation that `usable` properties make; none for none.

    `suffixes`: names may carry their type (PR-1.3).
    """
    if not properties:
        return {}
    found = {"properties": dict(properties), "schema": schema, "suffixes": suffixes}
    return {name: value for name, value in found.items() if value}


def traits(carried: Mapping[str, Any]) -> dict[str, Any]:
    """What those members say of a user, by bare names, for observers (CL-7)."""
    suffixes = carried.get("suffixes")
    given = carried.get("properties", {}).items()
    return {_SUFFIX.sub("", name) if suffixes else name: value for name, value in given if value is not None}


def _fits(given: Any) -> bool:
    try:
        text = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return False
    return len(text.encode("utf-8", "surrogatepass")) <= BYTES_MAX
