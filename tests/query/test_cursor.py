"""A cursor leads on where it was written, and one that was not written here is refused."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerby.base.errors import Refusal
from passerby.query import cursor

NAME = "d0000001-0000-4000-8000-000000000000"


@given(st.integers(-(2**53), 2**53), st.uuids())
def test_a_cursor_says_what_was_written(at_ms: int, name: object) -> None:
    assert cursor.read(cursor.written(at_ms, str(name))) == (at_ms, str(name))


@pytest.mark.parametrize(
    "made",
    [
        "",
        "x",
        "é",
        "====",
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        *(
            base64.urlsafe_b64encode(json.dumps(found).encode()).decode()
            for found in (
                [],
                [1],
                [1, "x"],
                ["1", NAME],
                [1, NAME, 2],
                [2**63, NAME],
                [1, NAME + "\n"],
                {"a": 1},
                None,
            )
        ),
    ],
)
def test_a_cursor_of_another_make_is_refused(made: str) -> None:
    with pytest.raises(Refusal) as refused:
        cursor.read(made)
    assert refused.value.code == "invalid_argument"
