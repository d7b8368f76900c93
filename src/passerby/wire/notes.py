"""Notes: what of kept operations was left out or changed (PR-4), of which a bundle names a bounded number (WI-6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from passerby.model.outcome import Noted
from passerby.wire.limits import NOTES_MAX

AHEAD: Final = "time_in_future"
SUSPICIOUS: Final = "suspicious_uid"
_PROSE: Final = {
    AHEAD: "t was over 5 minutes after sent, and counts as sent: the device's clock was put back",
    SUSPICIOUS: "the uid looks like no one person's",
    "scrubbed_name": "a name has letters, digits, _ and -; others became _",
    "invalid_name": "a name starts with a letter and has at most 512 characters",
    "invalid_value": "a value is a string, number, bool, or an array of one of these",
    "invalid_type": "a type is one of str int real bool date or a plural of them",
    "type_mismatch": "the value does not fit the type that the schema gives",
    "value_too_big": "a value has at most 8192 bytes",
    "too_many_properties": "a call has at most 500 properties",
}


class Notes:
    """The notes of one bundle, added in order of n. What is beyond `NOTES_MAX` is counted, by code."""

    def __init__(self) -> None:
        self._named: list[Noted] = []
        self._more: dict[str, list[int]] = {}

    def add(self, n: int, complaints: Sequence[tuple[str, str]]) -> None:
        """Note complaints, (code, property or ''), of operation `n`, all at once."""
        room = NOTES_MAX - len(self._named)
        self._named += [Noted(n=n, code=code, name=name, message=_PROSE[code]) for code, name in complaints[:room]]
        for code, count in Counter(map(itemgetter(0), complaints[room:])).items():
            self._more.setdefault(code, [n, 0])[1] += count

    def told(self) -> tuple[Noted, ...]:
        """The named ones, then one for each code of which there are more: at the first of them, with their number."""
        more = (
            Noted(n=n, code=code, message=_PROSE[code], count=count) for code, (n, count) in sorted(self._more.items())
        )
        return (*self._named, *more)
