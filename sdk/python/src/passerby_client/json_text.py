"""JSON as ECMAScript's `JSON.stringify` prints it: wherever its length counts, and in outboxes (PR-1, QU-9).

No spaces, no escapes but those that JSON demands and those of half characters, numbers as ECMAScript prints them. A
number that is not finite is null, a date its ISO text; members that are functions are left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from json.encoder import encode_basestring
from typing import Any, Final

LEVELS_MAX: Final = 400
"""How deep lists and objects may lie in one another: far less than a caller's stack holds."""

_WHOLE_MAX: Final = 2**53
_HALVES: Final = re.compile("[\ud800-\udfff]")


def json_text(value: Any, *, chars_max: int | None = None, levels_max: int = LEVELS_MAX) -> str:
    """The text of `value`; it costs time as it is long.

    ValueError: it is longer or deeper than that, or has itself within it. TypeError: there is something in it that is
    no JSON.
    """
    text = _Text(chars_max, levels_max)
    text.add(value)
    return str(text)


def units(text: str) -> int:
    """How long a text is in UTF-16, as browsers count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def in_utf16(text: str) -> bytes:
    """What texts are sorted by where ECMAScript sorts them."""
    return text.encode("utf-16-be", "surrogatepass")


def number_text(number: int | float) -> str:
    """A finite number the way ECMAScript prints it: 42, 1.5, 1e+21."""
    if isinstance(number, int) and abs(number) <= _WHOLE_MAX:
        return str(int(number))
    mantissa, _, exponent = repr(abs(float(number))).partition("e")
    whole, _, part = mantissa.partition(".")
    figures = (whole + part).lstrip("0")
    point = len(whole) + int(exponent or 0) - len(whole + part) + len(figures)
    figures = figures.rstrip("0")
    return ("-" if number < 0 else "") + (_placed(figures, point) if figures else "0")


def _placed(figures: str, point: int) -> str:
    """`0.figures` times ten to the power of `point`."""
    if len(figures) <= point <= 21:
        return figures + "0" * (point - len(figures))
    if 0 < point <= 21:
        return f"{figures[:point]}.{figures[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{figures}"
    rest = f".{figures[1:]}" if figures[1:] else ""
    return f"{figures[0]}{rest}e{point - 1:+d}"


class _Text:
    """A text that grows; one call for each level, so that depth costs no more than it must."""

    def __init__(self, chars_max: int | None, levels_max: int) -> None:
        self._parts: list[str] = []
        self._chars_left = math.inf if chars_max is None else chars_max
        self._levels_max = levels_max
        self._around: set[int] = set()
        """What lies around the value that is being added."""

    def __str__(self) -> str:
        return "".join(self._parts)

    def add(self, value: Any) -> None:
        if isinstance(value, Mapping):
            ends = "{}"
            members = [(f"{_name(name)}:", member) for name, member in value.items() if not callable(member)]
        elif isinstance(value, list | tuple):
            ends = "[]"
            members = [("", None if callable(member) else member) for member in value]
        else:
            self._append(_scalar(value))
            return
        if id(value) in self._around or len(self._around) == self._levels_max:
            raise ValueError("too deep")
        self._around.add(id(value))
        self._append(ends[0])
        for number, (name, member) in enumerate(members):
            self._append(f",{name}" if number else name)
            self.add(member)
        self._append(ends[1])
        self._around.remove(id(value))

    def _append(self, text: str) -> None:
        self._chars_left -= len(text)
        if self._chars_left < 0:
            raise ValueError("too long")
        self._parts.append(text)


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError("a name that is no text")
    return _quoted(name)


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case int() | float():
            return _number(value)
        case datetime():
            return _quoted(_instant(value))
        case date():
            return _quoted(value.isoformat())
        case _:
            raise TypeError("no JSON")


def _number(value: int | float) -> str:
    try:
        return number_text(value) if math.isfinite(value) else "null"
    except OverflowError:
        return "null"


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat(timespec="milliseconds")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _quoted(text: str) -> str:
    if _HALVES.search(text):
        # Two halves that stand together are one character.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return _HALVES.sub(lambda half: f"\\u{ord(half[0]):04x}", encode_basestring(text))
