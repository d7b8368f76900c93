"""What may be a uid (ID-9)."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final

from passerby.model.outcome import Outcome
from passerby.wire.limits import UID_CHARS_MAX

PLACEHOLDERS: Final = frozenset({"undefined", "null", "NaN", "[object Object]"})
"""What a broken app passes for a uid; they would merge strangers."""
_PLAIN_MAX: Final = 10**21
"""ECMAScript writes smaller numbers without an exponent."""


def number_text(number: int | float) -> str:
    """A number the way ECMAScript prints it: 42, 1.5, 1e+21. OverflowError over what its numbers reach."""
    if isinstance(number, int) and abs(number) < _PLAIN_MAX:
        return str(number)
    shortest = repr(float(number))
    if number == 0:
        return "0"
    if 1e-6 <= abs(number) < _PLAIN_MAX:
        return f"{Decimal(shortest):f}".removesuffix(".0")
    mantissa, exponent = shortest.split("e")
    return f"{mantissa}e{int(exponent):+d}"


def uid_text(uid: str | int | float) -> str | Outcome:
    """The uid as a string, or the outcome that refuses it (ID-9)."""
    if isinstance(uid, str):
        text = uid
    else:
        try:
            text = number_text(uid) if math.isfinite(uid) else ""
        except OverflowError:
            text = ""
    if text in PLACEHOLDERS:
        return Outcome.PLACEHOLDER_UID
    if not text.strip() or len(text) > UID_CHARS_MAX:
        return Outcome.INVALID_UID
    return text
