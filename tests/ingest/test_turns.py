"""Who is worked on next, and who is sent away, when there is more than can be done (LI-9)."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from passerby.base.errors import Refusal
from passerby.ingest.turns import WAITING_BYTES_MAX, Kind, Turns, kind_of

EVENT, PROPERTIES, IDENTIFY = (
    {"op": "event", "name": "x"},
    {"op": "properties", "type": "user"},
    {"op": "identify", "uid": "u"},
)


def body(org: str, *operations: dict[str, str], size: int = 0) -> bytes:
    """A bundle of these operations, filled up to `size`."""
    made = json.dumps({"v": 1, "org": org, "ops": operations}).encode()
    return made + b" " * max(0, size - len(made))


class Works:
    """Works that go on until they are let go, in the order in which they began."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.begun: list[str] = []
        self._ends: list[asyncio.Future[None]] = []

    def take(self, name: str, sent: bytes, encoding: str = "") -> asyncio.Task[str]:
        """Send one in."""

        async def work() -> str:
            self.begun.append(name)
            end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._ends.append(end)
            await end
            return name

        return asyncio.create_task(self.turns.take(sent, encoding, work))

    async def fill(self, *orgs: str) -> None:
        """Have all places taken, by orgs that are known from then on."""
        for org in orgs:
            self.turns.know(org)
        self.take("big", body("big", EVENT, size=1 << 20))
        await settle()
        self.begun.clear()

    def end(self) -> None:
        """The longest under way is done."""
        self._ends.pop(0).set_result(None)

    async def finish(self) -> None:
        """All are."""
        while self._ends:
            self.end()
            await settle()


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(5):
        await asyncio.sleep(0)


def run(story: Callable[[Works], Awaitable[None]]) -> None:
    """Play a story."""

    async def played() -> None:
        works = Works()
        await story(works)
        await works.finish()
        assert works.turns.waiting == 0

    asyncio.run(played())


def test_what_there_is_room_for_is_begun_at_once() -> None:
    async def story(works: Works) -> None:
        for number in range(100):
            works.take(str(number), body("a", EVENT))
        await settle()
        assert len(works.begun) == 100

    run(story)


def test_one_that_is_larger_than_what_may_be_under_way_is_begun_when_nothing_is() -> None:
    async def story(works: Works) -> None:
        works.take("big", body("a", EVENT, size=1 << 20))
        await settle()
        assert works.begun == ["big"]

    run(story)


def test_a_small_one_does_not_wait_for_a_large_one() -> None:
    async def story(works: Works) -> None:
        await works.fill("a")
        for encoding in ("", "gzip"):
            works.take("large", body("a", IDENTIFY, size=200_000), encoding)
        works.take("small", body("a", EVENT))
        await settle()
        assert works.begun == ["small"]

    run(story)


def test_so_many_small_ones_wait_that_they_leave_connections_to_others() -> None:
    async def story(works: Works) -> None:
        orgs = [f"o{number}" for number in range(100)]
        await works.fill(*orgs)
        tasks = [works.take("x", body(org, EVENT)) for _ in range(15) for org in orgs]
        await settle()
        assert len(works.begun) == 128
        waiting = sum(not task.done() for task in tasks) - len(works.begun)
        assert 560 <= waiting <= 0.6 * 1024

    run(story)


def test_orgs_take_turns_however_much_of_one_waits() -> None:
    async def story(works: Works) -> None:
        await works.fill("a", "b")
        for number in range(50):
            works.take("a", body("a", EVENT, size=50_000 + number))
        for number in range(5):
            works.take("b", body("b", EVENT, size=50_000 + number))
        await settle()
        await works.finish()
        assert Counter(works.begun[:10]) == {"a": 5, "b": 5}

    run(story)


def test_turns_go_by_bytes_and_not_by_bundles() -> None:
    async def story(works: Works) -> None:
        await works.fill("a", "b")
        for _ in range(20):
            works.take("a", body("a", EVENT, size=100_000))
        for _ in range(20):
            works.take("b", body("b", EVENT, size=50_000))
        await settle()
        await works.finish()
        assert Counter(works.begun[:15]) == {"a": 5, "b": 10}

    run(story)


def test_orgs_that_are_not_known_here_share_one_line() -> None:
    async def story(works: Works) -> None:
        await works.fill("a")
        for number in range(50):
            works.take("stranger", body(f"o{number}", EVENT, size=50_000))
        for _ in range(5):
            works.take("a", body("a", EVENT, size=50_000))
        await settle()
        await works.finish()
        assert Counter(works.begun[:10]) == {"a": 5, "stranger": 5}

    run(story)


def test_in_a_line_identity_goes_first_and_then_properties() -> None:
    async def story(works: Works) -> None:
        await works.fill("a")
        for name, operation in (("event", EVENT), ("properties", PROPERTIES), ("identify", IDENTIFY)):
            for _ in range(2):
                works.take(name, body("a", operation, size=200_000))
        await settle()
        await works.finish()
        assert works.begun == ["identify"] * 2 + ["properties"] * 2 + ["event"] * 2

    run(story)


def refusals(tasks: list[asyncio.Task[str]]) -> list[str]:
    """The codes of those that were sent away so far."""
    return [error.code for task in tasks if task.done() and isinstance(error := task.exception(), Refusal)]


def test_one_org_fills_no_more_than_half_and_is_told_that_it_is_too_much() -> None:
    async def story(works: Works) -> None:
        await works.fill("a", "b")
        flood = [works.take("a", body("a", EVENT, size=100_000)) for _ in range(100)]
        await settle()
        assert set(refusals(flood)) == {"too_many_requests"}
        assert works.turns.waiting <= 0.3 * WAITING_BYTES_MAX
        others = [works.take("b", body("b", EVENT, size=100_000)) for _ in range(10)]
        await settle()
        assert refusals(others) == []

    run(story)


def test_events_are_sent_away_before_properties_and_these_before_identity() -> None:
    async def story(works: Works) -> None:
        orgs = [f"o{number}" for number in range(30)]
        await works.fill(*orgs)
        taken = []
        for operation in (EVENT, PROPERTIES, IDENTIFY):
            tasks = [works.take("x", body(org, operation, size=100_000)) for org in orgs for _ in range(5)]
            await settle()
            assert "unavailable" in refusals(tasks)
            taken.append(works.turns.waiting / WAITING_BYTES_MAX)
            assert works.turns.waiting <= WAITING_BYTES_MAX
        assert taken == pytest.approx([0.6, 0.8, 1.0], abs=0.02)

    run(story)


def test_what_is_sent_away_was_not_begun() -> None:
    async def story(works: Works) -> None:
        await works.fill("a")
        tasks = [works.take(str(number), body("a", EVENT, size=100_000)) for number in range(100)]
        await settle()
        assert works.begun == []
        assert len(refusals(tasks)) > 50

    run(story)


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_body_without_a_byte_has_its_turn_too(encoding: str) -> None:
    async def story(works: Works) -> None:
        await works.fill("a")
        works.take("nobody's", body("x", EVENT))
        works.take("empty", b"", encoding)
        works.end()
        await settle()
        assert sorted(works.begun) == ["empty", "nobody's"]

    run(story)


def test_who_does_not_wait_any_longer_leaves_no_gap() -> None:
    async def story(works: Works) -> None:
        await works.fill("a")
        tasks = [works.take(str(number), body("a", EVENT, size=100_000)) for number in range(4)]
        await settle()
        tasks[1].cancel()
        await settle()
        works.end()
        tasks[0].cancel()
        await settle()
        await works.finish()
        assert works.begun[-2:] == ["2", "3"]

    run(story)


def test_a_line_that_everybody_left_is_passed_over() -> None:
    async def story(works: Works) -> None:
        await works.fill("a", "b")
        left = [works.take("a", body("a", EVENT, size=100_000)) for _ in range(4)]
        works.take("b", body("b", EVENT, size=100_000))
        await settle()
        for task in left:
            task.cancel()
        await settle()
        assert works.turns.waiting == 100_000
        await works.finish()
        assert works.begun == ["b"]

    run(story)


def test_a_place_is_free_again_whatever_became_of_the_work() -> None:
    async def failing() -> str:
        raise Refusal("unknown_org", "no such org")

    async def story(works: Works) -> None:
        for _ in range(1000):
            with pytest.raises(Refusal, match="no such org"):
                await works.turns.take(body("a", EVENT, size=300_000), "", failing)
        works.take("next", body("a", EVENT))
        await settle()
        assert works.begun == ["next"]

    run(story)


def test_who_is_sent_away_is_told_to_come_again_at_different_times() -> None:
    turns = Turns()
    assert {turns.retry_after_s() for _ in range(10)} == {1, 2}
    turns.waiting = 5 << 20
    assert {turns.retry_after_s() for _ in range(100)} == set(range(6, 13))


@pytest.mark.parametrize(
    ("operations", "kind"),
    [
        ([EVENT], Kind.EVENTS),
        ([EVENT, PROPERTIES], Kind.PROPERTIES),
        ([EVENT, IDENTIFY], Kind.IDENTITY),
        ([{"op": "end", "why": "anonymize"}], Kind.IDENTITY),
        ([{"op": "consent"}], Kind.IDENTITY),
    ],
)
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_of_which_kind_a_body_seems(operations: list[dict[str, str]], kind: Kind, separators: tuple[str, str]) -> None:
    assert kind_of(json.dumps({"ops": operations}, separators=separators).encode(), "") is kind


def test_a_body_that_cannot_be_read_yet_is_in_the_middle() -> None:
    assert kind_of(b"\x1f\x8b", "gzip") is Kind.PROPERTIES
