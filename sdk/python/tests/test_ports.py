"""What no vector sees of ports: word that is left of a release, a port that is absent, events nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from sdk.python.tests.test_any_options import Endless
from sdk.python.tests.test_reentrance import heard_by


class Leaving(Endless):
    """Counts how often word is left that a user was let go."""

    words = 0

    def disown(self) -> None:
        self.words += 1


@pytest.mark.parametrize("is_on", [True, False], ids=["capturing", "shut down"])
def test_word_is_left_of_a_release(is_on: bool) -> None:
    world = Leaving()
    machine = heard_by(world)
    machine.start({"org": "o1"})
    machine.call("setIdentity", {"uid": "u1"})
    if not is_on:
        machine.call("shutdown")
    machine.call("setIdentity", {"anonymous": True})
    assert world.words == 1
    machine.call("setIdentity", {"anonymous": True})
    assert world.words == 1


@pytest.mark.parametrize(("is_suspicious", "notes"), [(None, []), (lambda _: True, ["suspicious_uid"])])
def test_who_is_suspicious_the_platform_may_leave_to_the_server(is_suspicious: Any, notes: list[str]) -> None:
    world = Endless()
    machine = heard_by(world, is_suspicious=is_suspicious)
    machine.start({"org": "o1"})
    machine.call("setIdentity", {"uid": "admin"})
    assert world.diary.notes == notes


def test_an_event_that_nobody_knows_is_passed_over() -> None:
    world = Endless()
    machine = heard_by(world)
    machine.start({"org": "o1"})
    machine.app("blur")
    assert world.diary.requests == []
    assert not [key for key in world.stored if key.startswith("fs_out.")]


def test_a_second_start_does_nothing() -> None:
    world = Endless()
    machine = heard_by(world)
    machine.start({"org": "o1"})
    before = machine.state()
    machine.start({"org": "o2"})
    assert machine.state() == before
