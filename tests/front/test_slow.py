"""Slow clients: they are dropped by time, and those that are merely not fast are not (LI-7)."""

from __future__ import annotations

import socket
import time

from tests.front.served import answered, code_of, is_closed, served, until

POST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n"


def test_a_head_that_does_not_end_is_answered_408() -> None:
    with served(head_s=0.3) as front, front.connect() as link:
        for part in (b"GET /", b" HTTP/1.1\r\n", b"host:"):
            link.sendall(part)
        status, _, body = answered(link)
        assert (status, code_of(body), is_closed(link)) == (408, "too_slow", True)
        assert (front.seen, front.counted[-1]) == ([], "too_slow")


def test_who_says_nothing_is_told_nothing() -> None:
    with served(head_s=0.2) as front, front.connect() as link:
        assert answered(link)[0] == 0


def test_the_time_of_a_head_begins_with_its_first_byte_on_a_connection_that_was_idle() -> None:
    with served(head_s=0.8) as front, front.connect() as link:
        for _ in range(2):
            time.sleep(0.5)
            link.sendall(b"GET / HTTP/1.1\r\n")
            link.sendall(b"\r\n")
            assert answered(link)[0] == 200


def test_a_connection_is_closed_some_time_after_its_last_answer() -> None:
    with served(idle_s=1) as front, front.connect() as link:
        link.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert answered(link)[0] == 200
        assert is_closed(link)


def test_a_body_that_trickles_is_answered_408_and_its_application_is_told() -> None:
    with served(body_grace_s=0.3, body_bytes_per_second_min=10_000) as front, front.connect() as link:
        link.sendall(POST + b"x")
        assert answered(link)[0] == 408
        until(lambda: front.seen == [("/", None)])
        assert front.front.bytes_held == 0


def test_a_body_that_comes_fast_enough_is_let_be() -> None:
    with served(body_grace_s=0.1, body_bytes_per_second_min=1000) as front, front.connect() as link:
        link.sendall(POST)
        for _ in range(10):
            link.sendall(b"x" * 10_000)
            time.sleep(0.1)
        assert answered(link)[0] == 200


def test_a_body_may_take_only_so_long_however_steady_it_is() -> None:
    with served(body_s=0.5, body_bytes_per_extra_second=1 << 30) as front, front.connect() as link:
        link.sendall(POST)
        status = 0
        link.settimeout(0.05)
        for _ in range(50):
            link.sendall(b"x" * 100)
            try:
                status = answered(link)[0]
                break
            except TimeoutError:
                continue
        assert status == 408


def test_the_rest_of_a_body_whose_request_is_answered_gets_no_second_answer() -> None:
    with served(body_s=0.3) as front, front.connect() as link:
        link.sendall(b"POST /unread HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nx")
        assert answered(link)[0] == 200
        assert is_closed(link)


def test_time_in_which_the_service_does_not_read_on_does_not_count() -> None:
    limits = {"body_grace_s": 0.2, "body_s": 0.5, "body_bytes_per_second_min": 1 << 20}
    with served(**limits, body_bytes_per_extra_second=1 << 30) as front, front.connect() as link:
        front.may_answer.clear()
        link.sendall(b"GET /unread HTTP/1.1\r\n\r\n")
        link.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3000000\r\n\r\n" + b"x" * 100_000)
        time.sleep(1)
        front.may_answer.set()
        assert answered(link)[0] == 200
        link.sendall(b"x" * 2_900_000)
        assert answered(link)[0] == 200


def test_who_does_not_read_an_answer_is_dropped() -> None:
    with served(write_s=0.3) as front, front.connect() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.sendall(b"GET /large HTTP/1.1\r\n\r\n")
        until(lambda: front.hung_up.is_set())
