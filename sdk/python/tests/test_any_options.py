"""Whatever an app passes for options, a call answers, and only `setIdentity` changes who it is."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passerby_client import Machine

from sdk.python.tests.world import World

NAMES = ["setIdentity", "setProperties", "trackEvent", "capture", "log", "getSession", "activity", "start", "dance"]
MEMBERS = [
    "uid",
    "anonymous",
    "consent",
    "force",
    "ack",
    "properties",
    "schema",
    "type",
    "name",
    "level",
    "msg",
    "format",
]

texts = st.text(max_size=6) | st.sampled_from(["user", "page", "click"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
options = values | st.dictionaries(st.sampled_from(MEMBERS), values, max_size=4)


class Endless(World):
    """Mints without end."""

    def __init__(self) -> None:
        super().__init__({"clock": {"wall_ms": 1_750_000_000_000}, "ids": {}, "storage": None})
        self._minted = count(1)

    def mint(self, kind: str) -> str:
        if kind == "key":
            return f"{next(self._minted):032x}"
        return f"00000000-0000-4000-8000-{next(self._minted):012x}"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NAMES), options, st.sampled_from([1, 2]), st.none() | st.text(max_size=70))
def test_any_options_are_answered(name: str, given_options: Any, api: int, source: str | None) -> None:
    world = Endless()
    machine = Machine(world.ports())
    machine.start({"org": "o1"})
    before = machine.state()
    answer = machine.call(name, given_options, api, source)
    assert (answer.error is None) or (answer.value is None and answer.error in world.diary.notes)
    if name != "setIdentity" and not (name == "setProperties" and api == 1):
        assert machine.state() == before
    machine.app("leave")
    for key, value in world.stored.items():
        assert value.encode(), "half a character is kept as it is"
        if key.startswith("fs_out."):
            assert [op["n"] for op in json.loads(value)[0]["ops"]] == list(range(1, len(machine.entries) + 1))


@pytest.mark.parametrize(
    "value", [object(), {1: 2}, {"a": float("nan")}, {"a": (1, 2)}, {"a": b"x"}, {"a": 10**400}, 10**400]
)
def test_what_is_no_json_is_answered_too(value: Any) -> None:
    world = Endless()
    machine = Machine(world.ports())
    machine.start({"org": "o1"})
    machine.call("trackEvent", {"name": "e", "properties": value})
    machine.call("setProperties", {"type": "user", "properties": value})
    machine.call("setIdentity", {"uid": value})
    machine.call("setIdentity", value)
    assert machine.state()["bound"] is False
