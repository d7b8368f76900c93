"""Which uids are placeholders, and which are likely not one person's: the patterns of spec/uids.json (ID-9).

A test compares them with that list. Nothing else may be decided here.
"""

from __future__ import annotations

import re
from typing import Final

WRAPPING: Final = r"\x00-,:-@\[-^`{-\xb4\xbb\u061c\u1680\u180e\u2000-\u206f\u3000\ufeff"
"""The characters that may stand around a text without making it another, as a class of a regular expression."""
BROKEN: Final = r"\ud800-\udfff\ufffd"
"""What is left of characters of which something was lost, likewise."""
WHOLE: Final = (
    r"undef",
    r"null",
    r"none",
    r"nil",
    r"nan",
    r"void",
    r"n/a",
    r"true",
    r"false",
    r"infinity",
    r"not[_\W]set",
    r"_*(your_)?user[_\W]?id_*",
    r"[-./]",
    r"(urn:uuid:|0x|[-./:0])[-./:0]+",
    r"[-f]{32,}",
)
ANYWHERE: Final = (
    r"undefined",
    r"\[object ",
    r"\{(?![\da-f-]{32})",
    r"<[%?]",
    r"\[\[",
    r"%[a-z_.]{3,}%",
    r"%[(!s@]",
    r"=>",
    r"function[ (]",
)
SUSPICIOUS: Final = (
    r"anon(ymous)?",
    r"guest",
    r"unknown",
    r"visitor",
    r"default",
    r"user",
    r"admin",
    r"root",
    r"test(user)?\d*",
    r"demo",
    r"u?id",
    r"-1",
    r"0",
    r"[^@ ]+@[^@ ]+\.[^@ ]+",
    r"[^@]+[-_:](null|none)",
)

_EMPTY: Final = re.compile(f"[{WRAPPING}]*")
_BROKEN: Final = re.compile(f"[{BROKEN}]")
_WHOLE: Final = re.compile(f"[{WRAPPING}]*(?:{'|'.join(WHOLE)})[{WRAPPING}]*", re.ASCII | re.IGNORECASE)
_ANYWHERE: Final = re.compile("|".join(ANYWHERE), re.ASCII | re.IGNORECASE)
_SUSPICIOUS: Final = re.compile(f"[{WRAPPING}]*(?:{'|'.join(SUSPICIOUS)})[{WRAPPING}]*", re.ASCII | re.IGNORECASE)


def is_text(uid: str) -> bool:
    """Whether there is something in it to see, and nothing of it is lost."""
    return _EMPTY.fullmatch(uid) is None and _BROKEN.search(uid) is None


def is_placeholder(uid: str) -> bool:
    """Whether a uid is what a bug made of none: it would merge strangers."""
    return _WHOLE.fullmatch(uid) is not None or _ANYWHERE.search(uid) is not None


def is_suspicious(uid: str) -> bool:
    """Whether a uid that is accepted is likely not one person's."""
    return _SUSPICIOUS.fullmatch(uid) is not None
