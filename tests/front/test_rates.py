"""How often an address may ask, and which address that is (LI-6)."""

from __future__ import annotations

import pytest

from passerby.base.errors import SettingsError
from passerby.base.rate import Rates
from passerby.front.addresses import Addresses
from tests.front.served import Served, answered, code_of, served

PROXY = ("127.0.0.1",)


def statuses(front: Served, path: str, count: int, address: str = "") -> list[int]:
    """What so many requests in a row are answered."""
    forwarded = f"x-forwarded-for: {address}\r\n" if address else ""
    with front.connect() as link:
        found = []
        for _ in range(count):
            link.sendall(f"POST {path} HTTP/1.1\r\n{forwarded}content-length: 2\r\n\r\nhi".encode())
            found.append(answered(link)[0])
        return found


def test_an_address_that_asks_too_often_is_sent_away_and_no_application_hears_of_it() -> None:
    with served(requests_per_second_per_address=2) as front, front.connect() as link:
        for expected in (200, 200, 200, 200, 429, 429):
            link.sendall(b"POST /rec/bundle HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi")
            status, headers, body = answered(link)
            assert status == expected
        assert (code_of(body), headers["retry-after"]) == ("too_many_requests", "1")
        assert headers["access-control-allow-origin"] == "*"
        assert len(front.seen) == 4


def test_bundles_and_all_else_are_counted_apart_and_health_is_not() -> None:
    with served(requests_per_second_per_address=1) as front:
        assert statuses(front, "/rec/bundle", 3) == [200, 200, 429]
        assert statuses(front, "/v2/users", 3) == [200, 200, 429]
        assert statuses(front, "/healthz", 5) == [200] * 5


def test_each_address_behind_a_proxy_is_counted_for_itself_and_the_proxy_is_not() -> None:
    with served(requests_per_second_per_address=1, trusted_proxies=PROXY) as front:
        assert statuses(front, "/", 3, "10.0.0.1") == [200, 200, 429]
        assert statuses(front, "/", 3, "10.0.0.2") == [200, 200, 429]
        assert statuses(front, "/", 5) == [200] * 5


def test_what_a_stranger_says_of_where_it_comes_from_is_not_believed() -> None:
    with served(requests_per_second_per_address=1) as front:
        answers = [statuses(front, "/", 1, f"10.0.0.{number}")[0] for number in range(4)]
        assert answers == [200, 200, 429, 429]


def test_who_is_sent_away_waits_for_that_word() -> None:
    with served(requests_per_second_per_address=1, hold_s=0.5) as front, front.connect() as link:
        link.settimeout(0.2)
        link.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert answered(link)[0] == 200
        link.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert answered(link)[0] == 200
        link.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(TimeoutError):
            answered(link)
        link.settimeout(5)
        assert answered(link)[0] == 429


@pytest.mark.parametrize(
    ("peer", "forwarded", "counts"),
    [
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4", "10.0.0.1"),
        ("127.0.0.1", "", None),
        ("127.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("127.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("127.0.0.1", "1.2.3.4, 192.168.7.1", "1.2.3.4"),
        ("127.0.0.1", "192.168.7.1", None),
        ("127.0.0.1", "1.2.3.4:5678", "1.2.3.4"),
        ("127.0.0.1", "[2001:db8:1:2::9]:5678", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "", "10.0.0.1"),
        ("::ffff:127.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("127.0.0.1", "unknown", None),
        ("", "", None),
    ],
)
def test_whom_a_request_counts_for(peer: str, forwarded: str, counts: str | None) -> None:
    addresses = Addresses(["127.0.0.1", "192.168.0.0/16"])
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert addresses.of_request(peer, headers) == counts


def test_several_headers_of_proxies_are_one_list() -> None:
    headers = [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"1.2.3.4")]
    assert Addresses(["127.0.0.1"]).of_request("127.0.0.1", headers) == "1.2.3.4"


def test_a_proxy_that_is_no_address_is_a_setting_that_cannot_be_used() -> None:
    with pytest.raises(SettingsError, match="trusted_proxies"):
        Addresses(["my-proxy"])


def test_a_rate_lets_a_burst_come_and_then_its_rate() -> None:
    rates = Rates(10, 20)
    assert [rates.take("a", 1000.0) for _ in range(20)] == [0] * 20
    assert rates.take("a", 1000.0) == 1
    assert rates.take("b", 1000.0) == 0
    assert [rates.take("a", 1100.0), rates.take("a", 1100.0)] == [0, 1]


def test_a_slow_rate_says_after_how_long_to_come_again() -> None:
    rates = Rates(1, 1)
    assert [rates.take("a", 0.0), rates.take("a", 0.0), rates.take("a", 999.0), rates.take("a", 1000.0)] == [0, 1, 1, 0]


def test_no_rate_is_no_limit_and_keeps_nothing() -> None:
    rates = Rates(0, 0)
    assert {rates.take("a", 0.0) for _ in range(1000)} == {0}


def test_only_so_many_keys_are_remembered() -> None:
    rates = Rates(1, 1, keys_max=2)
    for key in ("a", "b", "c"):
        assert rates.take(key, 0.0) == 0
    assert [rates.take("c", 0.0), rates.take("b", 0.0), rates.take("a", 0.0)] == [1, 1, 0]
