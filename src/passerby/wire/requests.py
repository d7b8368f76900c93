"""Requests of the REST API: from bytes to a shape, or to a Refusal that says which member is wrong (AP-2)."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from passerby.base.errors import Refusal
from passerby.wire.envelope import check_depth

T = TypeVar("T")


def read(body: bytes, shape: type[T]) -> T:
    """The body as `shape`. Refusals: `too_deep`, `malformed_json`, `required_field`, `invalid_argument`."""
    check_depth(body)
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except msgspec.ValidationError as error:
        raise _wrong(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal("malformed_json", "the body is not JSON") from error


def read_query(given: dict[str, str], shape: type[T]) -> T:
    """Query parameters as `shape`; those that it does not have are left alone. Refusal: as `read`."""
    fields: Any = shape
    known = {name: value for name, value in given.items() if name in fields.__struct_fields__}
    try:
        return msgspec.convert(known, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _wrong(error) from error


def _wrong(error: msgspec.ValidationError) -> Refusal:
    prose = str(error)
    missing = "missing required field" in prose
    if prose.startswith("Invalid enum value"):
        prose = "a value is not one of those it may be" + (prose[at:] if (at := prose.find(" - at")) >= 0 else "")
    return Refusal("required_field" if missing else "invalid_argument", prose)
