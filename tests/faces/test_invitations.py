"""Invitations: links that make whoever holds them a member, once (DA-2.3)."""

from __future__ import annotations

import httpx
import pytest

from passerby.access.invitations import OPEN_MAX
from passerby.access.passwords import fits
from passerby.base.units import DAY_MS
from tests.faces.dashboards import ORG, PASSWORD, Browser, Dashboard

LONG = "a password of twelve"


@pytest.fixture
def dashboard() -> Dashboard:
    return Dashboard()


@pytest.fixture
def link(dashboard: Dashboard) -> str:
    return invited(dashboard.browser("admin"))


def invited(admin: Browser, role: str = "support") -> str:
    """The path of a new invitation."""
    text = admin.fill_in("/settings", "/settings/invite", label="Ida of support", role=role).text
    path: str = text.split("<code>http://testserver")[1].split("<")[0]
    return path


def join(browser: Browser, link: str, name: str = "ida", password: str = LONG) -> httpx.Response:
    return browser.client.post(link, {"name": name, "password": password})


def test_an_invitation_makes_a_member_of_its_role_who_is_in_at_once(dashboard: Dashboard, link: str) -> None:
    browser = dashboard.browser()
    page = browser.client.get(link)
    assert page.status_code == 200
    assert "admin invites you" in page.text
    assert join(browser, link).headers["location"] == f"/ui/{ORG.id}/"
    assert "share sessions" in browser.see("/settings")
    assert dashboard.browser().sign_in("ida", LONG).status_code == 303


def test_an_invitation_is_good_once(dashboard: Dashboard, link: str) -> None:
    assert join(dashboard.browser(), link).status_code == 303
    assert dashboard.browser().client.get(link).status_code == 404
    assert join(dashboard.browser(), link, "mallory").status_code == 404
    assert dashboard.browser().sign_in("mallory", LONG).status_code == 401


def test_of_two_who_use_it_together_one_becomes_a_member(dashboard: Dashboard, link: str) -> None:
    token = link.rpartition("/")[2]
    dashboard.door.accept(ORG.id, token, "ida", LONG)
    with pytest.raises(Exception, match="was used"):
        dashboard.door.accept(ORG.id, token, "mallory", LONG)


def test_an_invitation_ends_after_a_week(dashboard: Dashboard, link: str) -> None:
    dashboard.clock.ms += 7 * DAY_MS
    assert join(dashboard.browser(), link).status_code == 404
    assert "Ida of support" not in dashboard.browser("admin").see("/settings")


def test_an_invitation_is_shown_once_and_can_be_taken_back(dashboard: Dashboard, link: str) -> None:
    admin = dashboard.browser("admin")
    page = admin.see("/settings")
    assert "Ida of support" in page
    assert link not in page
    admin.fill_in(
        "/settings", "/settings/uninvite", invitation=page.split('name="invitation" value="')[1].split('"')[0]
    )
    assert join(dashboard.browser(), link).status_code == 404


def test_an_invitation_ends_with_whoever_made_it(dashboard: Dashboard) -> None:
    dashboard.door.put_member(ORG.id, "eve", "admin", PASSWORD)
    link = invited(dashboard.browser("eve"), "admin")
    dashboard.door.remove_member(ORG.id, "eve")
    assert join(dashboard.browser(), link).status_code == 404


@pytest.mark.parametrize(
    ("name", "password"),
    [
        *[("admin", LONG), ("", LONG), ("x" * 65, LONG), ("i\nda", LONG)],
        *[("ida", "short"), ("ida", "password12345678")],
    ],
)
def test_a_name_and_a_password_have_to_be_good_and_the_invitation_stays(
    dashboard: Dashboard, link: str, name: str, password: str
) -> None:
    assert join(dashboard.browser(), link, name, password).status_code == 400
    assert dashboard.browser().sign_in("admin").status_code == 303
    assert join(dashboard.browser(), link).status_code == 303


def test_another_site_makes_nobody_join(dashboard: Dashboard, link: str) -> None:
    browser = dashboard.browser()
    browser.client.headers["origin"] = "null"
    assert join(browser, link).status_code == 403


@pytest.mark.parametrize("token", ["x", "é", "%00", "a" * 5000])
def test_a_link_that_nobody_made_leads_nowhere(dashboard: Dashboard, link: str, token: str) -> None:
    assert dashboard.browser().client.get(f"/ui/{ORG.id}/join/{token}").status_code == 404
    assert dashboard.browser().client.get(link.replace(ORG.id, "other", 1)).status_code == 404


def test_there_are_not_more_open_ones_than_may_be(dashboard: Dashboard) -> None:
    for n in range(OPEN_MAX):
        dashboard.door.invite(ORG.id, "admin", "viewer", str(n))
    assert dashboard.browser("admin").fill_in("/", "/settings/invite", label="x", role="viewer").status_code == 400
    dashboard.clock.ms += 7 * DAY_MS
    dashboard.door.invite(ORG.id, "admin", "viewer", "again")
    with dashboard.store.read() as reader:
        assert len(reader.entries(ORG.id, "invitation", "", "", 1000)) == 1


def test_the_database_alone_opens_no_invitation(dashboard: Dashboard, link: str) -> None:
    with dashboard.store.read() as reader:
        kept = reader.entries(ORG.id, "invitation", "", "", 10)
    assert link.rpartition("/")[2] not in str(kept)


def test_no_password_is_that_of_a_member_who_has_none() -> None:
    assert not fits("", "")
    assert not fits("", None)
