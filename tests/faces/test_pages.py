"""What the dashboard's pages show."""

from __future__ import annotations

import re

import pytest

from passerby.base.ids import Uid
from passerby.base.units import DAY_MS, MINUTE_MS
from passerby.faces.dashboard.mending import REMEDIES
from passerby.ingest import holding
from passerby.model.outcome import Outcome
from passerby.query import sessions
from passerby.store.projection import user_id
from tests.faces.dashboards import NOW_MS, ORG, Browser, Dashboard, session_path, uuid
from tests.held import device_of, hold, session_of, visit

PAGE = {"op": "page", "url": "https://a.example/"}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def dashboard() -> Dashboard:
    return Dashboard()


@pytest.fixture
def vera(dashboard: Dashboard) -> Browser:
    return dashboard.browser("vera")


def user_path(browser: Browser, uid: str) -> str:
    """The path of the page of the user with that uid."""
    found = re.search(r'href="/ui/o1(/user/[0-9a-f-]+)"', browser.see(f"/users?q={uid}"))
    assert found is not None
    return found[1]


@pytest.mark.parametrize("path", ["/", "/users", "/live"])
def test_an_empty_org_is_told_what_to_do(vera: Browser, path: str) -> None:
    assert f"/s/fs.js?org={ORG.id}" in vera.see(path)


def test_no_page_has_a_script_or_style_of_its_own(dashboard: Dashboard, vera: Browser) -> None:
    dashboard.send(1, PAGE, {"op": "identify", "uid": "ada"})
    for path in ("/", "/users", "/live", "/errors", "/settings", user_path(vera, "ada"), session_path(1)):
        answer = vera.client.get(f"/ui/{ORG.id}{path}")
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=|javascript:", answer.text)


def test_what_people_send_is_text_on_every_page(dashboard: Dashboard, vera: Browser) -> None:
    dashboard.send(
        1,
        {"op": "page", "url": f"https://a.example/{HOSTILE}", "title": HOSTILE, "referrer": HOSTILE},
        {"op": "identify", "uid": HOSTILE, "properties": {"displayName": HOSTILE, "email": HOSTILE, "plan": HOSTILE}},
        {"op": "event", "name": HOSTILE, "source": HOSTILE, "properties": {"a": HOSTILE, "b": [HOSTILE]}},
        {"op": "log", "level": "log", "message": HOSTILE},
        {"op": "event", "name": "", "properties": {}},
        {"op": "event", "name": "x", "properties": {HOSTILE: 1}, "schema": {HOSTILE: HOSTILE}},
        {"op": HOSTILE},
        sdk="<img src=x onerror=alert(1)>",
    )
    for path in (
        "/",
        "/users",
        "/live",
        "/errors",
        user_path(vera, "%3Cscript"),
        session_path(1),
        f"/users?q={HOSTILE}",
    ):
        text = vera.see(path)
        assert "<img" not in text
        assert not re.search(r"<script(?! src=)", text)


def test_home_counts_what_arrived(dashboard: Dashboard, vera: Browser) -> None:
    dashboard.send(1, PAGE, {"op": "identify", "uid": "ada"})
    dashboard.send(2, PAGE, {"op": "event", "name": ""})
    dashboard.clock.ms += MINUTE_MS
    figures = re.findall(r'class="figure">([\d,]+)<', vera.see("/numbers"))
    assert figures == ["4", "2", "2", "0", "1"]


def test_users_are_found_by_the_beginning_of_uid_email_or_name_and_by_property(
    dashboard: Dashboard, vera: Browser
) -> None:
    properties = {"displayName": "Ada Byron", "email": "ada@mail.example", "plan": "plus", "seats": 3}
    dashboard.send(1, {"op": "identify", "uid": "c-1", "properties": properties})
    dashboard.send(2, {"op": "identify", "uid": "c-2", "properties": {"displayName": "Bo Li", "plan": "free"}})
    for asked in ("C-1", "ada@", "ADA b", "plan=plus", "seats=3"):
        text = vera.see(f"/users?q={asked}")
        assert "Ada Byron" in text
        assert "Bo Li" not in text
    assert "Nobody matches" in vera.see("/users?q=yron")
    assert "Nobody matches" in vera.see("/users?kind=anonymous&q=c-1")


def test_a_replaced_property_no_longer_finds_its_user(dashboard: Dashboard, vera: Browser) -> None:
    dashboard.send(1, {"op": "identify", "uid": "ada", "properties": {"plan": "free"}})
    dashboard.clock.ms += MINUTE_MS
    dashboard.send(2, {"op": "identify", "uid": "ada", "properties": {"plan": "plus"}})
    assert "Nobody matches" in vera.see("/users?q=plan=free")
    assert ">ada<" in vera.see("/users?q=plan=plus")


def test_a_list_of_users_has_pages_and_a_foreign_token_is_its_first(dashboard: Dashboard, vera: Browser) -> None:
    for n in range(1, 61):
        dashboard.send(n, {"op": "identify", "uid": f"u{n:02}"})
    first = vera.see("/users?q=u")
    older = re.search(r'href="(\?[^"]*page_token=[^"]+)" rel="next"', first)
    assert older is not None
    second = vera.see(f"/users{older[1].replace('&amp;', '&')}")
    shown = re.compile(r'class="text">(u\d\d)<')
    assert sorted(shown.findall(first) + shown.findall(second)) == [f"u{n:02}" for n in range(1, 61)]
    assert len(shown.findall(vera.see("/users?page_token=rubbish"))) == 50


def test_a_user_page_ends_the_lane_at_the_anonymize_and_says_nothing_of_the_next(
    dashboard: Dashboard, vera: Browser
) -> None:
    dashboard.send(
        1,
        PAGE,
        {"op": "identify", "uid": "ada"},
        {"op": "end", "why": "anonymize"},
    )
    dashboard.send(2, PAGE, {"op": "identify", "uid": "bo"})
    ada, bo = vera.see(user_path(vera, "ada")), vera.see(user_path(vera, "bo"))
    assert "anonymize (ID-6)" in ada
    assert uuid(2)[:8] not in ada
    assert "anonymize" not in bo
    assert uuid(1)[:8] not in bo


def test_a_property_shows_its_type_and_the_session_that_set_it(dashboard: Dashboard, vera: Browser) -> None:
    call = {"op": "identify", "uid": "ada", "properties": {"seats": 3}, "schema": {"seats": "int"}}
    dashboard.send(1, call)
    row = vera.see(user_path(vera, "ada")).split(">seats<")[1].split("</tr>")[0]
    assert "<code>int</code>" in row
    assert session_path(1) in row


def test_a_session_is_explained_by_the_operations_that_made_it_so(dashboard: Dashboard, vera: Browser) -> None:
    dashboard.send(
        1,
        PAGE,
        {"op": "identify", "uid": "ada"},
        {"op": "end", "why": "anonymize"},
    )
    text = vera.see(session_path(1))
    why = text.split("Why here?")[1].split("What happened")[0]
    assert "ID-2" in why
    assert "identify n=2" in why
    assert "end n=3" in why
    assert "browser/1" in why


def test_a_link_to_a_moment_marks_the_operation_that_was_the_last_then(dashboard: Dashboard, vera: Browser) -> None:
    events = [{"op": "event", "name": f"e{n}", "t": NOW_MS + n * 1000} for n in range(150)]
    dashboard.clock.ms += 150_000
    dashboard.send(1, *events)
    text = vera.see(f"{session_path(1)}:{NOW_MS + 120_500}")
    marked = text.split("data-now")[1].split("</li>")[0]
    assert ">e120<" in marked
    assert text.count("data-now") == 1


def test_a_session_leads_to_its_users_sessions_before_and_after(dashboard: Dashboard, vera: Browser) -> None:
    for n in (1, 2, 3):
        dashboard.send(n, {"op": "identify", "uid": "ada"})
        dashboard.clock.ms += DAY_MS
    text = vera.see(session_path(2))
    assert f'{session_path(1)}" rel="prev"' in text
    assert f'{session_path(3)}" rel="next"' in text


def test_a_session_under_another_device_is_not_shown(dashboard: Dashboard, vera: Browser) -> None:
    dashboard.send(1, PAGE)
    vera.see(f"/session/{uuid(2)}:{uuid(0x1001)}", 404)
    vera.see("/session/rubbish", 404)
    vera.see(f"/session/{uuid(1)}", 404)
    vera.see("/user/rubbish", 404)


@pytest.mark.parametrize(
    "name", ["{1}", "{0}%3A{1}", "{0}%253A{1}", "{0}!{1}", "{2}:{0}!{1}", "{2}:{0}:{1}", "{0}:{1}!90"]
)
def test_a_session_is_shown_and_shared_under_any_of_its_names(dashboard: Dashboard, name: str) -> None:
    dashboard.send(1, PAGE)
    path = "/session/" + name.format(uuid(1), uuid(0x1001), uuid(0x77))
    admin = dashboard.browser("admin")
    assert admin.see(path) == admin.see(session_path(1))
    assert "/shared/" in admin.fill_in(path, f"{path}/share", hours="1").text


def test_errors_say_where_they_came_from_and_the_correct_call(dashboard: Dashboard, vera: Browser) -> None:
    dashboard.send(
        1,
        {"op": "page", "url": "https://a.example/login?secret=1"},
        {"op": "identify", "uid": None},
        {"op": "event", "name": "e", "properties": {"price": "$1"}, "schema": {"price": "real"}},
        sdk="custom/7",
    )
    text = vera.see("/errors")
    assert "invalid_uid" in text
    assert "type_mismatch" in text
    assert "a.example/login" in text
    assert "secret" not in text
    assert "custom/7" in text
    assert "anonymous: true" in text


def test_errors_are_forgotten_after_a_day(dashboard: Dashboard) -> None:
    dashboard.send(1, {"op": "event", "name": ""})
    dashboard.clock.ms += DAY_MS + 2000
    assert "Nothing was refused" in dashboard.browser("vera").see("/errors")


def test_every_refusing_outcome_has_a_remedy() -> None:
    assert {outcome.value for outcome in Outcome if not outcome.accepted} <= set(REMEDIES)


def test_a_session_whose_events_are_large_is_paged_to_its_end(
    dashboard: Dashboard, vera: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "BYTES_MAX", 1)
    dashboard.send(7, *({"op": "event", "name": f"large {n}"} for n in range(4)))
    path, seen = session_path(7), []
    while True:
        text = vera.see(path)
        seen += re.findall(r"large \d", text.split('class="happenings"')[1])
        later = re.search(r'href="(\?from=\d+)" rel="next">After', text)
        if later is None:
            break
        path = session_path(7) + later[1]
    assert seen == [f"large {n}" for n in range(4)]
    assert "4–4 of 4" in text


def test_of_what_is_placed_again_a_page_says_so(dashboard: Dashboard, vera: Browser) -> None:
    path = f"/user/{user_id(ORG.secret, Uid('held'))}"
    hold(dashboard.store, 1, "held")
    assert "Being placed again" in vera.see(path, 503)
    assert "is being placed again, so it is nobody" in vera.see(f"/session/{device_of(1)}:{session_of(1)}")
    visit(dashboard.store, 2, "held")
    assert "Some of what may be theirs is being placed again" in vera.see(path)
    holding.work_off_all(dashboard.store, dashboard.clock.ms)
    assert "being placed again" not in vera.see(path)
