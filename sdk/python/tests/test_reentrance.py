"""Who hears of a user may call again; who asks late how a call ended is told."""

from __future__ import annotations

from typing import Any

from passerby_client import Machine, Ports

from sdk.python.tests.test_any_options import Endless


def heard_by(world: Endless, **ports: Any) -> Machine:
    mine = world.ports()
    return Machine(Ports(**{name: getattr(mine, name) for name in mine.__slots__} | ports))


def test_a_call_of_an_observer_comes_after_the_change() -> None:
    world = Endless()
    heard: list[str] = []

    def notify(name: str, args: Any) -> None:
        heard.append(name)
        if name == "user":
            assert machine.state()["uid"] == args["user"]["uid"] == "u1"
            machine.call("trackEvent", {"name": "e"})

    machine = heard_by(world, notify=notify)
    machine.start({"org": "o1"})
    machine.call("setIdentity", {"uid": "u1"})
    assert [entry.op["op"] for entry in machine.entries] == ["page", "identify", "event"]
    assert heard == ["start", "session", "user"]


def test_a_call_whose_answer_came_first_settles_at_once() -> None:
    world = Endless()
    machine = heard_by(world)
    machine.start({"org": "o1"})
    answer = machine.call("setIdentity", {"uid": "u1", "ack": True})
    machine.reply("r1", 200, None, {"stored": 2, "refused": [{"n": 2, "code": "device_sealed"}]})
    settled: list[Any] = []
    machine.settle(answer, lambda code, value: settled.append((code, value)))
    assert settled == [("not_acknowledged", None)]
    assert "settle" not in world.timers
