"""A share link's pages have no whole id in them, wherever it came from (DA-4.1)."""

from __future__ import annotations

import re

import pytest

from tests.faces.dashboards import ORG, Browser, Dashboard, session_path, uuid

DEVICE, SESSION, PAGE, OTHER = uuid(1), uuid(0x1001), uuid(0x2001), uuid(0x77)


def whole_ids(text: str) -> list[str]:
    """Ids in a text in any form: case, dashes and what they are wrapped in do not matter."""
    plain = text.lower()
    ids = {i for i in (DEVICE, SESSION, PAGE, OTHER) for i in (i, i.replace("-", ""))}
    return [i for i in ids if i in plain] + re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", plain)


def shared(dashboard: Dashboard) -> tuple[str, str]:
    """The address of a link to session 1, and its first page."""
    text = dashboard.browser("admin").fill_in(session_path(1), f"{session_path(1)}/share", hours="1").text
    link = text.split("<code>http://testserver")[1].split("<")[0]
    return link, dashboard.browser().client.get(link).text


def test_the_address_of_a_link_has_no_id(dashboard: Dashboard) -> None:
    dashboard.send(1, {"op": "page", "url": "https://a.example/"})
    link, page = shared(dashboard)
    assert whole_ids(link) == []
    assert SESSION[:8] not in link
    assert SESSION[:8] in page


@pytest.mark.parametrize("id_", [DEVICE, SESSION, PAGE, OTHER, DEVICE.upper(), DEVICE.replace("-", "")])
def test_an_id_that_an_app_reported_is_shortened(dashboard: Dashboard, id_: str) -> None:
    dashboard.send(
        1,
        {"op": "page", "url": f"https://a.example/?s={id_}%3A{id_}", "title": f"of {id_}", "referrer": id_},
        {"op": "identify", "uid": f"u:{id_}", "properties": {"displayName": id_, "email": id_}},
        {"op": "event", "name": f"saw {id_}", "source": id_, "properties": {"a": id_, "b": [id_, f"x{id_}x"]}},
        {"op": "properties", "type": "page", "properties": {"pageName": id_}},
        {"op": "log", "level": "log", "message": f"{{'device': '{id_}'}}"},
        sdk=f"sdk/{id_}",
    )
    _, page = shared(dashboard)
    assert whole_ids(page) == []
    assert f"saw {id_[:8]}…" in page


def test_an_id_that_was_cut_off_is_shortened_too(dashboard: Dashboard) -> None:
    dashboard.send(1, {"op": "page", "url": f"https://a.example/{'x' * 255}{OTHER}"})
    _, page = shared(dashboard)
    assert OTHER[:13] not in page


@pytest.mark.parametrize("query", ["?from=100", "?from=0", f"?from={DEVICE}"])
def test_no_part_of_a_long_session_has_an_id(dashboard: Dashboard, query: str) -> None:
    dashboard.send(1, *({"op": "event", "name": f"e{n}"} for n in range(100)))
    dashboard.send(1, *({"op": "event", "name": f"f{n}"} for n in range(50)), page=0x3001)
    link, page = shared(dashboard)
    assert 'rel="next"' in page
    assert whole_ids(dashboard.browser().client.get(link + query).text) == []


def test_an_anonymous_session_says_nothing_of_its_visitor(dashboard: Dashboard) -> None:
    dashboard.send(1, {"op": "page", "url": "https://a.example/"}, {"op": "end", "why": "forget"})
    _, page = shared(dashboard)
    assert "Anonymous" in page
    assert whole_ids(page) == []


def test_a_link_to_what_is_gone_has_no_id(dashboard: Dashboard) -> None:
    dashboard.send(1, {"op": "page", "url": "https://a.example/"})
    link, _ = shared(dashboard)
    dashboard.clock.ms += 2 * 3_600_000
    assert whole_ids(dashboard.browser().client.get(link).text) == []


def test_numbers_and_times_are_shown_whole(dashboard: Dashboard) -> None:
    dashboard.send(1, {"op": "event", "name": "paid", "properties": {"order": 1234567890123456, "day": "2025-06-15"}})
    _, page = shared(dashboard)
    assert "1234567890123456" in page
    assert "2025-06-15" in page


def test_members_see_whole_ids(dashboard: Dashboard) -> None:
    dashboard.send(1, {"op": "page", "url": "https://a.example/"})
    viewer: Browser = dashboard.browser("vera")
    assert f'title="{DEVICE}"' in viewer.see(session_path(1))
    assert viewer.client.get(f"/ui/{ORG.id}{session_path(1)}").status_code == 200


@pytest.fixture
def dashboard() -> Dashboard:
    return Dashboard()
