"""Timelines: the life of a user's devices, and why each boundary is there."""

from __future__ import annotations

import pytest

from passerby.base.ids import DeviceId, SessionId
from passerby.base.units import HOUR_MS, MINUTE_MS
from passerby.faces.dashboard.lanes import picture_of
from passerby.query.timeline import Timeline, timeline_of_devices
from tests.faces.dashboards import NOW_MS, ORG, Dashboard, uuid

PAGE = {"op": "page", "url": "https://a.example/"}


@pytest.fixture
def world() -> Dashboard:
    return Dashboard()


def timeline(world: Dashboard, *devices: int, later_ms: int = 0, limit: int = 30) -> Timeline:
    with world.store.read() as reader:
        ids = [DeviceId(uuid(n)) for n in devices]
        return timeline_of_devices(reader, ORG, ids, world.clock.ms + later_ms, limit)


def told(found: Timeline, lane: int = 0) -> list[tuple[str, str]]:
    return [(boundary.why, boundary.rule) for boundary in found.lanes[lane].boundaries]


def test_an_anonymous_visit_has_no_boundary_while_it_is_open(world: Dashboard) -> None:
    world.send(1, PAGE)
    found = timeline(world, 1)
    assert told(found) == []
    assert found.lanes[0].uid is None
    assert found.lanes[0].stays[0].is_open


def test_a_silent_visit_ends_by_timeout(world: Dashboard) -> None:
    world.send(1, PAGE)
    assert told(timeline(world, 1, later_ms=HOUR_MS)) == [("timeout", "SE-1")]


@pytest.mark.parametrize(
    ("why", "rule"),
    [("anonymize", "ID-6"), ("reidentify", "ID-5"), ("forget", "ID-7"), ("lost", "WI-4"), ("shutdown", "SE-3")],
)
def test_an_end_is_a_boundary_with_its_reason_and_rule(world: Dashboard, why: str, rule: str) -> None:
    world.send(1, PAGE, {"op": "identify", "uid": "ada"}, {"op": "end", "why": why})
    assert told(timeline(world, 1)) == [("identify", "ID-2"), (why, rule)]


def test_only_an_end_that_releases_seals_the_lane(world: Dashboard) -> None:
    world.send(1, PAGE, {"op": "end", "why": "shutdown"})
    world.send(2, PAGE, {"op": "identify", "uid": "ada"}, {"op": "end", "why": "anonymize"})
    assert timeline(world, 1).lanes[0].sealed is None
    sealed = timeline(world, 2).lanes[0].sealed
    assert sealed is not None
    assert sealed.why == "anonymize"


def test_a_conflict_is_drawn_on_the_first_users_lane_and_seals_nothing(world: Dashboard) -> None:
    world.send(1, PAGE, {"op": "identify", "uid": "ada"}, {"op": "identify", "uid": "bo"})
    assert told(timeline(world, 1)) == [("identify", "ID-2"), ("conflict", "AT-4.2")]
    assert timeline(world, 1).lanes[0].sealed is None


def test_an_earlier_identify_is_no_boundary_of_later_sessions(world: Dashboard) -> None:
    world.send(1, PAGE, {"op": "identify", "uid": "ada"})
    world.clock.ms += HOUR_MS
    world.send(1, PAGE, page=0x3001)
    found = timeline(world, 1, limit=30)
    assert found.lanes[0].known_since_ms is not None
    assert [why for why, _ in told(found)].count("identify") == 1


def test_more_sessions_than_the_limit_are_left_out_and_said_so(world: Dashboard) -> None:
    for n in (1, 2, 3):
        world.send(n, PAGE, {"op": "identify", "uid": "ada"})
        world.clock.ms += HOUR_MS
    found = timeline(world, 1, 2, 3, limit=2)
    assert [lane.device for lane in found.lanes] == [uuid(3), uuid(2)]
    assert found.has_earlier


class TestPicture:
    def test_the_anonymous_part_of_a_session_is_drawn_apart_from_the_identified(self, world: Dashboard) -> None:
        world.send(
            1,
            PAGE,
            {"op": "identify", "uid": "ada", "t": NOW_MS + 800},
            {"op": "event", "name": "e", "t": NOW_MS + 900},
        )
        (row,) = picture_of(timeline(world, 1, later_ms=HOUR_MS)).rows
        assert [bar.kind for bar in row.sittings[0].bars] == ["before", "known"]

    def test_time_in_which_nothing_was_open_is_a_gap_of_one_width(self, world: Dashboard) -> None:
        for n, wait_ms in ((1, 5 * HOUR_MS), (2, 50 * HOUR_MS), (3, 0)):
            world.send(n, PAGE, {"op": "identify", "uid": "ada"})
            world.clock.ms += wait_ms
        spans = picture_of(timeline(world, 1, 2, 3)).spans
        gaps = [span for span in spans if span.is_gap]
        assert len(gaps) == 2
        assert len({span.width for span in gaps}) == 1

    def test_what_comes_later_stands_further_right(self, world: Dashboard) -> None:
        for n in range(1, 8):
            world.send(n, PAGE, {"op": "identify", "uid": "ada"})
            world.clock.ms += n * 7 * MINUTE_MS
        rows = picture_of(timeline(world, *range(1, 8))).rows
        begun = sorted((s.stay.session.began_at_ms, s.x) for row in rows for s in row.sittings)
        assert [x for _, x in begun] == sorted(x for _, x in begun)

    def test_nobody_is_an_empty_picture(self, world: Dashboard) -> None:
        picture = picture_of(timeline(world, 1))
        assert (picture.rows, picture.spans) == ([], [])


def test_a_session_is_named_by_its_boundary(world: Dashboard) -> None:
    world.send(1, PAGE, {"op": "identify", "uid": "ada"}, {"op": "end", "why": "anonymize"})
    assert {boundary.session for boundary in timeline(world, 1).lanes[0].boundaries} == {SessionId(uuid(0x1001))}
