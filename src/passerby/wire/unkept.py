"""What is taken and never kept: addresses of the internet in what a batch brings (PV-1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ADDRESS: Final = ("ip_address", "ipAddress")
"""Both spellings (AP-2.1); the members that lead to it have one."""
IN_CONTEXT: Final = ("location",)
IN_EVENT: Final = ("context", *IN_CONTEXT)


def without_address(value: msgspec.Raw, path: Sequence[str]) -> msgspec.Raw:
    """An event or a context without the address in what `path` leads to, whatever else it is."""
    written = bytes(value)
    may_have = b"\\" in written or any(name.encode() in written for name in _ADDRESS)
    return _without(value, path) if may_have else value


def _without(value: msgspec.Raw, path: Sequence[str]) -> msgspec.Raw:
    try:
        members = _MEMBERS.decode(value)
    except msgspec.DecodeError:
        return value
    if not path:
        members = {name: member for name, member in members.items() if name not in _ADDRESS}
    elif path[0] in members:
        members[path[0]] = _without(members[path[0]], path[1:])
    return msgspec.Raw(msgspec.json.encode(members))
