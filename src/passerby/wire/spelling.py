"""Fields of requests under their other names: `displayName` for `display_name`, as clients write both (AP-2.1).

A request is first read as its shape says. Only where it is none is it read once more, through twins of its shapes that
have every field under each of its names. So what is spelled as its shape has it costs nothing more.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, inspect

from passerby.base.errors import Refusal

_CAPITAL: Final = re.compile("(?<=[a-z0-9])[A-Z]")
_UNKNOWN: Final = "Object contains unknown field `"
_AT: Final = "` - at `$"
_NAME_CHARS_MAX: Final = 64
_NULL: Final = b"null"
_COMPARED_BYTES_MAX: Final = 1 << 16
"""Longer values that are given twice are the same only byte for byte: to take them apart would cost too much."""


class _Field(msgspec.Struct, frozen=True):
    """The names of a field, its own first, and the form of the object, or of each of the objects, that it holds."""

    names: tuple[str, ...]
    form: _Form | None


class _Form(msgspec.Struct, frozen=True):
    """How an object is read whatever its spelling: `twin` has its fields, unread, under each of their names."""

    twin: Any
    fields: tuple[_Field, ...]


def names_of(shape: Any) -> Mapping[str, str]:
    """Every name under which a field of `shape` may be given, and its own.

    A shape's class variable `also` has names that the rule for spelling does not give.
    """
    own = {field: field for field in shape.__struct_fields__}
    others = {_other(field): field for field in own}
    return {**getattr(shape, "also", {}), **others, **own}


def respelled(body: bytes, shape: Any) -> bytes:
    """The JSON object with the names that `shape` has. Refusal: `invalid_argument` if two spellings contradict.

    msgspec.DecodeError if the body is not JSON, and ValidationError if it is no object.
    """
    form = _form(shape)
    return body if form is None else _object(body, form, "")


def unknown_field(prose: str, within: str = "") -> str | None:
    """What to say of a field that is not there, by its path, if that is what `prose` of msgspec complains of."""
    if not prose.startswith(_UNKNOWN):
        return None
    told = prose.removeprefix(_UNKNOWN).removesuffix("`")
    name, is_within, path = told.rpartition(_AT) if _AT in told else (told, "", "")
    path = f"{within}{path.removeprefix('.')}." if is_within else within
    return f"unknown field `{path}{name[:_NAME_CHARS_MAX]}`"


def _other(name: str) -> str:
    """`camelCase` of `snake_case`, and the other way round."""
    first, *rest = name.split("_")
    if rest:
        return first + "".join(part.capitalize() for part in rest)
    return _CAPITAL.sub(lambda capital: f"_{capital[0].lower()}", name)


@functools.cache
def _form(shape: Any) -> _Form | None:
    return _form_of(inspect.type_info(shape))


def _form_of(node: inspect.Type) -> _Form | None:
    match node:
        case inspect.StructType(cls=shape, forbid_unknown_fields=is_closed):
            names = names_of(shape)
            fields = tuple(
                _Field(
                    (field.name, *(other for other, own in names.items() if own == field.name != other)),
                    _form_of(field.type),
                )
                for field in node.fields
            )
            twin = msgspec.defstruct(
                f"{shape.__name__}Twin", [(name, Raw, Raw()) for name in names], forbid_unknown_fields=is_closed
            )
            return _Form(twin, fields)
        case inspect.UnionType(types=several):
            return next((form for each in several if (form := _form_of(each)) is not None), None)
        case inspect.ListType(item_type=item):
            return _form_of(item)
        case _:
            return None


def _object(body: bytes | Raw, form: _Form, path: str) -> bytes:
    try:
        given = msgspec.json.decode(body, type=form.twin)
    except msgspec.ValidationError as error:
        if (prose := unknown_field(str(error), path)) is None:
            raise
        raise Refusal("invalid_argument", prose) from error
    members = {field.names[0]: raw for field in form.fields if (raw := _given(given, field, path)) is not None}
    return msgspec.json.encode(members)


def _given(given: Any, field: _Field, path: str) -> Raw | None:
    """The value of a field, under whichever name; null only where it has no other."""
    found = [(name, raw) for name in field.names if (raw := getattr(given, name))]
    told = [(name, raw) for name, raw in found if len(raw) != len(_NULL) or bytes(raw) != _NULL]
    if len(told) > 1 and len({_plain(raw) for _, raw in told}) > 1:
        names = " and ".join(f"`{path}{name}`" for name, _ in told)
        raise Refusal("invalid_argument", f"{names} are one field: give it once, or the same each time")
    kept = next(iter(told or found), None)
    return None if kept is None else _within(kept[1], field.form, f"{path}{field.names[0]}")


def _plain(raw: Raw) -> bytes:
    if len(raw) > _COMPARED_BYTES_MAX:
        return bytes(raw)
    return msgspec.json.encode(msgspec.json.decode(raw), order="sorted")


def _within(raw: Raw, form: _Form | None, path: str) -> Raw:
    if form is None:
        return raw
    first = bytes(memoryview(raw)[:1])
    if first == b"{":
        return Raw(_object(raw, form, f"{path}."))
    if first == b"[":
        several = msgspec.json.decode(raw, type=list[Raw])
        return Raw(msgspec.json.encode([_within(one, form, f"{path}[{n}]") for n, one in enumerate(several)]))
    return raw
