"""Requests of the REST API: from bytes to a shape, or to a Refusal that says which member is wrong (AP-2)."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from passerby.base.errors import Refusal
from passerby.wire.envelope import check_depth
from passerby.wire.spelling import names_of, respelled, unknown_field

T = TypeVar("T")


def read(body: bytes, shape: type[T]) -> T:
    """The body as `shape`, in either spelling (AP-2.1).

    Refusals: `too_deep`, `malformed_json`, `required_field`, `invalid_argument`.
    """
    check_depth(body)
    try:
        return _read(body or b"{}", shape)
    except msgspec.ValidationError as error:
        raise _wrong(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal("malformed_json", "the body is not JSON") from error


def read_query(given: dict[str, str], shape: type[T]) -> T:
    """Query parameters as `shape`, in either spelling; others are left alone. Refusals: as `read`."""
    names = names_of(shape)
    known: dict[str, str] = {}
    for name, value in given.items():
        own = names.get(name)
        if own is None:
            continue
        if known.setdefault(own, value) != value:
            raise Refusal("invalid_argument", f"`{own}` is given in two spellings: give it once")
    try:
        return msgspec.convert(known, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _wrong(error) from error


def _read(body: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError:
        return msgspec.json.decode(respelled(body, shape), type=shape)


def _wrong(error: msgspec.ValidationError) -> Refusal:
    prose = str(error)
    missing = "missing required field" in prose
    if prose.startswith("Invalid enum value"):
        prose = "a value is not one of those it may be" + (prose[at:] if (at := prose.find(" - at")) >= 0 else "")
    return Refusal("required_field" if missing else "invalid_argument", unknown_field(prose) or prose)
