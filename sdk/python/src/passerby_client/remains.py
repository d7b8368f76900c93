"""What other page loads left in storage (QU-7). It may have been written by another version, or by nobody of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from passerby_client import codes
from passerby_client.json_text import json_text, units
from passerby_client.settings import REMAINS_MS_MAX, Settings
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

    def next(self, operations_max: float) -> Envelope:
        """The envelope that goes next; one with more operations than that becomes two under the same stamp."""
        first = self.envelopes[0]
        if len(first["ops"]) > operations_max:
            at = int(operations_max)
            self.envelopes[:1] = [{**first, "ops": first["ops"][:at]}, {**first, "ops": first["ops"][at:]}]
        return self.envelopes[0]


def take_up(
    store: Store, settings: Settings, now_ms: int, note: Callable[[str], None], is_own: Callable[[str], bool]
) -> list[Remains]:
    """All there are, in the order of their keys; of too much (QU-9) the newest whole, of the rest what identity needs.

    What is broken, or 30 days old, is removed (QU-8). `is_own` says of a key that this page load wrote it itself.
    """
    found: list[tuple[float, Remains]] = []
    for key in store.keys(OUTBOX):
        text = None if is_own(key) else store.read(key)
        if text is None:
            continue
        envelopes = _envelopes_in(text)
        if envelopes is None:
            note(codes.BROKEN_REMAINS)
        newest_ms = max((envelope["ops"][-1]["t"] for envelope in envelopes or []), default=None)
        if newest_ms is None or newest_ms <= now_ms - REMAINS_MS_MAX:
            store.write(key, None, say=False)
        else:
            found.append((newest_ms, Remains(key, text, envelopes or [])))
    chars = 0
    for _, one in sorted(found, key=lambda aged: -aged[0]):
        chars += units(one.text)
        if chars > settings.outbox_chars_max and _thin(one):
            store.write(one.key, one.text if one.envelopes else None)
            note(codes.OUTBOX_FULL)
    return [one for _, one in found if one.envelopes]


def text_of(envelopes: list[Envelope]) -> str:
    return json_text(envelopes)


def _thin(one: Remains) -> bool:
    """Leave of it its identity operations; whether there were others."""
    kept = [
        {**envelope, "ops": [op for op in envelope["ops"] if op["op"] in NEVER_GIVEN_UP]} for envelope in one.envelopes
    ]
    if kept == one.envelopes:
        return False
    one.envelopes = [envelope for envelope in kept if envelope["ops"]]
    one.text = text_of(one.envelopes)
    return True


def _envelopes_in(text: str) -> list[Envelope] | None:
    """The envelopes of one outbox; None when it is not an array of them, or lies too deep to be written again."""
    try:
        found = list(_checked(json.loads(text, parse_constant=_refuse)))
        text_of(found)
    except (ValueError, RecursionError):
        return None
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"JSON has no {constant}")


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
        and all(_is_word(found.get(name)) for name in ("device", "session", "page"))
        and _is_number(found.get("started"), 0)
        and isinstance(found.get("ops"), list)
        and bool(found["ops"])
        and all(_is_operation(op) for op in found["ops"])
    )


def _is_operation(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and _is_word(found.get("op"))
        and _is_number(found.get("n"), 1)
        and _is_number(found.get("t"), 0)
    )


def _is_word(found: Any) -> bool:
    return isinstance(found, str) and found != ""


def _is_number(found: Any, least: int) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool) and found >= least
