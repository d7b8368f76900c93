"""Properties as they travel (CL-10): as the caller gave them. Which of them hold is the server's to say (PR-1)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from passerby_client.json_text import json_text

BYTES_MAX: Final = 512 << 10
LEVELS_MAX: Final = 29
"""With what a bundle has around it, this is as deep as JSON may be on the wire (WI-3)."""
UNUSABLE: Final = object()
"""What stands for properties that cannot travel."""

_SUFFIX: Final = re.compile(r"(?<=.)_(?:str|int|real|bool|date)s?\Z")


def members_of(given: Any) -> dict[Any, Any] | None:
    """What an app's mapping holds; None, if it is none, or fails."""
    try:
        return dict(given) if isinstance(given, Mapping) else None
    except Exception:
        return None


def copied(given: Any) -> Any:
    """Properties or a schema as they are now, as plain JSON; UNUSABLE when they are no object, or too large (PR-1)."""
    if given is None:
        return None
    return plain(given) if isinstance(given, Mapping) else UNUSABLE


def plain(given: Any) -> Any:
    """Anything as it is now, as plain JSON; UNUSABLE when it is none, or larger or deeper than what may travel."""
    try:
        text = json_text(given, chars_max=BYTES_MAX, levels_max=LEVELS_MAX)
        return json.loads(text) if len(text.encode()) <= BYTES_MAX else UNUSABLE
    except Exception:  # An app's own mapping may raise anything.
        return UNUSABLE


def again(plain: dict[str, Any]) -> Any:
    """Another copy of what was copied once, for an app to do with as it likes."""
    return json.loads(json_text(plain))


def usable(properties: Any, schema: Any) -> bool:
    """Whether what was `copied` can travel."""
    return properties is not UNUSABLE and schema is not UNUSABLE


def members(properties: Any, schema: Any, *, suffixes: bool) -> dict[str, Any]:
    """The members of an operation that `usable` properties make; none for none. What they hold is not copied again.

    `suffixes`: names may carry their type (PR-1.3).
    """
    if not properties:
        return {}
    found = {"properties": properties, "schema": schema, "suffixes": suffixes}
    return {name: value for name, value in found.items() if value}


def traits(carried: Mapping[str, Any]) -> dict[str, Any]:
    """What those members say of a user, by bare names, for observers (CL-7)."""
    suffixes = carried.get("suffixes")
    given = carried.get("properties", {}).items()
    return {_SUFFIX.sub("", name) if suffixes else name: value for name, value in given if value is not None}
