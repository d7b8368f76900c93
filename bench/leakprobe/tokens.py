"""What in a message could tell one person's data from another's: every piece long enough to be an id, with a digit."""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote

import msgspec

LENGTH_MIN: Final = 8
_PIECE: Final = re.compile(rf"[A-Za-z0-9_-]{{{LENGTH_MIN},}}")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_INSTANT: Final = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?")
_CLOCK: Final = re.compile(r"\d{10}(?:\d{3}|\d{6})?")
_DAY_S: Final = 86_400
_DEPTH_MAX: Final = 8


def atoms(value: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every name, text and number within `value` as (place, text), with JSON, base64 and percent encoding taken off."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield place, str(name)
            yield from atoms(inner, f"{place}.{name}" if place else str(name), depth)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from atoms(inner, place, depth)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, str):
        inner = _unwrapped(value) if depth < _DEPTH_MAX else None
        if inner is None:
            yield place, value
        else:
            yield from atoms(inner, place, depth + 1)
    else:
        yield place, str(value)


def tokens(value: Any, place: str = "") -> dict[str, str]:
    """Every token within `value`, with one place where it stands. Instants are tokens as ms since 1970."""
    found: dict[str, str] = {}
    for where, text in atoms(value, place):
        for instant in _INSTANT.findall(text):
            found.setdefault(str(round(datetime.fromisoformat(instant).timestamp() * 1000)), where)
        rest = _INSTANT.sub(" ", text)
        for token in [*_UUID.findall(rest), *_PIECE.findall(rest)]:
            if any(letter.isdigit() for letter in token):
                found.setdefault(token, where)
    return found


def is_clock(token: str) -> bool:
    """Whether a token reads as an instant of about now, in seconds, ms or µs since 1970."""
    return _CLOCK.fullmatch(token) is not None and abs(int(token[:10]) - time.time()) < _DAY_S


def _unwrapped(text: str) -> Any:
    """What is wrapped in `text`; None if nothing is."""
    if text[:1] in ("{", "[", '"'):
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            pass
    if "%" in text and (plain := unquote(text)) != text:
        return plain
    if _BASE64.fullmatch(text):
        try:
            plain = base64.b64decode(text.translate({45: 43, 95: 47}) + "==").decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        return plain if plain.isprintable() else None
    return None
