"""JSON as ECMAScript prints it, also of what no vector can hold: dates, tuples, cycles, numbers that are none."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passerby_client.json_text import LEVELS_MAX, json_text, units

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    # Two halves that stand together would be one character in any other language.
    | st.text(st.characters(exclude_categories=())).filter(lambda text: units(text) == len(text)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_a_text_says_the_value(value: Any) -> None:
    assert json.loads(json_text(value), parse_int=float) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1.5e-5, "0.000015"),
        (1e-7, "1e-7"),
        (1.25e-7, "1.25e-7"),
        (123456789.125, "123456789.125"),
        (2**60, "1152921504606847000"),
        (10**400, "null"),
        (float("nan"), "null"),
        (float("-inf"), "null"),
        (True, "true"),
        ('"\\/\b\f\n\r\t\x01\x7f\u2028é💩', '"\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\u2028é💩"'),
        ("a\ud800b\udfff", '"a\\ud800b\\udfff"'),
        ("\ud83d\udca9", '"💩"'),
        ({"a": [1, {"b": None}], "c": {}}, '{"a":[1,{"b":null}],"c":{}}'),
        ((1, (2,)), "[1,[2]]"),
        ({"a": print, "b": 1}, '{"b":1}'),
        ([print], "[null]"),
        (datetime(2026, 11, 29, 19, 16, 54, 123456, tzinfo=UTC), '"2026-11-29T19:16:54.123Z"'),
        (datetime(2026, 11, 29, 1, tzinfo=timezone(timedelta(hours=2))), '"2026-11-28T23:00:00.000Z"'),
        (datetime(2026, 11, 29, 1), '"2026-11-29T01:00:00.000"'),  # noqa: DTZ001
        (date(2026, 11, 29), '"2026-11-29"'),
    ],
)
def test_it_is_as_ecmascript_prints_it(value: Any, text: str) -> None:
    assert json_text(value) == text


@pytest.mark.parametrize("value", [b"x", {1, 2}, object(), {1: 2}, [1j], {"a": {None: 1}}, print])
def test_what_is_no_json_is_an_error(value: Any) -> None:
    with pytest.raises(TypeError):
        json_text(value)


def test_what_has_itself_within_it_is_an_error() -> None:
    around: dict[str, Any] = {}
    around["a"] = [around]
    with pytest.raises(ValueError, match="too deep"):
        json_text(around)


def test_what_is_there_twice_is_printed_twice() -> None:
    twice = [1]
    assert json_text([twice, twice]) == "[[1],[1]]"


@pytest.mark.parametrize("levels", [LEVELS_MAX + 1, 100_000])
def test_what_lies_too_deep_is_an_error(levels: int) -> None:
    deep: list[Any] = []
    for _ in range(levels - 1):
        deep = [deep]
    with pytest.raises(ValueError, match="too deep"):
        json_text(deep)
    while deep:
        deep = deep.pop()


def test_what_grows_from_little_ends_where_it_must() -> None:
    much: list[Any] = ["x"]
    for _ in range(60):
        much = [much, much]
    began = time.monotonic()
    with pytest.raises(ValueError, match="too long"):
        json_text(much, chars_max=100_000)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("text", "length"), [("", 0), ("abc", 3), ("é", 1), ("💩", 2), ("\ud800", 1)])
def test_a_text_is_as_long_as_its_utf_16(text: str, length: int) -> None:
    assert units(text) == length
