"""Every door of the service, with everyone who may stand before it: only the table in `doors.py` lets anybody in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from passerby.base.ids import OrgId
from passerby.faces.api import ENDPOINTS
from passerby.faces.collector import BUNDLE_PATHS
from passerby.model.member import GUEST
from tests.attacks.asking import Answer
from tests.attacks.doors import COLLECTOR, DOORS, MARK, MEMBERS, NOBODY, Door
from tests.attacks.house import ATTACKED, OTHER, Caller, House, routes


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = House(tmp_path_factory.mktemp("house"))
    yield built
    built.close()


def lines_of(house: House) -> set[str]:
    """Method and path of everything that the service answers, but for the collector."""
    found: set[str] = set()
    methods_of: dict[str, set[str]] = {}
    for endpoint in ENDPOINTS:
        methods_of.setdefault(endpoint.path, set()).add(endpoint.method)
    for route in routes(house.service.app):
        methods = route.methods or methods_of.get(route.path.replace("/v2beta/", "/v2/", 1), {"GET"})
        found |= {f"{method} {route.path}" for method in methods if method != "HEAD"}
    return found


def is_refused(answer: Answer) -> bool:
    """Whether the door stayed shut, whatever the room behind it would have said."""
    to_sign_in = answer.status == 303 and "/sign-in" in answer.headers.get("location", "")
    is_expired = answer.status == 404 and b"expired" in answer.body.lower()
    return answer.status in (401, 403) or to_sign_in or is_expired


def test_every_route_has_a_line_and_every_line_a_route(house: House) -> None:
    assert lines_of(house) == set(DOORS)
    assert {f"POST {path}" for path in BUNDLE_PATHS} == {line for line in COLLECTOR if line.startswith("POST")}


@pytest.mark.parametrize("line", sorted(DOORS))
def test_a_stranger_is_turned_away_and_changes_nothing(house: House, line: str) -> None:
    method, _, path = line.partition(" ")
    door = DOORS[line]
    callers = [*house.strangers()]
    before = house.state()
    for caller in callers:
        answer = house.ask(method, house.target(path), caller, door)
        assert is_refused(answer) or door.is_open, (line, caller.name, answer.status)
        assert answer.status < 500, (line, caller.name)
        assert MARK.encode() not in answer.body or echoes(line), (line, caller.name)
    assert house.state() == before


def echoes(line: str) -> bool:
    """Whether an open page repeats what is in its own address."""
    return line == "GET /ui/{org}/sign-in"


@pytest.mark.parametrize("line", sorted(DOORS))
def test_a_member_or_key_of_another_org_sees_nothing_and_changes_nothing(house: House, line: str) -> None:
    method, _, path = line.partition(" ")
    door = DOORS[line]
    callers = [*house.foreigners()]
    before = house.state()
    for caller in callers:
        answer = house.ask(method, house.target(path), caller, door)
        assert answer.status < 500, (line, caller.name)
        if path.startswith("/ui/{org}") and not door.is_open:
            assert is_refused(answer), (line, caller.name, answer.status)
        assert not leaks(line, answer), (line, caller.name, answer.status, answer.body[:300])
    assert house.state() == before


def leaks(line: str, answer: Answer) -> bool:
    """Whether an answer shows a mark that was not in the question: a path with a uid, a body with one."""
    asked_with_it = "{uid" in line or DOORS[line].body is not None
    return MARK.encode() in (answer.body.replace(f'"{MARK}"'.encode(), b"") if asked_with_it else answer.body)


@pytest.mark.parametrize("line", sorted(DOORS))
def test_of_its_own_org_only_those_in_the_line_are_let_in(house: House, line: str) -> None:
    method, _, path = line.partition(" ")
    door = DOORS[line]
    let_in = [caller for caller in house.own() if caller.name in door.admits or door.is_open]
    for caller in [caller for caller in house.own() if not (caller.name in door.admits or door.is_open)]:
        before = house.state()
        answer = house.ask(method, house.target(path), caller, door)
        assert is_refused(answer), (line, caller.name, answer.status)
        assert house.state() == before, (line, caller.name)
    if method == "GET":
        for caller in let_in:
            answer = house.ask(method, house.target(path), caller, door)
            assert not is_refused(answer), (line, caller.name, answer.status)
            assert answer.status < 400 or door.is_open, (line, caller.name, answer.status, answer.body[:300])


def test_what_a_line_says_is_done_for_those_it_lets_in(tmp_path: Path) -> None:
    """Last, in a house of its own, because much is gone afterwards."""
    house = House(tmp_path)
    for line, door in DOORS.items():
        method, _, path = line.partition(" ")
        for name in [] if method == "GET" else [caller.name for caller in house.own()]:
            if name in door.admits:
                fresh = next(caller for caller in house.own() if caller.name == name)
                before = house.state()
                answer = house.ask(method, house.target(path), fresh, door)
                assert not is_refused(answer) or house.state() != before, (line, name, answer.status, answer.body[:300])
                assert answer.status < 500, (line, name)
    house.close()


def share(house: House, org: OrgId, n: int, for_ms: int = 60_000) -> Caller:
    """Who holds a link to the nth session."""
    return house.signed_in(org, GUEST, house.sessions[n], for_ms)


def test_a_share_link_shows_its_session_and_no_other(house: House) -> None:
    for n, other in ((0, 1), (1, 0)):
        held = share(house, ATTACKED, n)
        answer = house.ask("GET", f"/ui/{ATTACKED}/shared/{held.token}", Caller("guest"))
        assert answer.status == 200
        assert f"{MARK}-session-{n}".encode() in answer.body
        assert f"{MARK}-session-{other}".encode() not in answer.body


@pytest.mark.parametrize(
    ("org", "at", "for_ms"), [(OTHER, ATTACKED, 60_000), (ATTACKED, OTHER, 60_000), (ATTACKED, ATTACKED, -1)]
)
def test_a_share_link_of_another_org_or_expired_shows_nothing(house: House, org: OrgId, at: OrgId, for_ms: int) -> None:
    held = share(house, org, 0, for_ms)
    answer = house.ask("GET", f"/ui/{at}/shared/{held.token}", Caller("guest"))
    assert (answer.status, is_refused(answer)) == (404, True)
    assert MARK.encode() not in answer.body


def test_the_token_of_a_member_is_no_share_link(house: House) -> None:
    member = house.signed_in(ATTACKED, "admin")
    answer = house.ask("GET", f"/ui/{ATTACKED}/shared/{member.token}", Caller("guest"))
    assert (answer.status, is_refused(answer)) == (404, True)


@pytest.mark.parametrize("line", sorted(line for line, door in DOORS.items() if door.form is not None))
@pytest.mark.parametrize("wrong", ["no mark", "another's mark", "another site", "null origin"])
def test_a_form_that_our_pages_did_not_make_is_not_taken(house: House, line: str, wrong: str) -> None:
    if not DOORS[line].admits & MEMBERS:
        pytest.skip("who signs in or joins has no mark yet")
    method, _, path = line.partition(" ")
    caller = house.signed_in(ATTACKED, "admin")
    marks = {"no mark": "", "another's mark": house.signed_in(ATTACKED, "viewer").mark}
    sites = {"another site": ("origin", "https://evil.example"), "null origin": ("origin", "null")}
    shown = Caller(caller.name, caller.headers, marks.get(wrong, caller.mark))
    before = house.state()
    site = sites.get(wrong, ("sec-fetch-site", "same-origin"))
    answer = house.ask(method, house.target(path), shown, DOORS[line], site)
    assert answer.status == 403
    assert house.state() == before


def test_the_walk_notices_a_door_that_stands_open(house: House) -> None:
    """The walk itself can fail: of a door said to be shut to all it finds that members come in."""
    line = "GET /ui/{org}/users"
    member = house.signed_in(ATTACKED, "admin")
    answer = house.ask("GET", house.target("/ui/{org}/users"), member, Door(NOBODY))
    assert not is_refused(answer)
    assert leaks(line, answer)
