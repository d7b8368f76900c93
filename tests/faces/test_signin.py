"""Who may see the dashboard, and who may change what."""

from __future__ import annotations

import pytest

from passerby.base.errors import Refusal
from passerby.base.units import DAY_MS, HOUR_MS
from passerby.model.org import Auto, Block
from tests.faces.dashboards import ORG, Dashboard, session_path, uuid

PAGES = ("/", "/numbers", "/users", "/live", "/errors", "/settings", f"/user/{uuid(1)}", session_path(1))


@pytest.fixture
def dashboard() -> Dashboard:
    return Dashboard()


@pytest.mark.parametrize("path", PAGES)
def test_without_signing_in_every_page_leads_to_the_sign_in_page_and_back(dashboard: Dashboard, path: str) -> None:
    browser = dashboard.browser()
    answer = browser.client.get(f"/ui/{ORG.id}{path}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/ui/{ORG.id}/sign-in?next=")
    assert "Sign in" in browser.client.get(answer.headers["location"]).text


def test_the_live_stream_is_for_members_only(dashboard: Dashboard) -> None:
    assert dashboard.browser().client.get(f"/ui/{ORG.id}/live/stream").status_code == 401


def test_a_member_gets_a_cookie_that_no_script_can_read_and_no_other_site_can_send_along(dashboard: Dashboard) -> None:
    cookie = dashboard.browser().sign_in("vera").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert f"Path=/ui/{ORG.id}/" in cookie


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(dashboard: Dashboard) -> None:
    wrong = dashboard.browser().sign_in("vera", "wrong")
    unknown = dashboard.browser().sign_in("nobody", "wrong")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert "not a name and password" in wrong.text
    assert wrong.text.replace("vera", "nobody") == unknown.text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", f"/ui/{ORG.id}/\\evil", "/ui/other/", ""])
def test_signing_in_leads_nowhere_but_into_the_org(dashboard: Dashboard, back: str) -> None:
    assert dashboard.browser().sign_in("vera", back=back).headers["location"] == f"/ui/{ORG.id}/"


def test_signing_in_leads_back_to_the_page_that_was_asked_for(dashboard: Dashboard) -> None:
    back = f"/ui/{ORG.id}/users?q=ada"
    assert dashboard.browser().sign_in("vera", back=back).headers["location"] == back


def test_a_sandboxed_page_cannot_sign_anybody_in(dashboard: Dashboard) -> None:
    browser = dashboard.browser()
    browser.client.headers["origin"] = "null"
    assert browser.sign_in("vera").status_code == 403


def test_our_own_page_says_where_it_is_so_that_its_forms_are_taken(dashboard: Dashboard) -> None:
    browser = dashboard.browser()
    page = browser.client.get(f"/ui/{ORG.id}/sign-in")
    assert page.headers["referrer-policy"] == "same-origin"  # with no-referrer a browser says `Origin: null`
    browser.client.headers["origin"] = "http://testserver"
    assert browser.sign_in("vera").status_code == 303


def test_another_site_cannot_sign_anybody_in(dashboard: Dashboard) -> None:
    browser = dashboard.browser()
    browser.client.headers["sec-fetch-site"] = "cross-site"
    assert browser.sign_in("vera").status_code == 403


def test_signing_out_ends_it_on_the_server(dashboard: Dashboard) -> None:
    browser = dashboard.browser("vera")
    cookies = dict(browser.client.cookies)
    assert browser.fill_in("/", "/sign-out").status_code == 303
    browser.client.cookies.update(cookies)
    browser.see("/", 303)


def test_a_sign_in_ends_after_a_week(dashboard: Dashboard) -> None:
    browser = dashboard.browser("vera")
    dashboard.clock.ms += 7 * DAY_MS
    browser.see("/", 303)


def test_a_form_without_the_mark_of_its_page_changes_nothing(dashboard: Dashboard) -> None:
    browser = dashboard.browser("admin")
    answer = browser.client.post(f"/ui/{ORG.id}/settings/add-member", {"name": "mallory", "role": "admin"})
    assert answer.status_code == 403
    assert "mallory" not in browser.see("/settings")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "file://", "http://[", "ftp://testserver"])
@pytest.mark.parametrize("site", ["", "same-origin"])
def test_a_form_from_another_site_changes_nothing_though_it_has_the_mark(
    dashboard: Dashboard, origin: str, site: str
) -> None:
    browser = dashboard.browser("admin")
    browser.client.headers["origin"] = origin
    if site:
        browser.client.headers["sec-fetch-site"] = site
    assert browser.fill_in("/settings", "/settings/add-member", name="mallory", role="admin").status_code == 403


def test_a_member_that_an_admin_adds_signs_in_with_the_password_shown_once(dashboard: Dashboard) -> None:
    admin = dashboard.browser("admin")
    told = admin.fill_in("/settings", "/settings/add-member", name="ida", role="viewer").text
    assert "password-0" in told
    assert "password-0" not in admin.see("/settings")
    assert dashboard.browser().sign_in("ida", "password-0").status_code == 303


def test_a_removed_member_is_out_at_once(dashboard: Dashboard) -> None:
    vera = dashboard.browser("vera")
    dashboard.browser("admin").fill_in("/settings", "/settings/remove-member", name="vera")
    vera.see("/", 303)
    assert vera.sign_in("vera").status_code == 401


def test_changing_a_password_signs_out_everywhere(dashboard: Dashboard) -> None:
    here, there = dashboard.browser("vera"), dashboard.browser("vera")
    here.fill_in("/settings", "/settings/password", password="a longer one than before")
    there.see("/", 303)
    assert dashboard.browser().sign_in("vera").status_code == 401
    assert dashboard.browser().sign_in("vera", "a longer one than before").status_code == 303


@pytest.mark.parametrize("chosen", ["eleven char", "password12345678", "vera vera vera 2026"])
def test_a_password_that_is_tried_first_is_not_taken(dashboard: Dashboard, chosen: str) -> None:
    vera = dashboard.browser("vera")
    refused = vera.fill_in("/settings", "/settings/password", password=chosen)
    assert refused.status_code == 400
    assert "That password cannot be taken" in refused.text
    assert dashboard.browser().sign_in("vera").status_code == 303


def test_a_password_is_changed_in_one_piece_or_not_at_all(dashboard: Dashboard) -> None:
    commits = list[object]()
    submit = dashboard.store.submit
    dashboard.store.submit = lambda work: (commits.append(work), submit(work))[1]  # type: ignore[method-assign, assignment]
    dashboard.door.change_password(ORG.id, "vera", "a longer one than before")
    assert len(commits) == 1
    dashboard.door.remove_member(ORG.id, "vera")
    with pytest.raises(Refusal):
        dashboard.door.change_password(ORG.id, "vera", "yet another, and a long one")
    with dashboard.store.read() as reader:
        assert reader.member(ORG.id, "vera") is None


def test_who_was_removed_while_their_password_was_looked_at_stays_out(dashboard: Dashboard) -> None:
    read = dashboard.store.read
    with read() as reader:
        member = reader.member(ORG.id, "vera")
    assert member is not None
    dashboard.door.change_password(ORG.id, "vera", "a longer one than before")
    with pytest.raises(Refusal):
        dashboard.door.enter(ORG, member)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"name=vera&password=" + b"x" * (16 << 10), "application/x-www-form-urlencoded"),
        (b"a&" * 2000, "application/x-www-form-urlencoded"),
        (b"name=vera", "text/plain"),
        (b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nvera\r\n--x--', "multipart/form-data; boundary=x"),
    ],
)
def test_what_is_no_form_or_too_long_says_nothing(dashboard: Dashboard, body: bytes, kind: str) -> None:
    client = dashboard.browser().client
    client.headers["content-type"] = kind
    answer = client.send(f"/ui/{ORG.id}/sign-in", body)
    assert answer.status_code == 401
    assert 'value="vera"' not in answer.text


def test_an_admin_erases_who_was_named_twice(dashboard: Dashboard) -> None:
    dashboard.send(1, {"op": "page", "url": "https://a.example/"}, {"op": "identify", "uid": "ada"})
    admin, path = dashboard.browser("admin"), f"/user/{uuid(1)}"
    assert admin.fill_in(path, f"{path}/erase", confirm="bo").status_code == 400
    assert "Erase for good" in admin.see(path)
    assert admin.fill_in(path, f"{path}/erase", confirm="ada").status_code == 202
    assert dashboard.woken == 1
    assert "is being erased" in admin.see(path)


def test_a_key_is_shown_once_and_revoked(dashboard: Dashboard) -> None:
    admin = dashboard.browser("admin")
    assert "key-0" in admin.fill_in("/settings", "/settings/add-key", label="the warehouse", scope="read").text
    page = admin.see("/settings")
    assert "the warehouse" in page
    assert "key-0" not in page
    name = page.split('name="key" value="')[1].split('"')[0]
    admin.fill_in("/settings", "/settings/revoke-key", key=name)
    assert "the warehouse" not in admin.see("/settings")


def test_settings_of_capture_are_kept(dashboard: Dashboard) -> None:
    admin = dashboard.browser("admin")
    admin.fill_in("/settings", "/settings/capture", capture="on", split_on_identify="on", idle_min="10", age_h="8")
    with dashboard.store.read() as reader:
        org = reader.org(ORG.id)
    assert org is not None
    assert (org.settings.idle_ms, org.settings.age_ms, org.settings.split_on_identify) == (600_000, 8 * HOUR_MS, True)
    assert org.secret == ORG.secret


def test_what_pages_report_and_hide_is_kept_and_shown_again(dashboard: Dashboard) -> None:
    admin = dashboard.browser("admin")
    chosen = {"capture": "on", "idle_min": "30", "age_h": "24", "auto_click": "on", "auto_navigate": "on"}
    rules = "mask  .card > input\r\n\r\n exclude #chat [role='log'], .x \r\nunmask .total"
    admin.fill_in("/settings", "/settings/capture", **chosen, blocks=rules)
    with dashboard.store.read() as reader:
        org = reader.org(ORG.id)
    assert org is not None
    assert org.settings.auto == Auto(click=True, navigate=True, exception=False, visibility=False, change=False)
    assert org.settings.blocks == (
        Block(".card > input", "mask"),
        Block("#chat [role='log'], .x", "exclude"),
        Block(".total", "unmask"),
    )
    page = admin.see("/settings")
    assert "mask .card &gt; input\nexclude #chat [role=&#39;log&#39;], .x\nunmask .total" in page
    assert 'name="auto_click" checked' in page
    assert 'name="auto_change">' in page


@pytest.mark.parametrize("rule", ["hide .card", "mask", "mask ", ".card mask", "mask " + "x" * 501, "mask a\n" * 201])
def test_a_rule_that_is_none_is_refused_and_not_lost(dashboard: Dashboard, rule: str) -> None:
    admin = dashboard.browser("admin")
    answer = admin.fill_in("/settings", "/settings/capture", idle_min="30", age_h="24", blocks=f"mask .kept\n{rule}")
    assert answer.status_code == 400
    assert "mask .kept" in answer.text
    with dashboard.store.read() as reader:
        org = reader.org(ORG.id)
    assert org is not None
    assert org.settings.blocks == ()


def test_settings_that_are_no_numbers_are_refused(dashboard: Dashboard) -> None:
    answer = dashboard.browser("admin").fill_in("/settings", "/settings/capture", idle_min="soon", age_h="8")
    assert answer.status_code == 400


class TestShareLinks:
    @pytest.fixture
    def link(self, dashboard: Dashboard) -> str:
        dashboard.send(1, {"op": "page", "url": "https://a.example/"}, {"op": "identify", "uid": "ada"})
        dashboard.send(2, {"op": "page", "url": "https://b.example/"})
        text = dashboard.browser("admin").fill_in(session_path(1), f"{session_path(1)}/share", hours="1").text
        address: str = text.split("<code>http://testserver")[1].split("<")[0]
        return address

    def test_a_link_shows_its_session_and_leads_nowhere_else(self, dashboard: Dashboard, link: str) -> None:
        guest = dashboard.browser().client
        page = guest.get(link).text
        assert "https://a.example/" in page
        assert f'href="/ui/{ORG.id}/' not in page
        assert guest.get(f"/ui/{ORG.id}{session_path(2)}").status_code == 303

    def test_the_token_of_a_link_opens_no_other_page(self, dashboard: Dashboard, link: str) -> None:
        guest = dashboard.browser()
        guest.client.cookies.set("passerby_pass", link.rsplit("/", 1)[1], path=f"/ui/{ORG.id}/")
        guest.see(session_path(2), 303)
        guest.see("/settings", 303)
        assert guest.client.get(f"/ui/{ORG.id}/live/stream").status_code == 401

    def test_a_link_expires(self, dashboard: Dashboard, link: str) -> None:
        dashboard.clock.ms += HOUR_MS
        assert dashboard.browser().client.get(link).status_code == 404

    def test_a_link_can_be_taken_back(self, dashboard: Dashboard, link: str) -> None:
        admin = dashboard.browser("admin")
        share = admin.see("/settings").split('name="share" value="')[1].split('"')[0]
        admin.fill_in("/settings", "/settings/unshare", share=share)
        assert dashboard.browser().client.get(link).status_code == 404
