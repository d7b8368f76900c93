"""Keys and passwords that somebody chose, and that others would guess."""

from __future__ import annotations

import re
from typing import Final

KEY_CHARS_MIN: Final = 20
PASSWORD_CHARS_MIN: Final = 12
_DIFFERENT_MIN: Final = 5
_KEY_DIFFERENT_MIN: Final = 8
_COMMON: Final = (
    *("password", "passwort", "passw0rd", "p4ssword", "passerby", "admin", "administrator", "letmein", "welcome"),
    *("changeme", "default", "secret", "iloveyou", "qwerty", "qwertyuiop", "qwertz", "azerty", "asdfghjkl", "zxcvbnm"),
    *("1q2w3e4r", "1qaz2wsx", "q1w2e3r4", "abcdefghijklmnopqrstuvwxyz", "football", "baseball", "dragon", "monkey"),
    *("master", "sunshine", "princess", "trustno1", "superman", "login", "test", "demo", "user", "root"),
)
_REST_MIN: Final = 6
"""A common word does no harm beside so many characters that are neither it nor a row of digits."""
_ROW: Final = re.compile(r"0?1234567890?|0?12345678?9?|9876543210?|(?:19|20)\d\d")


def password_weakness(password: str, *names: str) -> str | None:
    """Why `password` is too weak to sign in with, in prose that does not hold it; None if it is not.

    `names` are what stands beside it and proves nothing: the member, the org.
    """
    if len(password) < PASSWORD_CHARS_MIN:
        return f"it has fewer than {PASSWORD_CHARS_MIN} characters"
    if len(set(password)) < _DIFFERENT_MIN:
        return f"it has fewer than {_DIFFERENT_MIN} different characters"
    rest = _ROW.sub("", password.lower())
    for word in sorted((*_COMMON, *(name.lower() for name in names if len(name) > 2)), key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(re.sub(r"[^\w]|_", "", rest)) < _REST_MIN:
        return "it is made of what is tried first: common words, names and rows of digits"
    return None


def key_weakness(key: str) -> str | None:
    """Why `key` is too weak for programs, in prose that does not hold it; None if it is not."""
    if len(key) < KEY_CHARS_MIN:
        return f"it has fewer than {KEY_CHARS_MIN} characters"
    if len(set(key)) < _KEY_DIFFERENT_MIN:
        return f"it has fewer than {_KEY_DIFFERENT_MIN} different characters"
    return None
