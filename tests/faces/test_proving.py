"""Signed identify: admins make and retire secrets there, and viewers see whether it is demanded (WI-11)."""

from __future__ import annotations

import re

from tests.faces.dashboards import ORG, Dashboard

_PAGE = "/signed-identify"


def test_an_admin_makes_a_secret_that_is_shown_once_and_demands_signatures() -> None:
    dashboard = Dashboard()
    admin = dashboard.browser("admin")
    dashboard.send(1, {"op": "identify", "uid": "ann"})
    assert "1 identifies came without a signature" in admin.see(_PAGE)
    refused = admin.fill_in(_PAGE, f"{_PAGE}/demand", signed="on")
    assert (refused.status_code, "make a secret first" in refused.text) == (400, True)
    made = admin.fill_in(_PAGE, f"{_PAGE}/new")
    found = re.search(r"psk_\d{40}", made.text)
    assert found is not None
    assert found[0] not in admin.see(_PAGE)
    assert admin.fill_in(_PAGE, f"{_PAGE}/demand", signed="on").status_code == 303
    assert "Only your server" in admin.see(_PAGE)
    dashboard.send(2, {"op": "identify", "uid": "bob"})
    assert "An identify without a signature" in admin.see("/errors")
    with dashboard.store.read() as reader:
        assert reader.devices_of(ORG.id, "bob") == []


def test_a_retired_secret_is_one_no_more() -> None:
    dashboard = Dashboard()
    admin = dashboard.browser("admin")
    admin.fill_in(_PAGE, f"{_PAGE}/new")
    with dashboard.store.read() as reader:
        (secret,) = reader.secrets(ORG.id)
    assert admin.fill_in(_PAGE, f"{_PAGE}/retire", secret=secret.id).status_code == 303
    with dashboard.store.read() as reader:
        assert [one.key for one in reader.secrets(ORG.id)] == [None]


def test_a_viewer_sees_no_secret_and_changes_nothing() -> None:
    dashboard = Dashboard()
    dashboard.browser("admin").fill_in(_PAGE, f"{_PAGE}/new")
    vera = dashboard.browser("vera")
    assert "Retire" not in vera.see(_PAGE)
    for form in ("new", "retire", "demand"):
        assert vera.fill_in("/settings", f"{_PAGE}/{form}", signed="on").status_code == 403
