"""What strangers may try at the door, and what that does to members (DA-2.1)."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from passerby.access.attempts import ADDRESS, AGAIN, FIRST, KNOWN, Attempts, TooManyAttempts, network_of
from passerby.access.hashing import Hashing
from passerby.access.proofs import proof
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.model.org import Org
from tests.faces.dashboards import ORG, Dashboard


@pytest.fixture
def dashboard() -> Dashboard:
    return Dashboard()


def test_an_address_that_tries_wrong_ones_has_to_wait_and_is_told_how_long(dashboard: Dashboard) -> None:
    stranger = dashboard.browser()
    stranger.client.address = "203.0.113.5"
    statuses = [stranger.sign_in("admin", "wrong").status_code for _ in range(ADDRESS.most + 1)]
    assert statuses == [401] * ADDRESS.most + [429]
    assert stranger.sign_in("admin", "wrong").headers["retry-after"] == str(int(ADDRESS.within_s))
    dashboard.monotonic_s += ADDRESS.within_s
    assert stranger.sign_in("admin", "wrong").status_code == 401


def test_what_a_stranger_tries_keeps_nobody_else_out(dashboard: Dashboard) -> None:
    stranger, admin = dashboard.browser(), dashboard.browser()
    stranger.client.address, admin.client.address = "203.0.113.5", "198.51.100.9"
    for _ in range(200):
        stranger.sign_in("admin", "wrong")
    assert admin.sign_in("admin").status_code == 303


def test_few_networks_leave_room_for_the_first_try_of_another() -> None:
    attempts = Attempts(lambda: 0.0)
    refused = 0
    for n in range(20 * ADDRESS.most):
        try:
            attempts.by_stranger(f"203.0.113.{n % 20}")
        except TooManyAttempts:
            refused += 1
    assert refused == 20 * ADDRESS.most - 20 - AGAIN.most
    attempts.by_stranger("198.51.100.9")


def test_a_browser_that_was_let_in_before_is_not_kept_out_by_all_the_world(dashboard: Dashboard) -> None:
    admin = dashboard.browser("admin")
    assert admin.fill_in("/", "/sign-out").status_code == 303
    stranger = dashboard.browser()
    for n in range(FIRST.most):
        stranger.client.address = f"10.0.0.{n}"
        stranger.sign_in("admin", "wrong")
    assert dashboard.browser().sign_in("admin").status_code == 429
    assert admin.sign_in("admin").status_code == 303


def test_a_browser_proves_itself_for_its_member_alone_and_no_more_often_than_it_may(dashboard: Dashboard) -> None:
    vera = dashboard.browser("vera")
    statuses = [vera.sign_in("vera", "wrong").status_code for _ in range(KNOWN.most + 1)]
    assert statuses == [401] * KNOWN.most + [429]
    assert vera.sign_in("admin", "wrong").status_code == 401


@pytest.mark.parametrize("forged", ["", "x", "WyJhZG1pbiIsIjEiXQ.00", "é", "." * 5000])
@pytest.mark.parametrize("org", [ORG.id, "no-such-org"])
def test_a_forged_proof_proves_nothing(dashboard: Dashboard, forged: str, org: str) -> None:
    stranger = dashboard.browser()
    for n in range(ADDRESS.most + 1):
        stranger.client.headers["cookie"] = f"passerby_known={forged}{n}".encode()
        status = stranger.client.post(f"/ui/{org}/sign-in", {"name": "admin", "password": "wrong"}).status_code
    assert status == 429


@pytest.mark.parametrize(("org", "secret"), [("nowhere", b""), (ORG.id, b""), (ORG.id, b"t" * 32)])
def test_a_proof_is_made_with_the_secret_of_an_org_that_is_there(dashboard: Dashboard, org: str, secret: bytes) -> None:
    stranger = dashboard.browser()
    for n in range(ADDRESS.most + 1):
        made = proof(Org(OrgId(org), secret), "known browser", "admin", str(n))
        stranger.client.headers["cookie"] = f"passerby_known={made}"
        status = stranger.client.post(f"/ui/{org}/sign-in", {"name": "admin", "password": "wrong"}).status_code
    assert status == 429


def test_the_right_password_is_no_try(dashboard: Dashboard) -> None:
    for _ in range(ADDRESS.most + 2):
        assert dashboard.browser().sign_in("vera").status_code == 303


def test_a_try_that_was_not_looked_at_is_none(dashboard: Dashboard) -> None:
    release, _ = TestHashing().held(dashboard.door._hashing)
    waiting = [dashboard.door._hashing.submit(lambda: None, False) for _ in range(16)]
    stranger = dashboard.browser()
    answers = [stranger.sign_in("admin") for _ in range(ADDRESS.most + 1)]
    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].headers["retry-after"] == "1"
    release.set()
    for future in waiting:
        future.result(10)
    assert stranger.sign_in("admin").status_code == 303


@pytest.mark.parametrize("moved_ms", [-(10**12), 10**12, 299_000])
def test_the_clock_on_the_wall_has_no_say_in_how_often(dashboard: Dashboard, moved_ms: int) -> None:
    stranger = dashboard.browser()
    for _ in range(ADDRESS.most):
        stranger.sign_in("admin", "wrong")
    dashboard.clock.ms += moved_ms
    assert stranger.sign_in("admin", "wrong").status_code == 429
    dashboard.monotonic_s += ADDRESS.within_s
    assert stranger.sign_in("admin", "wrong").status_code == 401


def test_windows_that_count_nothing_are_forgotten() -> None:
    now_s = [0.0]
    attempts = Attempts(lambda: now_s[0])
    for n in range(20_000):
        now_s[0] += 1.0
        attempts.by_stranger(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(attempts._tries) <= 4097
    assert attempts._tries.keys() == attempts._limits.keys()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("2001:db8:1:ffff::1", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_a_customer_of_ipv6_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


class TestHashing:
    def held(self, hashing: Hashing) -> tuple[threading.Event, list[Future[object]]]:
        """All threads, busy until the event is set."""
        release, running = threading.Event(), [threading.Event() for _ in range(2)]

        def hold(began: threading.Event) -> None:
            began.set()
            release.wait(10)

        futures: list[Future[object]] = []
        for began in running:
            futures.append(hashing.submit(lambda began=began: hold(began), False))
            assert began.wait(10)
        return release, futures

    def test_the_proved_go_first_and_no_more_than_a_few_wait(self) -> None:
        hashing, done = Hashing(), list[str]()
        release, _ = self.held(hashing)
        others = [hashing.submit(lambda: done.append("other"), False) for _ in range(16)]
        with pytest.raises(Refusal, match="try again in a second"):
            hashing.submit(lambda: None, False)
        proved = hashing.submit(lambda: done.append("proved"), True)
        release.set()
        for future in [proved, *others]:
            future.result(10)
        assert done.index("proved") <= 1

    def test_no_more_than_two_at_once_and_the_threads_end(self) -> None:
        hashing = Hashing()
        release, futures = self.held(hashing)
        assert sum(thread.name == "hashing" for thread in threading.enumerate()) == 2
        release.set()
        for future in futures:
            future.result(10)
        for thread in threading.enumerate():
            if thread.name == "hashing":
                thread.join(10)
        assert hashing.submit(lambda: 7, False).result(10) == 7

    def test_an_error_is_the_callers(self) -> None:
        hashing = Hashing()
        with pytest.raises(ZeroDivisionError):
            hashing.submit(lambda: 1 / 0, False).result(10)
        assert hashing.submit(lambda: 7, False).result(10) == 7
