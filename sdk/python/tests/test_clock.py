"""What a clock does that no vector's clock can: it stands still while a timer rings."""

from __future__ import annotations

from passerby_client import Machine

from sdk.python.tests.world import World


def test_a_call_settles_when_its_timer_rings_though_the_clock_stands_still() -> None:
    ids = {kind: ["00000000-0000-4000-8000-000000000000"] for kind in ("device", "session", "page")}
    world = World({"clock": {"wall_ms": 1_750_000_000_000}, "ids": ids, "storage": None})
    machine = Machine(world.ports())
    settled: list[str | None] = []

    machine.start({"org": "o1"})
    answer = machine.call("setIdentity", {"uid": "u1", "ack": True})
    machine.settle(answer, lambda code, _: settled.append(code))
    machine.timer("settle")

    assert settled == ["not_acknowledged"]
