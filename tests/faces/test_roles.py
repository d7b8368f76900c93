"""What each role may do (DA-1.1): the table of the spec, form by form."""

from __future__ import annotations

import re

import pytest

from passerby.model.member import MEMBER_ROLES, RIGHTS
from passerby.store.contract import Reader
from tests.docs.pages import ROOT, rows
from tests.faces.dashboards import ORG, PASSWORD, Browser, Dashboard, session_path, uuid

FORMS = {
    "/session/{session}/share": "share",
    "/user/{user}/export": "export",
    "/user/{user}/erase": "erase",
    "/settings/unshare": "share",
    "/annotate": "annotate",
    "/unannotate": "annotate",
    "/settings/password": "look",
    "/two-step/begin": "look",
    "/two-step/on": "look",
    "/two-step/off": "look",
    "/settings/connect": "look",
    "/sign-out": "look",
}
"""The right that each form needs; one that is not here is for who manages."""


@pytest.fixture
def dashboard() -> Dashboard:
    dashboard = Dashboard()
    dashboard.send(1, {"op": "page", "url": "https://a.example/"}, {"op": "identify", "uid": "ada"})
    return dashboard


def member(dashboard: Dashboard, role: str) -> Browser:
    dashboard.door.put_member(ORG.id, f"the {role}", role, PASSWORD)  # type: ignore[arg-type]
    return dashboard.browser(f"the {role}")


def forms_of(dashboard: Dashboard) -> set[str]:
    """The addresses of all forms that the dashboard takes from members."""
    posts = {route.path for route in dashboard.routes if "POST" in (route.methods or ())}
    return {path.removeprefix("/ui/{org}") for path in posts if "/sign-in" not in path and "/join" not in path}


def test_the_table_of_the_spec_is_what_holds() -> None:
    told = {cells[0]: set(cells[1].split(", ")) for cells in rows(ROOT / "spec/dashboard.md", "role | may | for")}
    assert told == {role: {str(right) for right in RIGHTS[role]} for role in MEMBER_ROLES}


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_a_form_is_taken_from_those_who_have_the_right_to_it(dashboard: Dashboard, role: str) -> None:
    forms = forms_of(dashboard)
    assert set(FORMS) <= forms
    for form in forms:
        path = form.replace("{user}", uuid(1)).replace("{session}", session_path(1).rpartition("/")[2])
        status = member(dashboard, role).fill_in("/", path, hours="1", confirm="ada", name="nobody").status_code
        assert (status == 403) == (FORMS.get(form, "manage") not in RIGHTS[role]), form  # type: ignore[index]


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_pages_offer_what_the_role_may_do_and_nothing_else(dashboard: Dashboard, role: str) -> None:
    browser = member(dashboard, role)
    offers = {
        "share": "Make link" in browser.see(session_path(1)),
        "annotate": "Annotate</button>" in browser.see("/"),
        "export": "PV-2.3" in browser.see(f"/user/{uuid(1)}"),
        "erase": "Erase for good" in browser.see(f"/user/{uuid(1)}"),
        "manage": "Make key" in browser.see("/settings"),
    }
    assert {right for right, offered in offers.items() if offered} == RIGHTS[role] - {"look"}  # type: ignore[index]


def test_an_export_is_everything_held_as_one_file(dashboard: Dashboard) -> None:
    answer = member(dashboard, "privacy").fill_in("/", f"/user/{uuid(1)}/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.json()["user"]["uid"] == "ada"


def test_of_somebody_who_is_being_erased_there_is_no_export(dashboard: Dashboard) -> None:
    privacy = member(dashboard, "privacy")
    assert privacy.fill_in("/", f"/user/{uuid(1)}/erase", confirm="ada").status_code == 202
    answer = privacy.fill_in("/", f"/user/{uuid(1)}/export")
    assert (answer.status_code, "being erased" in answer.text) == (410, True)


def test_another_role_holds_at_once(dashboard: Dashboard) -> None:
    vera, admin = dashboard.browser("vera"), dashboard.browser("admin")
    assert admin.fill_in("/settings", "/settings/change-role", name="vera", role="support").status_code == 303
    assert "Make link" in vera.see(session_path(1))
    admin.fill_in("/settings", "/settings/change-role", name="vera", role="viewer")
    assert "Make link" not in vera.see(session_path(1))
    assert vera.fill_in("/", f"{session_path(1)}/share", hours="1").status_code == 403


@pytest.mark.parametrize("role", ["guest", "owner", ""])
def test_there_are_no_other_roles(dashboard: Dashboard, role: str) -> None:
    admin = dashboard.browser("admin")
    assert admin.fill_in("/settings", "/settings/change-role", name="vera", role=role).status_code == 400
    assert admin.fill_in("/settings", "/settings/add-member", name="ida", role=role).status_code == 400


def test_support_sees_and_takes_back_its_own_links_alone(dashboard: Dashboard) -> None:
    support, admin = member(dashboard, "support"), dashboard.browser("admin")
    for browser in (support, admin):
        browser.fill_in("/", f"{session_path(1)}/share", hours="1")
    assert support.see("/settings").count('name="share"') == 1
    assert admin.see("/settings").count('name="share"') == 2
    for digest in re.findall(r'name="share" value="(\w+)"', admin.see("/settings")):
        support.fill_in("/", "/settings/unshare", share=digest)
    with dashboard.store.read() as reader:
        assert [one.member for one in shares(reader)] == ["admin"]


def shares(reader: Reader) -> list[object]:
    return [one for one in reader.admissions(ORG.id) if one.session]


def test_somebody_stays_admin(dashboard: Dashboard) -> None:
    dashboard.door.put_member(ORG.id, "ida", "admin", PASSWORD)
    ida, admin = dashboard.browser("ida"), dashboard.browser("admin")
    assert admin.fill_in("/settings", "/settings/change-role", name="admin", role="viewer").status_code == 400
    assert admin.fill_in("/settings", "/settings/remove-member", name="ida").status_code == 303
    ida.see("/", 303)
    for change in (
        lambda: dashboard.door.remove_member(ORG.id, "admin"),
        lambda: dashboard.door.change_role(ORG.id, "admin", "viewer"),
    ):
        with pytest.raises(Exception, match="somebody has to be admin"):
            change()
    assert "Make key" in admin.see("/settings")
