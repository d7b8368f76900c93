"""The identity record: the one line in shared storage that says whose device this is (ST-2).

#<org>#<device>:<session>:<session began, wall ms>:<key>:<pages>[#<bound>]#/<expiry, s since 1970>
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

YEAR_S: Final = 365 * 24 * 60 * 60

_UUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_FORM: Final = re.compile(
    rf"#([^#]+)#({_UUID}):({_UUID}):([0-9]{{1,15}}):([^:#]*):([0-9]{{1,9}})"
    r"(?:#((?:[0-9a-f]{8}){0,2}))?#/([0-9]{1,12})"
)
_KEY: Final = re.compile("[0-9a-f]{32}")
_FNV_BASES: Final = (0x811C9DC5, 0x9E3779B9)
_FNV_PRIME: Final = 0x01000193


@dataclass(frozen=True, slots=True)
class Record:
    org: str
    device: str
    session: str
    began_ms: int
    """When the session began, by the wall clock."""
    pages: int
    expiry_s: int
    bound: str = ""
    """A hash of device and uid (ST-3); empty while the device is unbound."""
    key: str = ""
    """What shows that an operation comes from this device (ST-8); empty in a record that has none yet."""

    def __str__(self) -> str:
        bound = f"#{self.bound}" if self.bound else ""
        begun = f"{self.device}:{self.session}:{self.began_ms}"
        return f"#{self.org}#{begun}:{self.key}:{self.pages}{bound}#/{self.expiry_s}"

    def belongs_to(self, uid: str) -> bool:
        """Whether the device is bound to `uid`. Fullstory's own 8 digits are to nobody we know."""
        return self.bound == bound_to(self.device, uid)

    def is_others_than(self, uid: str) -> bool:
        """Whether the device is bound, and to another user than `uid`."""
        return bool(self.bound) and not self.belongs_to(uid)


def parse(text: str | None, org: str) -> Record | None:
    """The record that `text` is, or None when it is foreign: another org's, or of another form."""
    found = _FORM.fullmatch(text or "")
    if found is None or found[1] != org:
        return None
    key = found[5] if _KEY.fullmatch(found[5]) else ""
    return Record(org, found[2], found[3], int(found[4]), int(found[6]), int(found[8]), found[7] or "", key)


def fresh(org: str, device: str, session: str, key: str, now_ms: int) -> Record:
    """The record of a new, unbound device, dated to the whole second (ST-2); it expires a year from now."""
    began_ms = whole_second(now_ms)
    return Record(org, device, session, began_ms, 1, began_ms // 1000 + YEAR_S, key=key)


def whole_second(ms: int) -> int:
    """The second that `ms` is in: a new device repeats no instant of the one before it (ST-2)."""
    return ms - ms % 1000


def bound_to(device: str, uid: str) -> str:
    """The 16 hex digits that say that `device` is bound to `uid` (ST-3)."""
    data = f"{device}:{uid}".encode("utf-16-le", "surrogatepass")
    hashes = list(_FNV_BASES)
    for at in range(0, len(data), 2):
        unit = int.from_bytes(data[at : at + 2], "little")
        hashes = [(one ^ unit) * _FNV_PRIME & 0xFFFFFFFF for one in hashes]
    return "".join(f"{one:08x}" for one in hashes)
