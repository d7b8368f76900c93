"""Cursors: where the next page of a list begins, opaque to who holds one."""

from __future__ import annotations

import base64

import msgspec

from passerby.base.errors import Refusal


def written(at_ms: int, name: str) -> str:
    """The cursor behind the item (`at_ms`, `name`)."""
    return base64.urlsafe_b64encode(msgspec.json.encode((at_ms, name))).decode().rstrip("=")


def read(cursor: str) -> tuple[int, str]:
    """What a cursor says. Refusal: `invalid_page_token`."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded.encode("ascii")), type=tuple[int, str])
    except (ValueError, msgspec.MsgspecError) as error:
        raise Refusal("invalid_argument", "page_token is not one that this API gave") from error
