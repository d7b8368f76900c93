"""What may be a uid (ID-9)."""

from __future__ import annotations

import math
from typing import Final

from passerby.model.outcome import Outcome
from passerby.wire.limits import UID_CHARS_MAX

PLACEHOLDERS: Final = frozenset({"undefined", "null", "NaN", "[object Object]"})
"""What a broken app passes for a uid; they would merge strangers."""


def number_text(number: int | float) -> str:
    """A number the way ECMAScript prints it: 42, 1.5, 1e+21."""
    if isinstance(number, int):
        return str(number) if abs(number) < 10**21 else number_text(float(number))
    if number.is_integer() and abs(number) < 1e21:
        return str(int(number))
    text = repr(number)
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    if -7 < int(exponent) < 0:
        return f"{number:.{len(mantissa.replace('.', '').lstrip('-')) - 1 - int(exponent)}f}"
    return f"{mantissa}e{'+' if int(exponent) > 0 else '-'}{abs(int(exponent))}"


def uid_text(uid: str | int | float) -> str | Outcome:
    """The uid as a string, or the outcome that refuses it (ID-9)."""
    if isinstance(uid, float) and not math.isfinite(uid):
        return Outcome.INVALID_UID
    text = uid if isinstance(uid, str) else number_text(uid)
    if text in PLACEHOLDERS:
        return Outcome.PLACEHOLDER_UID
    if not text.strip() or len(text) > UID_CHARS_MAX:
        return Outcome.INVALID_UID
    return text
