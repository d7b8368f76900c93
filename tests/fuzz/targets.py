"""What is fuzzed: functions of bytes that return when all is well and raise when something is not.

`test_targets.py` gives them what Hypothesis draws, `coverage.py` what atheris finds by looking at which lines were run.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from passerby_client import codes, record
from passerby_client.remains import take_up
from passerby_client.settings import settings_of

from passerby.base.errors import Refusal
from passerby.model.bundle import Bundle
from passerby.query import cursor
from passerby.wire import limits
from passerby.wire.decode import decode
from passerby.wire.instants import iso_ms, iso_text
from passerby.wire.nesting import nested
from passerby.wire.properties import Typed
from passerby.wire.reports import EventRequest, UserRequest, read_instant, read_properties, read_uid
from passerby.wire.requests import read

NOW_MS: Final = 1_750_000_000_000
_ENCODINGS: Final = ("", "gzip", "identity", "x-gzip", "br")


def _told(refused: Refusal, *codes_: str) -> None:
    """A refusal says why, by a code that is one of these if any are given."""
    assert refused.code not in ("", "internal_error")
    assert refused.message
    assert not codes_ or refused.code in codes_


def decoding(data: bytes) -> None:
    """A body as it stands, and as what a gzip stream holds: a bundle within its bounds, or a code (WI-7)."""
    for body, encoding in ((data, ""), (gzip.compress(data, 1), "gzip")):
        try:
            bundle = decode(body, encoding, NOW_MS)
        except Refusal as refused:
            _told(refused)
            continue
        _within_bounds(bundle)


def inflating(data: bytes) -> None:
    """A body under an encoding that may not be its own."""
    encoding = _ENCODINGS[data[0] % len(_ENCODINGS)] if data else ""
    try:
        decode(data[1:], encoding, NOW_MS)
    except Refusal as refused:
        _told(refused)


def _within_bounds(bundle: Bundle) -> None:
    """Every operation came out once, ascending, and nothing is longer than it may be."""
    numbers = [operation.n for operation in bundle.operations]
    assert numbers == sorted(set(numbers))
    assert not {refused.n for refused in bundle.refused if refused.n} & set(numbers)
    assert 1 <= len(numbers) + len(bundle.refused) <= limits.OPERATIONS_MAX
    for operation in bundle.operations:
        assert operation.at <= NOW_MS
        assert len(getattr(operation, "properties", ())) <= limits.PROPERTIES_MAX
    msgspec.json.encode(bundle)  # whatever came in can go out again


def requests(data: bytes) -> None:
    """The body of a request to the API: a shape, then properties, a uid and an instant, or a code (AP-2)."""
    for shape in (UserRequest, EventRequest):
        try:
            asked = read(data, shape)
            typed = read_properties(asked.properties, asked.schema, products=True)
            _gives_back(typed)
            if isinstance(asked, UserRequest):
                read_uid(asked.uid)
            else:
                assert 0 <= read_instant(asked.timestamp, NOW_MS) <= NOW_MS + limits.FUTURE_MS_MAX
        except Refusal as refused:
            _told(refused)


def _gives_back(typed: Typed) -> None:
    """Properties come back whole, products or not: as many values as were kept, and no object that is empty."""
    values = [value for kept in typed.properties for value in (kept.value if isinstance(kept.value, list) else [0])]
    shown = msgspec.json.decode(msgspec.json.encode(nested(typed.properties, typed.products)))
    assert sum(map(_leaves, shown.values())) == len(values)


def _leaves(value: Any) -> int:
    if isinstance(value, dict | list):
        assert value
        return sum(map(_leaves, value.values() if isinstance(value, dict) else value))
    return 1


def cursors(data: bytes) -> None:
    """A page token: a place, or a refusal. What it says can be written, and is then read as the same."""
    try:
        place = cursor.read(data.decode("utf-8", "replace"))
    except Refusal as refused:
        _told(refused, "invalid_argument")
        return
    assert cursor.read(cursor.written(*place)) == place


def cookies(data: bytes) -> None:
    """The record in a cookie: one of our form, or nobody's. What was read is written as it stood (ST-2)."""
    text = data.decode("utf-8", "replace")
    found = record.parse(text, "o1")
    if found is not None:
        assert record.parse(str(found), "o1") == found
        assert found.org == "o1"
    assert record.parse(text, "o2") is None or not text.startswith("#o1#")


class _Outbox:
    """Shared storage that holds one outbox."""

    def __init__(self, text: str) -> None:
        self.kept: dict[str, str | None] = {"fs_outbox:1": text}

    def keys(self, _prefix: str) -> list[str]:
        return list(self.kept)

    def read(self, key: str) -> str | None:
        return self.kept.get(key)

    def write(self, key: str, text: str | None, *, say: bool = True) -> bool:
        del say
        self.kept[key] = text
        return True


def remains(data: bytes) -> None:
    """What an earlier page left in storage, or somebody else: taken up whole or thrown away (QU-8)."""
    noted: list[str] = []
    outbox = _Outbox(data.decode("utf-8", "replace"))
    taken = take_up(outbox, settings_of({"org": "o1"}), NOW_MS, noted.append, lambda _key: False)  # type: ignore[arg-type]
    assert set(noted) <= {codes.BROKEN_REMAINS, codes.OUTBOX_FULL}
    for one in taken:
        assert one.envelopes
        assert one.next(500)["ops"]


def instants(data: bytes) -> None:
    """A time in ISO-8601: one that can be written and read again, or none."""
    found = iso_ms(data.decode("utf-8", "replace"))
    if found is not None and 0 <= found < 253_402_300_799_000:
        assert iso_ms(iso_text(found)) == found


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "decoding": decoding,
    "inflating": inflating,
    "requests": requests,
    "cursors": cursors,
    "cookies": cookies,
    "remains": remains,
    "instants": instants,
}
