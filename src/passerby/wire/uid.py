"""What may be a uid (ID-9)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from passerby.model.outcome import Outcome
from passerby.wire.limits import UID_CHARS_MAX
from passerby.wire.placeholder import is_placeholder, is_suspicious, is_text

__all__ = ["is_suspicious", "number_text", "uid_text"]

NUMBER_MAX: Final = 2**53 - 1
"""Beyond it, two whole numbers may be one to a client."""
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
    elif abs(uid) <= NUMBER_MAX:
        text = number_text(uid)
    else:
        return Outcome.INVALID_UID
    if len(text) > UID_CHARS_MAX or not is_text(text):
        return Outcome.INVALID_UID
    if is_placeholder(text):
        return Outcome.PLACEHOLDER_UID
    return text
