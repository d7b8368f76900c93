"""What is taken and never kept: addresses of the internet in what a batch brings (PV-1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
IN_CONTEXT: Final = ("location", "ip_address")
IN_EVENT: Final = ("context", *IN_CONTEXT)


def without_address(value: msgspec.Raw, path: Sequence[str]) -> msgspec.Raw:
    """An event or a context without the address that `path` leads to, whatever else it is."""
    written = bytes(value)
    may_have = b"ip_address" in written or b"\\" in written
    return _without(value, path) if may_have else value


def _without(value: msgspec.Raw, path: Sequence[str]) -> msgspec.Raw:
    try:
        members = _MEMBERS.decode(value)
    except msgspec.DecodeError:
        return value
    name, *rest = path
    if rest and name in members:
        members[name] = _without(members[name], rest)
    elif not rest:
        members.pop(name, None)
    return msgspec.Raw(msgspec.json.encode(members))
