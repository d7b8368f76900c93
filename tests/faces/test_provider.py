"""Signing in at an identity provider by OpenID Connect (DA-2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pyotp
import pytest
from joserfc.jwk import OctKey

from passerby.access.identities import provider_of, put_provider
from passerby.access.provider import Provider, is_safe
from passerby.access.second import second_step
from passerby.faces.dashboard.provider import ERRANDS
from tests.faces.dashboards import NOW_MS, ORG, PASSWORD, Browser, Dashboard
from tests.faces.providers import CLIENT, OTHER_KEY, TinyProvider, tiny_provider

BASE = f"/ui/{ORG.id}"


@pytest.fixture
def provider() -> Iterator[TinyProvider]:
    with tiny_provider(NOW_MS // 1000) as provider:
        yield provider


@pytest.fixture
def dashboard(provider: TinyProvider) -> Dashboard:
    dashboard = Dashboard()
    chosen = Provider(provider.issuer, *CLIENT)
    dashboard.store.submit(lambda transaction: put_provider(transaction, ORG.id, chosen)).result()
    dashboard.door.put_member(ORG.id, "Ida@Example.com", "support", PASSWORD)
    return dashboard


def begun(browser: Browser, query: str = "") -> str:
    """The provider's address that a browser is sent to."""
    answer = browser.client.get(f"{BASE}/sign-in/provider{query}")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def onward(browser: Browser) -> str:
    """The provider's address that a member is shown who connects their account."""
    page = browser.fill_in("/settings", "/settings/connect").text
    return "http://127.0.0.1" + page.split('href="http://127.0.0.1')[1].split('"')[0].replace("&amp;", "&")


def through(browser: Browser, provider: TinyProvider, subject: str, query: str = "", **told: Any) -> httpx.Response:
    """All the way there and back."""
    return browser.client.get(provider.sign_in(begun(browser, query), subject, **told))


def test_a_member_whose_name_is_their_verified_address_is_let_in(dashboard: Dashboard, provider: TinyProvider) -> None:
    browser = dashboard.browser()
    assert "Sign in with 127.0.0.1" in browser.client.get(f"{BASE}/sign-in").text
    answer = through(browser, provider, "u1", f"?next={BASE}/users", email="ida@example.com")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BASE}/users")
    assert "share sessions" in browser.see("/settings")


def test_the_account_stays_the_members_whatever_its_address_becomes(
    dashboard: Dashboard, provider: TinyProvider
) -> None:
    through(dashboard.browser(), provider, "u1", email="ida@example.com")
    provider.claims = {}
    assert through(dashboard.browser(), provider, "u1", email="other@example.com").status_code == 303
    provider.claims = {}
    assert through(dashboard.browser(), provider, "u1").status_code == 303


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"email": "ida@example.com", "verified": False},
        {"email": "ida@example.com", "verified": "false"},
        {"email": "nobody@example.com"},
        {"email": "ıda@example.com"},
        {"email": "admin"},
        {"email": "vera "},
    ],
)
def test_nobody_else_is_let_in(dashboard: Dashboard, provider: TinyProvider, told: dict[str, Any]) -> None:
    browser = dashboard.browser()
    assert through(browser, provider, "u2", **told).status_code == 403
    browser.see("/", 303)


def test_nobody_is_an_admin_by_an_address(dashboard: Dashboard, provider: TinyProvider) -> None:
    dashboard.door.put_member(ORG.id, "boss@example.com", "admin", PASSWORD)
    assert through(dashboard.browser(), provider, "u3", email="boss@example.com").status_code == 403


def test_an_admin_connects_their_account_and_is_let_in_by_it(dashboard: Dashboard, provider: TinyProvider) -> None:
    admin = dashboard.browser("admin")
    back = provider.sign_in(onward(admin), "u4")
    assert admin.client.get(back).headers["location"] == f"{BASE}/settings"
    browser = dashboard.browser()
    assert through(browser, provider, "u4").status_code == 303
    assert "Make key" in browser.see("/settings")


def test_an_account_is_connected_to_the_sign_in_that_asked_for_it_alone(
    dashboard: Dashboard, provider: TinyProvider
) -> None:
    vera = dashboard.browser("vera")
    back = provider.sign_in(onward(vera), "u5")
    vera.fill_in("/", "/sign-out")
    vera.sign_in("admin")
    assert vera.client.get(back).status_code == 403
    assert through(dashboard.browser(), provider, "u5").status_code == 403


def test_an_account_of_one_member_is_not_connected_to_another(dashboard: Dashboard, provider: TinyProvider) -> None:
    through(dashboard.browser(), provider, "u1", email="ida@example.com")
    vera = dashboard.browser("vera")
    assert vera.client.get(provider.sign_in(onward(vera), "u1")).status_code == 403


def test_an_invitation_makes_a_member_of_an_account(dashboard: Dashboard, provider: TinyProvider) -> None:
    token = dashboard.door.invite(ORG.id, "admin", "privacy", "Kim")
    browser = dashboard.browser()
    assert "Join with 127.0.0.1" in browser.client.get(f"{BASE}/join/{token}").text
    assert through(browser, provider, "u6", f"?invitation={token}", email="kim@example.com").status_code == 303
    assert "export and erase" in browser.see("/settings")
    assert dashboard.browser().sign_in("kim@example.com", "").status_code == 401
    again = dashboard.browser()
    provider.claims = {}
    assert through(again, provider, "u7", f"?invitation={token}", email="eve@example.com").status_code == 404
    provider.claims = {}
    assert through(again, provider, "u6").status_code == 303


def test_a_second_step_is_asked_for_here_too(dashboard: Dashboard, provider: TinyProvider) -> None:
    dashboard.door.begin_second_step(ORG.id, "Ida@Example.com")
    with dashboard.store.read() as reader:
        kept = second_step(reader, ORG.id, "Ida@Example.com")
    assert kept is not None
    code = pyotp.TOTP(kept.secret).generate_otp(NOW_MS // 30_000)
    dashboard.door.turn_second_step_on(ORG.id, "Ida@Example.com", code, "")
    browser = dashboard.browser()
    answer = through(browser, provider, "u1", email="ida@example.com")
    assert answer.status_code == 200
    assert "One more step" in answer.text
    browser.see("/", 303)


def test_the_account_goes_with_the_member(dashboard: Dashboard, provider: TinyProvider) -> None:
    through(dashboard.browser(), provider, "u1", email="ida@example.com")
    dashboard.door.remove_member(ORG.id, "Ida@Example.com")
    dashboard.door.put_member(ORG.id, "Ida@Example.com", "admin", PASSWORD)
    assert through(dashboard.browser(), provider, "u1").status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "another"}, {"aud": ["another", "more"]}, {"aud": None},
        {"iss": "https://evil.example"}, {"iss": None}, {"exp": NOW_MS // 1000 - 200}, {"exp": None},
        {"iat": NOW_MS // 1000 + 10_000}, {"sub": None}, {"sub": ""},
        {"aud": "another", "azp": CLIENT[0]}, {"azp": "another"}, {"at_hash": "wrong"},
        {"exp": "soon"}, {"email_verified": {"x": 1}},
    ],
)  # fmt: skip
def test_a_token_that_is_not_for_us_lets_nobody_in(
    dashboard: Dashboard, provider: TinyProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    browser = dashboard.browser()
    assert through(browser, provider, "u1", email="ida@example.com").status_code == 502
    browser.see("/", 303)


@pytest.mark.parametrize("way", ["another key", "no signature", "our own secret"])
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    dashboard: Dashboard, provider: TinyProvider, way: str
) -> None:
    if way == "another key":
        provider.key = OTHER_KEY
    if way == "our own secret":
        provider.alg, provider.key = "HS256", OctKey.import_key(CLIENT[1])  # type: ignore[assignment]
    if way == "no signature":
        provider.alg = "none"
    assert through(dashboard.browser(), provider, "u1", email="ida@example.com").status_code == 502


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize(
    "answer",
    [(500, b"{}"), (302, b""), (200, b"no json"), (200, b"[1e400]"), (200, b" " * 300_000 + b"{}"), (200, b"{}")],
)
def test_a_provider_that_answers_badly_is_an_answer_and_no_crash(
    dashboard: Dashboard, provider: TinyProvider, path: str, answer: tuple[int, bytes]
) -> None:
    provider.answers[path] = answer
    browser = dashboard.browser()
    first = browser.client.get(f"{BASE}/sign-in/provider")
    if first.status_code == 303:
        first = browser.client.get(provider.sign_in(first.headers["location"], "u1", "ida@example.com"))
    assert first.status_code == 502
    assert "identity provider" in first.text


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_leads_astray_is_not_followed(
    dashboard: Dashboard, provider: TinyProvider, metadata: dict[str, str]
) -> None:
    provider.metadata = metadata
    assert dashboard.browser().client.get(f"{BASE}/sign-in/provider").status_code == 502


@pytest.mark.parametrize("bytes_more", [200_000, 300_000])
def test_a_provider_has_only_so_much_to_say(dashboard: Dashboard, provider: TinyProvider, bytes_more: int) -> None:
    provider.answers["/keys"] = (200, provider.get("/keys")[1] + b" " * bytes_more)
    answer = through(dashboard.browser(), provider, "u1", email="ida@example.com")
    assert answer.status_code == (303 if bytes_more < 250_000 else 502)


def test_an_address_that_only_looks_alike_is_another(dashboard: Dashboard, provider: TinyProvider) -> None:
    dashboard.door.put_member(ORG.id, "kim@example.com", "viewer", PASSWORD)
    assert through(dashboard.browser(), provider, "u8", email="\u212aim@example.com").status_code == 403
    provider.claims = {}
    assert through(dashboard.browser(), provider, "u8", email="kim@example.com").status_code == 303


def test_an_account_that_is_a_members_uses_no_invitation_up(dashboard: Dashboard, provider: TinyProvider) -> None:
    through(dashboard.browser(), provider, "u1", email="ida@example.com")
    token = dashboard.door.invite(ORG.id, "admin", "admin", "Kim")
    provider.claims = {}
    answer = through(dashboard.browser(), provider, "u1", f"?invitation={token}", email="ida2@example.com")
    assert answer.status_code == 403
    assert dashboard.browser().client.get(f"{BASE}/join/{token}").status_code == 200


def test_what_a_provider_says_of_itself_is_asked_for_once_an_hour(dashboard: Dashboard, provider: TinyProvider) -> None:
    for _ in range(5):
        begun(dashboard.browser())
    assert provider.asked == ["/.well-known/openid-configuration"]
    dashboard.monotonic_s += 3600.0
    begun(dashboard.browser())
    assert len(provider.asked) == 2


@pytest.mark.parametrize("how", ["another browser", "another state", "no state", "too late", "error", "another issuer"])
def test_only_the_browser_that_began_comes_back(dashboard: Dashboard, provider: TinyProvider, how: str) -> None:
    browser = dashboard.browser()
    back = provider.sign_in(begun(browser), "u1", "ida@example.com")
    if how == "another browser":
        browser = dashboard.browser()
    if how == "another state":
        back = back.replace("state=", "state=x")
    if how == "no state":
        back = back.partition("&state=")[0]
    if how == "too late":
        dashboard.clock.ms += 600_000
    if how == "error":
        back += "&error=access_denied"
    if how == "another issuer":
        back += "&iss=https://evil.example"
    assert browser.client.get(back).status_code in (403, 502)
    browser.see("/", 303)
    assert "/token" not in provider.asked


def test_a_way_back_is_good_once(dashboard: Dashboard, provider: TinyProvider) -> None:
    browser = dashboard.browser()
    back = provider.sign_in(begun(browser), "u1", "ida@example.com")
    assert browser.client.get(back).status_code == 303
    assert browser.client.get(back).status_code == 403


def test_a_stranger_sends_the_service_to_the_provider_only_so_often(
    dashboard: Dashboard, provider: TinyProvider
) -> None:
    browser = dashboard.browser()
    for _ in range(ERRANDS.most):
        assert browser.client.get(provider.sign_in(begun(browser), "x")).status_code == 403
    assert browser.client.get(f"{BASE}/sign-in/provider").status_code == 429
    assert browser.client.get(f"{BASE}/sign-in/provider/back?code=1&state=1").status_code == 429
    assert provider.asked.count("/token") == ERRANDS.most


class TestSettings:
    @pytest.mark.parametrize(
        "issuer",
        ["", "http://id.example.com", "javascript:x", "https://", "https://a@b.example", "https://[", "x" * 600],
    )
    def test_an_issuer_has_to_be_safe(self, dashboard: Dashboard, issuer: str) -> None:
        admin = dashboard.browser("admin")
        answer = admin.fill_in("/", "/settings/provider", issuer=issuer, client_id="a", client_secret="b")
        assert answer.status_code == 400
        assert not is_safe(issuer) or len(issuer) > 500

    def test_the_secret_is_kept_and_not_shown(self, dashboard: Dashboard, provider: TinyProvider) -> None:
        admin = dashboard.browser("admin")
        assert CLIENT[1] not in admin.see("/settings")
        admin.fill_in("/", "/settings/provider", issuer=provider.issuer, client_id="another")
        with dashboard.store.read() as reader:
            assert provider_of(reader, ORG.id) == Provider(provider.issuer, "another", CLIENT[1])
        assert admin.fill_in("/", "/settings/provider", issuer="https://b.example", client_id="a").status_code == 400

    def test_without_a_provider_nothing_leads_to_one(self, dashboard: Dashboard) -> None:
        dashboard.browser("admin").fill_in("/", "/settings/remove-provider")
        browser = dashboard.browser()
        assert "Sign in with" not in browser.client.get(f"{BASE}/sign-in").text
        assert browser.client.get(f"{BASE}/sign-in/provider").status_code == 404
        assert browser.client.get(f"{BASE}/sign-in/provider/back").status_code == 404
        assert browser.client.get("/ui/other/sign-in/provider").status_code == 404
