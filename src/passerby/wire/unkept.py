"""What is taken and never kept: addresses of the internet in what a batch brings (PV-1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

IN_CONTEXT: Final = ("location",)
IN_EVENT: Final = ("context", "location")
_ADDRESSES: Final = ("ip_address", "ipAddress")
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def without_address(value: msgspec.Raw, path: Sequence[str]) -> msgspec.Raw:
    """An event or a context without the address in its location, where `path` leads. It may be anything else too."""
    written = bytes(value)
    may_have = b"\\" in written or any(name.encode() in written for name in _ADDRESSES)
    return _without(value, path) if may_have else value


def _without(value: msgspec.Raw, path: Sequence[str]) -> msgspec.Raw:
    try:
        members = _MEMBERS.decode(value)
    except msgspec.DecodeError:
        return value
    if not path:
        members = {name: member for name, member in members.items() if name not in _ADDRESSES}
    elif path[0] in members:
        members[path[0]] = _without(members[path[0]], path[1:])
    return msgspec.Raw(msgspec.json.encode(members))
