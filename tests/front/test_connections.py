"""Connections: how many, of one address and in all, and which make room for another (LI-7)."""

from __future__ import annotations

import socket

from tests.front.served import Served, answered, is_closed, served, until

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
ANY = 1000


def idle(front: Served, count: int) -> list[socket.socket]:
    """So many connections on which something was asked and answered."""
    links = [front.connect() for _ in range(count)]
    for link in links:
        link.sendall(GET)
        assert answered(link)[0] == 200
    until(lambda: front.front.connections.idle == count)
    return links


def busy(front: Served, count: int) -> list[socket.socket]:
    """So many connections on which something was asked, and is worked on."""
    front.may_answer.clear()
    links = [front.connect() for _ in range(count)]
    for link in links:
        link.sendall(GET)
    until(lambda: len(front.seen) >= count)
    return links


def test_over_the_limit_of_an_address_its_longest_idle_makes_room() -> None:
    with served(connections_per_address_max=3, connections_max=ANY) as front:
        first, *others = idle(front, 3)
        new = front.connect()
        new.sendall(GET)
        assert answered(new)[0] == 200
        assert is_closed(first)
        for link in others:
            link.sendall(GET)
            assert answered(link)[0] == 200


def test_over_the_limit_of_all_the_longest_idle_makes_room() -> None:
    with served(connections_max=3, trusted_proxies=("127.0.0.1",)) as front:
        first, *_others = idle(front, 3)
        new = front.connect()
        new.sendall(GET)
        assert answered(new)[0] == 200
        assert is_closed(first)


def test_who_has_not_sent_a_head_makes_room_too() -> None:
    with served(connections_max=2, trusted_proxies=("127.0.0.1",)) as front:
        slow = [front.connect() for _ in range(2)]
        slow[0].sendall(b"GET /")
        until(lambda: len(front.front.connections) == 2)
        new = front.connect()
        new.sendall(GET)
        assert answered(new)[0] == 200


def test_what_is_worked_on_makes_no_room_and_a_newcomer_is_told_so() -> None:
    for limits in ({"connections_per_address_max": 3}, {"connections_max": 3, "trusted_proxies": ("127.0.0.1",)}):
        with served(**limits) as front:
            links = busy(front, 3)
            status, headers, _ = answered(new := front.connect())
            assert (status, "retry-after" in headers, is_closed(new)) == (503, True, True)
            front.may_answer.set()
            assert [answered(link)[0] for link in links] == [200] * 3


def test_what_is_held_back_makes_room_for_another_address_and_not_for_its_own() -> None:
    limits = {"requests_per_second_per_address": 1, "hold_s": 30, "connections_per_address_max": 2}
    with served(**limits, connections_max=2) as front:
        links = [front.connect() for _ in range(2)]
        for link in links:
            link.sendall(GET)
            assert answered(link)[0] == 200
        for link in links:
            link.sendall(GET)
        until(lambda: front.counted == ["too_many_requests"] * 2)
        assert answered(front.connect())[0] == 503
        with socket.create_connection(("127.0.0.1", front.port), 10, ("127.0.0.2", 0)) as other:
            other.sendall(GET)
            assert answered(other)[0] == 200


def test_what_is_held_back_makes_room_before_what_has_just_come() -> None:
    limits = {"requests_per_second_per_address": 1, "hold_s": 30, "connections_max": 2}
    with served(**limits) as front:
        held = front.connect()
        for _ in range(2):
            held.sendall(GET)
            assert answered(held)[0] == 200
        held.sendall(GET)
        until(lambda: front.counted == ["too_many_requests"])
        with socket.create_connection(("127.0.0.1", front.port), 10, ("127.0.0.2", 0)) as fresh:
            until(lambda: len(front.front.connections) == 2)
            with socket.create_connection(("127.0.0.1", front.port), 10, ("127.0.0.3", 0)) as newest:
                for link in (newest, fresh):
                    link.sendall(GET)
                    assert answered(link)[0] == 200
        assert is_closed(held)


def test_what_is_held_back_makes_room_before_what_is_idle() -> None:
    with served(requests_per_second_per_address=1, hold_s=30, connections_max=2) as front:
        with socket.create_connection(("127.0.0.1", front.port), 10, ("127.0.0.2", 0)) as kept:
            kept.sendall(GET)
            assert answered(kept)[0] == 200
            held = front.connect()
            for _ in range(2):
                held.sendall(GET)
                assert answered(held)[0] == 200
            held.sendall(GET)
            until(lambda: front.counted == ["too_many_requests"])
            with socket.create_connection(("127.0.0.1", front.port), 10, ("127.0.0.3", 0)) as newest:
                for link in (newest, kept):
                    link.sendall(GET)
                    assert answered(link)[0] == 200
        assert is_closed(held)


def test_a_trusted_proxy_may_have_as_many_as_there_are() -> None:
    with served(connections_per_address_max=1, trusted_proxies=("127.0.0.1",)) as front:
        busy(front, 5)
        assert len(front.front.connections) == 5


def test_none_is_counted_once_it_is_gone() -> None:
    with served(connections_per_address_max=2) as front:
        for _ in range(5):
            with front.connect() as link:
                link.sendall(GET)
                assert answered(link)[0] == 200
        until(lambda: len(front.front.connections) == 0)
