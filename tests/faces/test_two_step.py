"""Two-step sign-in: a code of an app, or one that is kept for a lost phone (DA-2.2)."""

from __future__ import annotations

import re

import httpx
import pyotp
import pytest

from passerby.access.attempts import CODE, KNOWN
from passerby.access.second import address_of
from tests.faces.dashboards import ORG, PASSWORD, Browser, Dashboard

STEP_MS = 30_000


@pytest.fixture
def dashboard() -> Dashboard:
    return Dashboard()


def secret_of(browser: Browser) -> str:
    browser.fill_in("/", "/two-step/begin")
    found = re.search(r"type into it: <code>([A-Z2-7 ]+)</code>", browser.see("/two-step"))
    assert found is not None
    return found[1].replace(" ", "")


def code_of(dashboard: Dashboard, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(dashboard.clock.ms // STEP_MS + steps)


def turned_on(dashboard: Dashboard, browser: Browser) -> tuple[str, list[str]]:
    """The secret and the recovery codes of whoever holds the browser. Its first code is used up."""
    secret = secret_of(browser)
    page = browser.fill_in("/", "/two-step/on", code=code_of(dashboard, secret)).text
    return secret, re.findall(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b", page)


def halfway(browser: Browser, name: str = "vera") -> str:
    answer = browser.sign_in(name)
    assert answer.status_code == 200
    assert "passerby_pass" not in browser.client.cookies
    return answer.text.split('name="halfway" value="')[1].split('"')[0]


def bring(browser: Browser, halfway: str, code: str) -> httpx.Response:
    return browser.client.post(f"/ui/{ORG.id}/sign-in/code", {"halfway": halfway, "code": code})


def entering(dashboard: Dashboard, code: str) -> httpx.Response:
    """What somebody at a new browser, with the right password, is answered to a code."""
    browser = dashboard.browser()
    return bring(browser, halfway(browser), code)


def test_a_password_is_half_of_it_and_a_code_the_rest(dashboard: Dashboard) -> None:
    secret, _ = turned_on(dashboard, dashboard.browser("vera"))
    dashboard.clock.ms += STEP_MS
    browser = dashboard.browser()
    proof = halfway(browser)
    browser.see("/", 303)
    assert bring(browser, proof, code_of(dashboard, secret)).status_code == 303
    browser.see("/")


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(dashboard: Dashboard, steps: int) -> None:
    secret, _ = turned_on(dashboard, dashboard.browser("vera"))
    dashboard.clock.ms += 10 * STEP_MS
    code = code_of(dashboard, secret, steps)
    assert entering(dashboard, f" {code[:3]} {code[3:]} ").status_code == 303


@pytest.mark.parametrize("steps", [-2, 2, 100])
def test_a_code_of_another_time_is_none(dashboard: Dashboard, steps: int) -> None:
    secret, _ = turned_on(dashboard, dashboard.browser("vera"))
    dashboard.clock.ms += 10 * STEP_MS
    assert entering(dashboard, code_of(dashboard, secret, steps)).status_code == 401


def test_a_code_is_taken_once_and_so_is_none_before_it(dashboard: Dashboard) -> None:
    secret, _ = turned_on(dashboard, dashboard.browser("vera"))
    dashboard.clock.ms += 10 * STEP_MS
    first, second = dashboard.browser(), dashboard.browser()
    code = code_of(dashboard, secret)
    assert bring(first, halfway(first), code).status_code == 303
    proof = halfway(second)
    assert bring(second, proof, code).status_code == 401
    assert bring(second, proof, code_of(dashboard, secret, -1)).status_code == 401
    assert bring(second, proof, code_of(dashboard, secret, 1)).status_code == 303


def test_a_recovery_code_lets_in_once(dashboard: Dashboard) -> None:
    _, codes = turned_on(dashboard, dashboard.browser("vera"))
    assert len(set(codes)) == 10
    first, second = dashboard.browser(), dashboard.browser()
    assert bring(first, halfway(first), codes[3].upper()).status_code == 303
    assert "9 recovery codes" in first.see("/two-step")
    assert bring(second, halfway(second), codes[3]).status_code == 401
    assert bring(second, halfway(second), codes[4]).status_code == 303
    with dashboard.store.read() as reader:
        kept = str(reader.entry(ORG.id, "second_step", "vera"))
    assert codes[0] not in kept
    assert codes[0].replace("-", "") not in kept


@pytest.mark.parametrize("code", ["", "٣٣٣٣٣٣", "12345", "1234567", "é", "x" * 5000])
def test_what_is_no_code_is_refused(dashboard: Dashboard, code: str) -> None:
    turned_on(dashboard, dashboard.browser("vera"))
    assert entering(dashboard, code).status_code == 401


@pytest.mark.parametrize("forged", ["", "x.y", "WyJ2ZXJhIiwiIiwiIiwiOTk5OTk5OTk5OTk5OTk5Il0.00"])
def test_halfway_cannot_be_forged(dashboard: Dashboard, forged: str) -> None:
    secret, _ = turned_on(dashboard, dashboard.browser("vera"))
    dashboard.clock.ms += 10 * STEP_MS
    answer = bring(dashboard.browser(), forged, code_of(dashboard, secret))
    assert answer.status_code == 401
    assert "begin again" in answer.text


def test_the_proof_of_a_browser_is_not_half_of_signing_in(dashboard: Dashboard) -> None:
    secret, _ = turned_on(dashboard, dashboard.browser("vera"))
    dashboard.clock.ms += 10 * STEP_MS
    known = dashboard.browser("admin").client.cookies["passerby_known"]
    assert bring(dashboard.browser(), known, code_of(dashboard, secret)).status_code == 401


@pytest.mark.parametrize("what", ["too late", "another password", "removed"])
def test_halfway_does_not_last(dashboard: Dashboard, what: str) -> None:
    secret, _ = turned_on(dashboard, dashboard.browser("vera"))
    proof = halfway(browser := dashboard.browser())
    dashboard.clock.ms += 600_000 if what == "too late" else 300_000
    if what == "another password":
        dashboard.door.change_password(ORG.id, "vera", "a longer one than before")
    if what == "removed":
        dashboard.door.remove_member(ORG.id, "vera")
    assert bring(browser, proof, code_of(dashboard, secret)).status_code == 401
    browser.see("/", 303)


def test_codes_cannot_be_tried_without_end_from_however_many_addresses(dashboard: Dashboard) -> None:
    turned_on(dashboard, dashboard.browser("vera"))
    stranger = dashboard.browser()
    proof = halfway(stranger)
    statuses = []
    for n in range(CODE.most + 1):
        stranger.client.address = f"10.0.0.{n}"
        statuses.append(bring(stranger, proof, "000000").status_code)
    assert statuses == [401] * CODE.most + [429]


def test_a_proved_browser_brings_its_codes_though_strangers_know_the_password(dashboard: Dashboard) -> None:
    vera = dashboard.browser("vera")
    secret, _ = turned_on(dashboard, vera)
    vera.fill_in("/", "/sign-out")
    stranger = dashboard.browser()
    proof = halfway(stranger)
    for _ in range(CODE.most):
        bring(stranger, proof, "000000")
    dashboard.clock.ms += 10 * STEP_MS
    statuses = [bring(vera, halfway(vera), "000000").status_code for _ in range(KNOWN.most - 1)]
    assert statuses == [401] * (KNOWN.most - 1)
    assert bring(vera, halfway(vera), code_of(dashboard, secret)).status_code == 303


def test_it_is_on_only_when_the_app_showed_that_it_has_the_secret(dashboard: Dashboard) -> None:
    vera = dashboard.browser("vera")
    secret_of(vera)
    assert vera.fill_in("/", "/two-step/on", code="000000").status_code == 400
    assert dashboard.browser().sign_in("vera").status_code == 303


def test_turning_it_on_signs_out_everywhere_else(dashboard: Dashboard) -> None:
    here, there, admin = dashboard.browser("vera"), dashboard.browser("vera"), dashboard.browser("admin")
    turned_on(dashboard, here)
    here.see("/")
    admin.see("/")
    there.see("/", 303)


def test_a_secret_that_is_in_use_is_neither_shown_nor_replaced(dashboard: Dashboard) -> None:
    vera = dashboard.browser("vera")
    secret, _ = turned_on(dashboard, vera)
    assert vera.fill_in("/", "/two-step/begin").status_code == 400
    assert secret[:4] not in vera.see("/two-step")
    assert vera.fill_in("/", "/two-step/on", code=code_of(dashboard, secret, 1)).status_code == 400


def test_turning_it_off_needs_a_code(dashboard: Dashboard) -> None:
    vera = dashboard.browser("vera")
    secret, _ = turned_on(dashboard, vera)
    assert vera.fill_in("/", "/two-step/off", code="000000").status_code == 400
    assert vera.fill_in("/", "/two-step/off", code=code_of(dashboard, secret)).status_code == 400
    assert vera.fill_in("/", "/two-step/off", code=code_of(dashboard, secret, 1)).status_code == 303
    assert dashboard.browser().sign_in("vera").status_code == 303


def test_an_admin_resets_it_for_somebody_who_lost_everything(dashboard: Dashboard) -> None:
    turned_on(dashboard, dashboard.browser("vera"))
    admin = dashboard.browser("admin")
    assert "Reset two-step" in admin.see("/settings")
    assert admin.fill_in("/settings", "/settings/reset-two-step", name="vera").status_code == 303
    assert dashboard.browser().sign_in("vera").status_code == 303


def test_it_goes_with_the_member(dashboard: Dashboard) -> None:
    turned_on(dashboard, dashboard.browser("vera"))
    dashboard.door.remove_member(ORG.id, "vera")
    dashboard.door.put_member(ORG.id, "vera", "viewer", PASSWORD)
    assert dashboard.browser().sign_in("vera").status_code == 303


def test_the_picture_is_of_what_apps_read_and_has_no_style_of_its_own(dashboard: Dashboard) -> None:
    vera = dashboard.browser("vera")
    secret_of(vera)
    picture = vera.see("/two-step").split('role="img"')[1].split("</svg>")[0]
    assert "<svg" in picture
    assert "style=" not in picture
    address = address_of(ORG.id, "vera", "A" * 32)
    assert pyotp.parse_uri(address).secret == "A" * 32
    assert "issuer=Passerby" in address
