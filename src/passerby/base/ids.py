"""The names of things as types of their own, so that a session is never passed where a device is meant."""

from __future__ import annotations

import re
from typing import Final, NewType, Protocol

OrgId = NewType("OrgId", str)
DeviceId = NewType("DeviceId", str)
"""A lower-case UUID: the random 128-bit name of one installation."""
SessionId = NewType("SessionId", str)
PageId = NewType("PageId", str)
Uid = NewType("Uid", str)
"""The customer's own name for a user: 1 to 256 characters, opaque (ID-9)."""
UserId = NewType("UserId", str)
"""Our name for a user in the REST API: a UUID; an unbound device's is the device id."""

UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""A regular expression for one of our ids."""
_WHOLE: Final = re.compile(UUID)


def is_uuid(text: str) -> bool:
    """Whether `text` is a lower-case UUID, as all our ids are."""
    return _WHOLE.fullmatch(text) is not None


class Ids(Protocol):
    """Mints names."""

    def mint(self) -> str:
        """A fresh random lower-case UUID."""
        ...
