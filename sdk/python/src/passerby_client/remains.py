"""What a page left in storage, read back (QU-7). It may have been written by another version, or by nobody of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Bundle = tuple[dict[str, Any], list[dict[str, Any]]]
"""(the envelope without its operations, its operations)"""


def bundles_in(text: str) -> list[Bundle] | None:
    """The bundles of one outbox; None when it is not an array of envelopes."""
    try:
        return list(_bundles(json.loads(text)))
    except (ValueError, RecursionError):
        return None


def _bundles(found: Any) -> Iterator[Bundle]:
    if not isinstance(found, list):
        raise ValueError
    for envelope in found:
        if not _is_envelope(envelope):
            raise ValueError
        yield {name: value for name, value in envelope.items() if name not in ("ops", "sent")}, envelope["ops"]


def _is_envelope(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and all(isinstance(found.get(name), str) for name in ("device", "session", "page"))
        and _is_number(found.get("started"))
        and isinstance(found.get("ops"), list)
        and bool(found["ops"])
        and all(_is_operation(op) for op in found["ops"])
    )


def _is_operation(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("op"), str)
        and _is_number(found.get("n"))
        and _is_number(found.get("t"))
    )


def _is_number(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool)
