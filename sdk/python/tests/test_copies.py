"""What an app does with its options after a call shows nowhere; what it hears is its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from passerby_client import Machine
from passerby_client.properties import BYTES_MAX, LEVELS_MAX

from sdk.python.tests.test_any_options import Endless

DEEP: list[Any] = []
for _ in range(LEVELS_MAX):
    DEEP = [DEEP]


class Failing(Mapping[str, Any]):
    """An app's own mapping, which has nothing of what it says it has."""

    def __getitem__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(["a"])

    def __len__(self) -> int:
        return 1


def started(**settings: Any) -> tuple[Endless, Machine]:
    world = Endless()
    machine = Machine(world.ports())
    machine.start({"org": "o1", **settings})
    return world, machine


def last(machine: Machine) -> Mapping[str, Any]:
    return machine.entries[-1].op


def itself() -> dict[str, Any]:
    around: dict[str, Any] = {}
    around["a"] = around
    return around


@pytest.mark.parametrize("hold", [None, "auth"])
def test_what_is_changed_after_the_call_shows_nowhere(hold: str | None) -> None:
    _, machine = started(hold=hold)
    options = {"name": "e", "properties": {"a": {"b": [1]}}, "schema": {"a": {"b": "ints"}}}
    machine.call("trackEvent", options)
    options["properties"]["a"]["b"].append(2)  # type: ignore[index]
    options["schema"]["a"]["b"] = "strs"  # type: ignore[index]
    options["name"] = "f"
    machine.app("ready")
    assert last(machine)["name"] == "e"
    assert last(machine)["properties"] == {"a": {"b": [1]}}
    assert last(machine)["schema"] == {"a": {"b": "ints"}}


def test_what_is_changed_in_a_signature_after_the_call_shows_nowhere() -> None:
    _, machine = started()
    signature = {"of": ["u1"]}
    machine.call("setIdentity", {"uid": "u1", "signature": signature})
    signature["of"].append("u2")
    assert last(machine)["sig"] == {"of": ["u1"]}


def test_a_signature_of_nothing_is_null_and_an_absent_one_is_none() -> None:
    _, machine = started()
    machine.call("setIdentity", {"uid": "u1", "signature": None})
    assert last(machine)["sig"] is None
    machine.call("setIdentity", {"uid": "u1"})
    assert "sig" not in last(machine)


@pytest.mark.parametrize("make", [itself, lambda: b"x", lambda: {1}, lambda: [DEEP], Failing, lambda: print])
def test_a_signature_that_cannot_travel_costs_no_identify(make: Callable[[], Any]) -> None:
    world, machine = started()
    world.diary.notes.clear()
    assert machine.call("setIdentity", {"uid": "u1", "signature": make()}).error is None
    assert (last(machine)["uid"], "sig" in last(machine), world.diary.notes) == ("u1", False, [])


def test_what_an_observer_does_with_what_it_hears_shows_nowhere() -> None:
    heard: list[Any] = []
    ports = Endless().ports()
    machine = Machine(
        type(ports)(
            **{name: getattr(ports, name) for name in ports.__slots__} | {"notify": lambda _, args: heard.append(args)}
        )
    )
    machine.start({"org": "o1"})
    machine.call("setIdentity", {"uid": "u1", "properties": {"a": [1], "__proto__": 1}})
    assert heard[-1] == {"user": {"uid": "u1", "properties": {"a": [1], "__proto__": 1}}}
    heard[-1]["user"]["properties"]["a"].append(2)
    assert last(machine)["properties"]["a"] == [1]
    machine.call("setProperties", {"type": "user", "properties": {"b": 1}})
    assert heard[-1]["user"]["properties"]["a"] == [1]


def test_they_travel_as_json() -> None:
    _, machine = started()
    at = datetime(2026, 11, 29, tzinfo=UTC)
    machine.call("trackEvent", {"name": "e", "properties": {"a": (1, float("nan")), "at": at, "f": print, "n": 2.0}})
    assert json.dumps(last(machine)["properties"]) == '{"a": [1, null], "at": "2026-11-29T00:00:00.000Z", "n": 2}'


@pytest.mark.parametrize(
    "make",
    [
        itself,
        lambda: {"a": b"x"},
        lambda: {"a": {1}},
        lambda: {"a": DEEP},
        lambda: {1: 2},
        lambda: {"a": "x" * BYTES_MAX},
        lambda: {"a": "é" * (BYTES_MAX // 2)},
        lambda: {"a": [["x" * 1000] * 1000] * 1000},
        Failing,
        lambda: [1],
        lambda: print,
    ],
)
def test_what_cannot_travel_refuses_the_call_but_no_identity(make: Callable[[], Any]) -> None:
    world, machine = started()
    assert machine.call("trackEvent", {"name": "e", "properties": make()}).error == "invalid_properties"
    assert machine.call("setProperties", {"type": "user", "properties": make()}).error == "invalid_properties"
    assert machine.call("setProperties", {"type": "page", "properties": make()}).error == "invalid_properties"
    world.diary.notes.clear()
    assert machine.call("setIdentity", {"uid": "u1", "properties": make()}).error is None
    assert world.diary.notes == ["invalid_properties"]
    assert machine.state()["uid"] == "u1"


def test_options_that_fail_are_none() -> None:
    _, machine = started()
    assert machine.call("trackEvent", Failing()).error == "invalid_event_name"
    assert machine.call("setIdentity", Failing()).error == "empty_identity"


@pytest.mark.parametrize("uid", [itself(), b"x", "x" * BYTES_MAX])
def test_a_uid_is_no_property_whatever_it_is(uid: Any) -> None:
    world, machine = started()
    assert machine.call("setProperties", {"type": "user", "properties": {"uid": uid, "a": 1}}).error is None
    assert world.diary.notes == ["uid_in_properties"]
    assert last(machine)["properties"] == {"a": 1}
    assert machine.call("setProperties", {"type": "user", "properties": {"uid": uid}}, api=1).error == "invalid_uid"


def test_what_is_kept_is_read_again_however_deep_it_lies() -> None:
    world, machine = started()
    machine.call("trackEvent", {"name": "e", "properties": {"a": DEEP[0][0]}})
    machine.app("leave")
    again = Machine(world.ports())
    world.diary.notes.clear()
    again.start({"org": "o1"})
    assert world.diary.notes == []
    assert world.diary.requests[-1]["body"]["ops"][-1]["properties"] == {"a": DEEP[0][0]}
