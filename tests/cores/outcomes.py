"""What came of a script in two cores, and the first thing in which it differs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

Outcome = dict[str, Any]

MEMBERS: Final = (
    *("escaped", "error", "returns", "settled", "state", "changes", "notes", "requests", "writes", "storage"),
    *("callbacks", "timers", "queue"),
)
"""In the order in which they tell most."""

_OUTBOX: Final = "fs_out."
_NONE: Final = "(nothing)"
_NO_OUTCOME: Final[Outcome] = {"escaped": "no outcome"}


@dataclass(frozen=True, slots=True)
class Difference:
    step: int
    """Counted from 0."""
    member: str
    path: tuple[str | int, ...]
    """What in that member differs."""
    here: Any
    there: Any

    @property
    def place(self) -> str:
        """The member and what of it, whichever of several alike it is; of what escaped, what it was."""
        if self.member == "escaped":
            return f"escaped {self.here} / {self.there}"
        names = ["[]" if isinstance(name, int) else f".{_unnumbered(name)}" for name in self.path]
        return "".join([self.member, *names])


def difference(here: str, there: str) -> Difference | None:
    """The first difference of two lines of outcomes; a core that let something escape differs from all."""
    ours, theirs = _read(here), _read(there)
    if ours == theirs and here.count("true") == there.count("true") and "escaped" not in ours[-1]:
        return None
    for step, (one, other) in enumerate(zip_longest(ours, theirs, fillvalue=_NO_OUTCOME)):
        if (found := _difference_in(step, one, other)) is not None:
            return found
    return None


def _read(line: str) -> list[Outcome]:
    """The outcomes of a line; one that is no such line differs from all."""
    try:
        found = json.loads(line)
    except ValueError:
        return [{"escaped": f"no JSON: {line[:100]}"}]
    is_whole = isinstance(found, list) and bool(found) and all(isinstance(one, dict) for one in found)
    return found if is_whole else [{"escaped": f"no outcomes: {line[:100]}"}]


def _difference_in(step: int, one: Outcome, other: Outcome) -> Difference | None:
    if "escaped" in one or "escaped" in other:
        return Difference(step, "escaped", (), one.get("escaped", _NONE), other.get("escaped", _NONE))
    for member in (*MEMBERS, *sorted({*one, *other} - {*MEMBERS})):
        ours, theirs = _opened(member, one.get(member)), _opened(member, other.get(member))
        if (at := _apart(ours, theirs, ())) is not None:
            return Difference(step, member, at, *(_reached(whole, at) for whole in (ours, theirs)))
    return None


def _opened(member: str, found: Any) -> Any:
    """What an outbox holds is compared as JSON, for the order of members says nothing, and by its length (QU-9)."""
    if member not in ("storage", "writes") or not isinstance(found, dict):
        return found
    return {key: _kept(value) if key.startswith(_OUTBOX) else value for key, value in found.items()}


def _kept(value: Any) -> Any:
    try:
        return {
            "units": len(value.encode("utf-16-le", "surrogatepass")) // 2,
            "is": json.loads(value, parse_constant=str),
        }
    except (AttributeError, ValueError):
        return value


def _apart(one: Any, other: Any, at: tuple[str | int, ...]) -> tuple[str | int, ...] | None:
    """Where they first differ; a bool is no number, and 1.0 is 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in {**one, **other}:
            if name not in one or name not in other:
                return (*at, name)
            if (found := _apart(one[name], other[name], (*at, name))) is not None:
                return found
        return None
    if isinstance(one, list) and isinstance(other, list):
        for number, (first, second) in enumerate(zip(one, other, strict=False)):
            if (found := _apart(first, second, (*at, number))) is not None:
                return found
        return at if len(one) != len(other) else None
    return None if one == other and isinstance(one, bool) == isinstance(other, bool) else at


def _reached(whole: Any, at: tuple[str | int, ...]) -> Any:
    for name in at:
        if isinstance(whole, dict) and name not in whole:
            return _NONE
        whole = whole[name]
    return whole


def _unnumbered(name: str) -> str:
    """A member's name, without what is a script's own in it."""
    return f"{_OUTBOX}*" if name.startswith(_OUTBOX) else name


def kind_of(step: dict[str, Any]) -> str:
    """What sort of step it is."""
    return " ".join(str(step[name]) for name in ("do", "call", "event") if name in step)
