"""A runner that sees nothing is no runner: it fails what is wrong, and raises on what it does not know."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from sdk.python.tests.runner import Run, VectorError, differences
from sdk.python.tests.test_vectors import client_vectors
from sdk.python.tests.world import World

SMALL: dict[str, Any] = {
    "id": "identity/small",
    "covers": ["ID-11"],
    "description": "One device",
    "given": {"clock": {"wall_ms": 1000}, "ids": {"device": ["d"], "session": ["s"], "page": ["p"]}, "storage": None},
    "steps": [{"do": "start", "expect": {"state": {"device": "d"}, "notes": []}}],
}


def with_step(**step: Any) -> dict[str, Any]:
    return {**SMALL, "steps": [*SMALL["steps"], step]}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every innermost value, and every empty list, with the way to it."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inner = [leaf for key, member in members for leaf in leaves(member, (*path, key))]
    yield from inner if inner or isinstance(value, dict) else [(path, value)]


def other_than(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value.replace('"op":"', '"op":"un') if value.startswith("[{") else f"{value}?"
        case None:
            return "[]"
        case _:
            return ["something"]


def changed(place: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of `place` in which `value` is at `path`."""
    if not path:
        return value
    found = copy.copy(place)
    found[path[0]] = changed(place[path[0]], path[1:], value)
    return found


def test_what_holds_passes() -> None:
    assert differences(SMALL) == []


def test_a_wrong_expectation_fails() -> None:
    assert differences(with_step(do="call", call="getSession", expect={"returns": "x"}))


def test_a_code_that_no_vector_expects_fails() -> None:
    assert differences(with_step(do="call", call="dance", expect={"changes": []}))


@pytest.mark.slow
def test_any_single_expectation_that_is_changed_fails() -> None:
    """Every third of them, which takes a third of the time."""
    unseen = []
    for vector in client_vectors():
        for number, step in enumerate(vector["steps"]):
            for path, value in list(leaves(step.get("expect", {})))[number % 3 :: 3]:
                where = ("steps", number, "expect", *path)
                if not differences(changed(vector, where, other_than(value))):
                    unseen.append((vector["id"], where))
    assert unseen == []


def test_another_tab_writes_just_before_the_next_id_is_given() -> None:
    start = {"do": "start", "expect": {"storage": {"x": "2", "y": "3"}, "writes": {}}}
    waits = [{"do": "write_storage", "at": "mint", "set": changed} for changed in ({"x": "1"}, {"x": "2", "y": "3"})]
    waits[1]["expect"] = {"storage": {"x": None}}
    assert [text.split(":")[1] for text in differences({**SMALL, "steps": [*waits, start]})] == [" writes"]


@pytest.mark.parametrize(
    ("fails", "refused"),
    [(True, "rR oO xX"), ("writes", "r o x"), ("record", "rR"), ("outbox", "oO"), (False, "")],
)
def test_storage_refuses_what_it_is_told_to(fails: bool | str, refused: str) -> None:
    world = World({**SMALL["given"], "storage_fails": fails})
    for key, letter in (("fs_uid", "r"), ("fs_out.p", "o"), ("x", "x")):
        assert world.write(key, "1") is (letter not in refused)
        assert world.write(key, None) is (letter.upper() not in refused)


def test_who_died_hears_no_timer() -> None:
    run = Run(SMALL)
    run.outcome({"do": "start"})
    assert run.outcome({"do": "app", "event": "terminate"})["timers"] == {}
    assert run.outcome({"do": "advance", "ms": 60_000})["requests"] == []


def test_ids_that_are_left_over_fail() -> None:
    given = {**SMALL["given"], "ids": {"device": ["d", "e"], "session": ["s"], "page": ["p"]}}
    assert "never drawn" in differences({**SMALL, "given": given})[0]


def test_ids_that_are_missing_fail() -> None:
    given = {**SMALL["given"], "ids": {"device": ["d"], "session": ["s"]}}
    assert "page id" in differences({**SMALL, "given": given})[0]


@pytest.mark.parametrize(
    "vector",
    [
        with_step(do="dance"),
        with_step(do="start", ms=1),
        with_step(do="call", call="log", arguments={}),
        with_step(do="start", expect={"mood": "good"}),
        with_step(do="write_storage", set={}, at="noon"),
        with_step(do="storage_fails", fails="never"),
        {**SMALL, "mood": "good"},
        {**SMALL, "requires": ["telepathy"]},
        {**SMALL, "given": {**SMALL["given"], "weather": "fair"}},
    ],
    ids=[
        "step",
        "member of a step",
        "member of a call",
        "expectation",
        "time of a write",
        "failure",
        "member",
        "capability",
        "given",
    ],
)
def test_what_is_unknown_raises(vector: dict[str, Any]) -> None:
    with pytest.raises(VectorError):
        differences(vector)
