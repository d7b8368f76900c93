"""What other page loads left in storage (QU-7). It may have been written by another version, or by nobody of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from passerby_client import codes
from passerby_client.config import REMAINS_MS_MAX, Config
from passerby_client.store import OUTBOX, Store

NEVER_GIVEN_UP: Final = frozenset({"identify", "end"})

Envelope = dict[str, Any]


@dataclass(slots=True, eq=False)
class Remains:
    """What one page load left: its envelopes, the first of which goes next."""

    key: str
    """Where it is kept in storage."""
    text: str
    """What is kept there."""
    envelopes: list[Envelope]
    request: str | None = None


def take_up(
    store: Store, config: Config, now_ms: int, note: Callable[..., None], is_own: Callable[[str], bool]
) -> list[Remains]:
    """All there are, in the order of their keys; of too much (QU-9) the newest whole, of the rest what identity needs.

    What is broken, or 30 days old, is removed (QU-8). `is_own` says of a key that this page load wrote it itself.
    """
    found: list[tuple[int, Remains]] = []
    for key in store.keys(OUTBOX):
        if is_own(key):
            continue
        text = store.read(key) or ""
        envelopes = _envelopes_in(text)
        if envelopes is None:
            note(codes.BROKEN_REMAINS)
        newest_ms = max((envelope["ops"][-1]["t"] for envelope in envelopes or []), default=None)
        if newest_ms is None or newest_ms <= now_ms - REMAINS_MS_MAX:
            store.remove(key, say=False)
        else:
            found.append((newest_ms, Remains(key, text, envelopes or [])))
    chars = 0
    for _, one in sorted(found, key=lambda aged: -aged[0]):
        chars += len(one.text)
        if chars > config.outbox_chars_max:
            _thin(one, store)
            note(codes.OUTBOX_FULL)
    return [one for _, one in found if one.envelopes]


def text_of(envelopes: list[Envelope]) -> str:
    return json.dumps(envelopes, separators=(",", ":"))


def _thin(one: Remains, store: Store) -> None:
    """Leave of it its identity operations."""
    kept = [
        {**envelope, "ops": [op for op in envelope["ops"] if op["op"] in NEVER_GIVEN_UP]} for envelope in one.envelopes
    ]
    one.envelopes = [envelope for envelope in kept if envelope["ops"]]
    one.text = text_of(one.envelopes)
    if one.envelopes:
        store.write(one.key, one.text)
    else:
        store.remove(one.key)


def _envelopes_in(text: str) -> list[Envelope] | None:
    """The envelopes of one outbox; None when it is not an array of them."""
    try:
        return list(_checked(json.loads(text)))
    except (ValueError, RecursionError):
        return None


def _checked(found: Any) -> Iterator[Envelope]:
    if not isinstance(found, list):
        raise ValueError
    for envelope in found:
        if not _is_envelope(envelope):
            raise ValueError
        yield {name: value for name, value in envelope.items() if name != "sent"}


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
