"""The courier (AP-12)."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from contextlib import suppress

import pytest
import trustme

from passerby.jobs import courier as courier_module
from passerby.jobs.addresses import is_public
from passerby.jobs.courier import Courier, Undelivered
from passerby.jobs.resolver import Resolver
from tests.jobs.receivers import (
    OK,
    Act,
    answer_for_ever,
    answering,
    drip,
    endless_header,
    flood,
    receiving,
    until_closed,
)


def post(url: str, *, private_hosts: bool = True, **options: object) -> int:
    found = Courier(private_hosts=private_hosts, **options)  # type: ignore[arg-type]
    return asyncio.run(found.post(url, {"X-Sign": "s"}, b"{}"))


def names(**known: list[str]) -> Resolver:
    """A resolver that knows these names, by their first label."""
    return Resolver(lambda host: known[host.partition(".")[0]])


def test_a_body_arrives_with_its_headers_and_the_name_it_was_sent_to() -> None:
    with receiving(answering(OK)) as receiver:
        port = receiver.server_address[1]
        for _ in range(20):
            assert post(f"http://localhost:{port}/in?a=1") == 200
    # Head and body come together: a receiver that reads once has both.
    assert [heard.partition(b"\r\n\r\n")[2] for heard in receiver.heard] == [b"{}"] * 20
    head = receiver.heard[0].partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /in?a=1 HTTP/1.1"
    assert {f"Host: localhost:{port}".encode(), b"X-Sign: s", b"Content-Length: 2"} <= set(lines)


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with receiving(answering(OK)) as other:
        away = b"HTTP/1.1 307 x\r\nLocation: " + other.url.encode() + b"\r\nContent-Length: 0\r\n\r\n"
        with receiving(answering(away)) as receiver:
            assert post(receiver.url) == 307
    assert other.heard == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "localhost.", "0.0.0.0", "2130706433", "0x7f.1", "127.1", "user:pw@127.0.0.1"]
)
def test_this_host_is_never_called_unless_the_setting_says_so(host: str) -> None:
    with receiving(answering(OK)) as receiver, pytest.raises(Undelivered, match=r"private_address|unknown_host"):
        post(f"http://{host}:{receiver.server_address[1]}/in", private_hosts=False)
    assert receiver.heard == []


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.9", "192.0.2.1",
        "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
        "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::93.184.216.34", "::ffff:127.0.0.1", "::ffff:93.184.216.34",
        "64:ff9b::7f00:1", "64:ff9b::5db8:d822", "64:ff9b:1::7f00:1", "100::1", "2001::1", "2001:2::1", "2001:20::1",
        "2001:db8::1", "2002:7f00:1::", "2002:5db8:d822::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1", "fe80::1",
        "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_global_unicast_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "192.0.1.1", "2606:2800:220:1::1", "2a00:1450:4001::1"])
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


def test_one_address_of_a_name_that_is_private_refuses_the_name() -> None:
    with receiving(answering(OK)) as receiver:
        url = f"http://mixed.example:{receiver.server_address[1]}/"
        with pytest.raises(Undelivered, match="private_address"):
            post(url, private_hosts=False, resolver=names(mixed=["93.184.216.34", "127.0.0.1"]))
    assert receiver.heard == []


def test_a_name_is_asked_for_once_and_the_address_that_was_judged_is_called() -> None:
    asked = list[str]()

    def rebinding(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with receiving(answering(OK)) as receiver:
        url = f"http://rebinding.example:{receiver.server_address[1]}/"
        assert post(url, resolver=Resolver(rebinding)) == 200
    assert asked == ["rebinding.example"]


def test_an_address_where_nobody_listens_is_passed_over_for_the_next() -> None:
    with receiving(answering(OK)) as receiver:
        url = f"http://two.example:{receiver.server_address[1]}/"
        assert post(url, resolver=names(two=["127.0.0.2", "127.0.0.1"])) == 200


@pytest.mark.parametrize(
    "host", ["nowhere.invalid", "hooks..example.com", ".example.com", f"{'a' * 64}.example.com", "a" * 300]
)
def test_a_name_that_has_no_address_is_an_unknown_host_whatever_is_wrong_with_it(host: str) -> None:
    with pytest.raises(Undelivered, match="unknown_host"):
        post(f"http://{host}/")


def test_a_port_that_is_closed_and_an_answer_that_is_none_have_codes() -> None:
    with receiving(answering(b"ssh-2.0\r\n\r\n")) as receiver:
        with pytest.raises(Undelivered, match="connection"):
            post(receiver.url)
        with pytest.raises(Undelivered, match="tls"):
            post(receiver.url.replace("http:", "https:"))
    with pytest.raises(Undelivered, match="connection"):
        post(receiver.url)


@pytest.mark.parametrize("act", [until_closed, drip], ids=["hangs", "drips"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_deadline_counts_everything_and_closes_the_connection(
    act: Act, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier_module, "TIMEOUT_S", 0.3)
    with receiving(until_closed if scheme == "https" else act) as receiver:
        began_at = time.monotonic()
        with pytest.raises(Undelivered, match="timeout"):
            post(receiver.url.replace("http:", f"{scheme}:"))
        assert receiver.closed.wait(2)
    assert time.monotonic() - began_at < 3


@pytest.mark.parametrize("act", [flood, endless_header])
def test_no_more_is_read_of_an_answer_than_a_head_may_have(act: Act) -> None:
    with receiving(act) as receiver:
        with pytest.raises(Undelivered, match=r"answer_too_large|connection"):
            post(receiver.url)
        assert receiver.closed.wait(2)


def test_the_body_of_an_answer_is_not_waited_for() -> None:
    with receiving(answer_for_ever) as receiver:
        assert post(receiver.url) == 200
        assert receiver.closed.wait(2)


def test_a_name_whose_servers_are_silent_is_given_up_in_time_and_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(courier_module, "TIMEOUT_S", 0.1)
    asked, answer = list[str](), threading.Event()

    def silent(host: str) -> list[str]:
        asked.append(host)
        answer.wait(10)
        return []

    resolver = Resolver(silent)
    for _ in range(3):
        with pytest.raises(Undelivered, match="timeout"):
            post("http://silent.example/", resolver=resolver)
    answer.set()
    assert asked == ["silent.example"]


@pytest.mark.parametrize(("name", "code"), [("hooks.example", None), ("other.example", "tls")])
def test_tls_asks_for_the_name_and_checks_the_certificate_against_it(name: str, code: str | None) -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("hooks.example").configure_cert(server)
    authority.configure_trust(client)
    asked = list[str | None]()
    server.sni_callback = lambda _socket, found, _context: asked.append(found)

    def serve(connection: socket.socket) -> None:
        with server.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(65536)
            wrapped.sendall(OK)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve_one, args=(listening, serve), daemon=True).start()
        url, resolver = (
            f"https://{name}.:{listening.getsockname()[1]}/",
            names(hooks=["127.0.0.1"], other=["127.0.0.1"]),
        )
        if code is None:
            assert post(url, resolver=resolver, tls=client) == 200
        else:
            with pytest.raises(Undelivered, match=code):
                post(url, resolver=resolver, tls=client)
    assert asked == [name]


def _serve_one(listening: socket.socket, serve: Act) -> None:
    with suppress(OSError):
        connection, _ = listening.accept()
        serve(connection)
