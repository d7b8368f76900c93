"""Cursors: where the next page of a list begins, opaque to who holds one."""

from __future__ import annotations

import base64
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from passerby.base.errors import Refusal

_UUID: Final = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z"
_CURSOR: Final = msgspec.json.Decoder(
    tuple[Annotated[int, Meta(ge=-(2**53), le=2**53)], Annotated[str, Meta(pattern=_UUID)]]
)


def written(at_ms: int, name: str) -> str:
    """The cursor behind the item (`at_ms`, `name`)."""
    return base64.urlsafe_b64encode(msgspec.json.encode((at_ms, name))).decode().rstrip("=")


def read(cursor: str) -> tuple[int, str]:
    """What a cursor says: `name` is a UUID. Refusal: `invalid_argument`."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return _CURSOR.decode(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, msgspec.MsgspecError) as error:
        raise Refusal("invalid_argument", "page_token is not one that this API gave") from error
