"""The courier (AP-12)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from passerby.jobs.courier import Courier, Undelivered, is_public


class Echo(BaseHTTPRequestHandler):
    heard: list[tuple[str, str | None, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.heard.append((self.path, self.headers["x-sign"], body))
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Echo.heard = []
    found = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def test_a_body_arrives_with_its_headers(server: HTTPServer) -> None:
    courier = Courier(private_hosts=True)
    assert courier.post(f"http://localhost:{server.server_port}/in?a=1", {"X-Sign": "s"}, b"{}") == 200
    assert Echo.heard == [("/in?a=1", "s", b"{}")]


def test_a_redirect_is_an_answer_and_is_not_followed(server: HTTPServer) -> None:
    assert Courier(private_hosts=True).post(f"http://127.0.0.1:{server.server_port}/away", {}, b"") == 302
    assert len(Echo.heard) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "2130706433"])
def test_this_host_is_never_called_unless_the_setting_says_so(server: HTTPServer, host: str) -> None:
    with pytest.raises(Undelivered, match="private_address"):
        Courier(private_hosts=False).post(f"http://{host}:{server.server_port}/in", {}, b"")
    assert Echo.heard == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "240.0.0.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)  # fmt: skip
def test_an_address_of_no_open_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


def test_a_host_that_is_not_there_and_a_port_that_is_closed_have_codes(server: HTTPServer) -> None:
    with pytest.raises(Undelivered, match="unknown_host"):
        Courier(private_hosts=True).post("http://nowhere.invalid/", {}, b"")
    port = server.server_port
    with pytest.raises(Undelivered, match=r"tls|connection"):
        Courier(private_hosts=True).post(f"https://127.0.0.1:{port}/", {}, b"")
