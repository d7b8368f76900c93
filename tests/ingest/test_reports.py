"""What a customer's server reports (AP-4 to AP-7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from passerby.base.errors import Refusal
from passerby.base.ids import DeviceId, PageId, SessionId, Uid
from passerby.ingest.recording import record
from passerby.ingest.reports import Reported, report_event, report_user
from passerby.model.bundle import Bundle
from passerby.model.operation import End, Event, Identify
from passerby.model.outcome import Outcome
from passerby.query.users import find_user
from passerby.store.contract import PersonFilter, Store
from passerby.wire.reports import Context, EventRequest, UserRequest
from tests.worlds import ENGINES, NOW_MS, ORG, CountedIds, opened

DEVICE, SESSION, PAGE = (f"{n}0000000-0000-4000-8000-000000000000" for n in "123")


class World:
    """A store to which servers and browsers report."""

    def __init__(self, store: Store) -> None:
        self.store, self.ids, self.now_ms = store, CountedIds(), NOW_MS

    def user(self, user: str | None = None, **given: Any) -> Reported:
        request = msgspec.convert(given, UserRequest)
        return self.store.submit(lambda t: report_user(t, ORG, request, user, self.now_ms, self.ids)).result()

    def event(self, shared: dict[str, Any] | None = None, **given: Any) -> Reported:
        request = msgspec.convert({"name": "Bought", **given}, EventRequest)
        context = msgspec.convert(shared, Context | None)
        return self.store.submit(lambda t: report_event(t, ORG, request, context, self.now_ms, self.ids)).result()

    def browser(self, *operations: Any, behind_ms: int = 0) -> None:
        """A bundle of a browser whose clock is so much behind."""
        sent = self.now_ms - behind_ms
        bundle = Bundle(
            ORG.id, DeviceId(DEVICE), SessionId(SESSION), PageId(PAGE), sent, sent, self.now_ms, "browser/1", operations
        )
        self.store.submit(lambda t: record(t, bundle)).result()

    def properties(self, user: str) -> dict[str, Any]:
        with self.store.read() as reader:
            found = find_user(reader, ORG.id, user)
        assert found is not None
        return {kept.property.name: kept.property.value for kept in found.properties}

    def at(self, n: int) -> dict[str, int]:
        return {"n": n, "t": self.now_ms + n, "at": self.now_ms + n}


@pytest.fixture(params=ENGINES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    store = opened(request.param, tmp_path)
    yield World(store)
    store.close()


def test_the_same_uid_twice_is_one_user_whose_properties_merge(world: World) -> None:
    first = world.user(uid="u", properties={"a": 1, "b": 1})
    world.now_ms += 1
    second = world.user(uid="u", email="u@example.com", properties={"b": 2})
    assert first.user == second.user
    assert world.properties(first.user) == {"a": 1, "b": 2, "email": "u@example.com"}


def test_a_server_and_a_browser_that_name_the_same_uid_make_one_user(world: World) -> None:
    reported = world.user(uid="u", properties={"plan": "pro"})
    world.browser(Identify(**world.at(1), uid="u"))
    with world.store.read() as reader:
        assert len(reader.devices_of(ORG.id, Uid("u"))) == 2
        assert [person.id for person in reader.people(ORG.id, PersonFilter(), None, 9)] == [reported.user]


def test_a_user_without_uid_is_an_anonymous_one_that_can_be_given_a_uid(world: World) -> None:
    anonymous = world.user(properties={"a": 1})
    named = world.user(anonymous.user, uid="u")
    assert anonymous.uid is None
    assert named.user != anonymous.user
    assert world.properties(anonymous.user) == world.properties(named.user) == {"a": 1}


def test_a_user_cannot_be_given_another_uid(world: World) -> None:
    user = world.user(uid="u").user
    with pytest.raises(Refusal) as refused:
        world.user(user, uid="v")
    assert refused.value.code == "invalid_argument"


def test_what_a_server_reports_of_a_user_is_in_no_session(world: World) -> None:
    user = world.user(uid="u").user
    world.event(user={"id": user})
    with world.store.read() as reader:
        devices = reader.devices_of(ORG.id, Uid("u"))
        assert reader.sessions_of(ORG.id, devices, None, 9) == []
        assert reader.recent_sessions(ORG.id, 9) == []
        assert reader.count_sessions(ORG.id) == 0
        assert reader.session(ORG.id, SessionId(devices[0])) is None
        assert [op.n for piece in reader.pieces_of_device(ORG.id, devices[0]) for op in piece.operations] == [1, 2]


def test_an_event_of_a_uid_never_seen_makes_that_user(world: World) -> None:
    reported = world.event(user={"uid": "u"})
    with world.store.read() as reader:
        person = reader.person(ORG.id, reported.user)
    assert person is not None
    assert person.uid == "u"


def test_use_most_recent_finds_the_open_session_of_the_last_30_minutes(world: World) -> None:
    world.browser(Identify(**world.at(1), uid="u"))
    world.now_ms += 60_000
    inside = world.event(user={"uid": "u"}, session={"use_most_recent": True})
    world.now_ms += 31 * 60_000
    outside = world.event(user={"uid": "u"}, session={"use_most_recent": True})
    assert inside.session == f"{DEVICE}:{SESSION}"
    assert outside.session is None
    assert outside.user == inside.user


def test_use_most_recent_leaves_a_session_alone_that_its_user_left(world: World) -> None:
    world.browser(Identify(**world.at(1), uid="u"), End(**world.at(2), why="anonymize"))
    world.now_ms += 60_000
    assert world.event(user={"uid": "u"}, session={"use_most_recent": True}).session is None


def test_an_event_for_a_session_whose_user_has_left_is_a_bleed(world: World) -> None:
    world.browser(Identify(**world.at(1), uid="u"), End(**world.at(2), why="anonymize"))
    world.now_ms += 60_000
    reported = world.event(session={"id": f"{DEVICE}:{SESSION}"})
    with world.store.read() as reader:
        kept = [op for piece in reader.pieces_of_device(ORG.id, DeviceId(DEVICE)) for op in piece.operations]
    assert reported.outcome is Outcome.BLEED
    assert not any(isinstance(op, Event) for op in kept)


@pytest.mark.parametrize("behind_ms", [-40_000, 0, 40_000])
def test_a_report_is_before_or_after_a_logout_whatever_the_browsers_clock_says(world: World, behind_ms: int) -> None:
    def op(kind: Any, n: int, **given: Any) -> Any:
        return kind(n=n, t=world.now_ms - behind_ms, at=world.now_ms, **given)

    world.browser(op(Identify, 1, uid="u"), behind_ms=behind_ms)
    world.now_ms += 5_000
    world.event(name="before", session={"id": f"{DEVICE}:{SESSION}"})
    world.now_ms += 5_000
    world.browser(op(End, 2, why="anonymize"), behind_ms=behind_ms)
    world.now_ms += 5_000
    world.event(name="after", session={"id": f"{DEVICE}:{SESSION}"})
    with world.store.read() as reader:
        kept = [op for piece in reader.pieces_of_device(ORG.id, DeviceId(DEVICE)) for op in piece.operations]
    assert [op.name for op in kept if isinstance(op, Event)] == ["before"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": ""}, "invalid_argument"),
        ({"name": "x" * 251}, "invalid_argument"),
        ({"session": {"id": f"{DEVICE}:{SESSION}"}}, "resource_not_found"),
        ({"session": {"id": f"{DEVICE}:{SESSION}"}, "user": {"uid": "u"}}, "invalid_argument"),
        ({"session": {"use_most_recent": True}}, "invalid_argument"),
        ({"user": {"uid": "u", "id": DEVICE}}, "invalid_argument"),
        ({"user": {"id": DEVICE}}, "resource_not_found"),
        ({"user": {"uid": "undefined"}}, "placeholder_uid"),
        ({"timestamp": "yesterday"}, "invalid_argument"),
        ({"timestamp": "2199-01-01T00:00:00Z"}, "invalid_argument"),
        ({"properties": {"a": "x" * 8193}}, "invalid_argument"),
        ({"properties": {f"p{n}": n for n in range(501)}}, "invalid_argument"),
        ({"properties": {"1": 1}}, "invalid_argument"),
    ],
)
def test_a_wrong_event_is_refused_and_changes_nothing(world: World, given: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        world.event(**given)
    assert refused.value.code == code
    with world.store.read() as reader:
        assert reader.last_row(ORG.id) == 0


def test_an_event_without_user_is_an_anonymous_one_of_its_own(world: World) -> None:
    one, other = world.event(), world.event()
    assert one.uid is None
    assert one.user != other.user


def test_a_context_is_kept_without_its_address(world: World) -> None:
    reported = world.event(
        context={"browser": {"url": "https://x/"}, "location": {"ip_address": "9.9.9.9", "city": "B"}}
    )
    with world.store.read() as reader:
        (piece,) = reader.pieces_of_device(ORG.id, DeviceId(reported.user))
    (event,) = piece.operations
    assert isinstance(event, Event)
    assert [(found.name, found.value) for found in event.context] == [
        ("browser.url", "https://x/"),
        ("location.city", "B"),
    ]


def test_an_event_with_a_context_under_a_shared_one_is_refused(world: World) -> None:
    with pytest.raises(Refusal):
        world.event({"browser": {"url": "https://x/"}}, context={"browser": {"url": "https://y/"}})


def test_what_is_nobodys_gets_no_uid_from_a_server_either(world: World) -> None:
    world.browser(Identify(**world.at(1), uid="u"), End(**world.at(2), why="anonymize"), Event(**world.at(3), name="e"))
    with world.store.read() as reader:
        people = reader.people(ORG.id, PersonFilter(identified=False), None, 9)
    with pytest.raises(Refusal, match="never anybody's"):
        world.user(people[0].id, uid="v")
