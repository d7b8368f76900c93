"""The files of exports: rows as JSON, NDJSON or CSV, packed with gzip (AP-10)."""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from passerby.model.export import Export
from passerby.wire.instants import iso_text

MEDIA_TYPE: Final = "application/gzip"
_EXTENSIONS: Final = {"FORMAT_JSON": "json", "FORMAT_NDJSON": "ndjson", "FORMAT_CSV": "csv"}
_FORMULA: Final = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def name_of(export: Export) -> str:
    """The name of its file: segment, UTC date and format."""
    return f"{export.segment}-{iso_text(export.made_at_ms)[:10]}.{_EXTENSIONS[export.format]}.gz"


def written(export: Export, fields: Sequence[str], rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The rows in the format of the export, in parts."""
    match export.format:
        case "FORMAT_CSV":
            return _csv(fields, rows)
        case "FORMAT_JSON":
            return _array(rows)
        case "FORMAT_NDJSON":
            return (_encode(row) + b"\n" for row in rows)


_encode: Final = msgspec.json.Encoder().encode


def _array(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    before = b"["
    for row in rows:
        yield before + _encode(row)
        before = b",\n"
    yield b"[]\n" if before == b"[" else b"]\n"


def _csv(fields: Sequence[str], rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(map(_cell, fields))
    for row in rows:
        writer.writerow([_cell(row[name]) for name in fields])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
    yield line.getvalue().encode()


def _cell(value: Any) -> str | int | float | None:
    """A value as a spreadsheet may open it: no text is taken for a formula."""
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    return _encode(value).decode() if isinstance(value, bool | list | dict | msgspec.Raw) else value


def packed(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes as a gzip file."""
    stream = zlib.compressobj(wbits=31)
    for part in parts:
        if found := stream.compress(part):
            yield found
    yield stream.flush()
