"""The identity record: the one line in shared storage that says whose device this is (ST-2).

#<org>#<device>:<session>:<session began, wall ms>::<pages>[#<bound>]#/<expiry, s since 1970>
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

YEAR_S: Final = 365 * 24 * 60 * 60

_UUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_FORM: Final = re.compile(
    rf"#([^#]*)#({_UUID}):({_UUID}):([0-9]+):[^:#]*:([0-9]+)(?:#([0-9a-f]{{16}}|[0-9a-f]{{8}}))?#/([0-9]+)"
)
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

    def __str__(self) -> str:
        bound = f"#{self.bound}" if self.bound else ""
        return f"#{self.org}#{self.device}:{self.session}:{self.began_ms}::{self.pages}{bound}#/{self.expiry_s}"

    def belongs_to(self, uid: str) -> bool:
        """Whether the device is bound to `uid`. Fullstory's own 8 digits are to nobody we know."""
        return self.bound == bound_to(self.device, uid)


def parse(text: str, org: str) -> Record | None:
    """The record that `text` is, or None when it is foreign: another org's, or of another form."""
    found = _FORM.fullmatch(text)
    if found is None or found[1] != org:
        return None
    return Record(org, found[2], found[3], int(found[4]), int(found[5]), int(found[7]), found[6] or "")


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
