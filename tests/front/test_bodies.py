"""The budget of bodies: what is under way over all connections is bounded, and nobody can take it all (LI-8)."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerby.front.budget import Budget, Charge
from tests.front.served import Served, answered, code_of, served, until

BYTES = 100_000


def begun(front: Served, size: int, address: str = "") -> socket.socket:
    """A connection on which all of a body but its last byte was sent."""
    link = front.connect()
    forwarded = f"x-forwarded-for: {address}\r\n" if address else ""
    link.sendall(f"POST / HTTP/1.1\r\n{forwarded}content-length: {size + 1}\r\n\r\n".encode() + b"x" * size)
    return link


def test_a_body_over_the_budget_is_sent_away_and_the_next_is_taken_when_there_is_room() -> None:
    with served(bodies_bytes_max=BYTES, trusted_proxies=("127.0.0.1",)) as front:
        first = begun(front, 60_000)
        until(lambda: front.front.bytes_held == 60_000)
        second = begun(front, 60_000)
        status, headers, body = answered(second)
        assert (status, code_of(body), int(headers["retry-after"]) >= 1) == (503, "unavailable", True)
        until(lambda: front.front.bytes_held == 60_000)
        first.sendall(b"x")
        assert answered(first)[0] == 200
        until(lambda: front.front.bytes_held == 0)
        third = begun(front, 60_000)
        third.sendall(b"x")
        assert answered(third)[0] == 200


def test_who_hangs_up_holds_nothing() -> None:
    with served(bodies_bytes_max=BYTES) as front:
        begun(front, 40_000).close()
        until(lambda: front.seen == [("/", None)])
        until(lambda: front.front.bytes_held == 0)


def test_who_hangs_up_holds_nothing_for_requests_that_were_not_begun() -> None:
    with served(bodies_bytes_max=BYTES) as front:
        front.may_answer.clear()
        link = begun(front, 10_000)
        link.sendall(b"x" + b"POST / HTTP/1.1\r\ncontent-length: 20000\r\n\r\n" + b"y" * 20_000)
        until(lambda: front.front.bytes_held == 30_001)
        link.close()
        until(lambda: front.front.bytes_held == 10_001)
        front.may_answer.set()
        until(lambda: front.front.bytes_held == 0)


def test_who_waits_to_hear_that_it_is_sent_away_holds_nothing() -> None:
    with served(requests_per_second_per_address=1, hold_s=30, bodies_bytes_max=BYTES) as front:
        for _ in range(2):
            link = begun(front, 10)
            link.sendall(b"x")
            assert answered(link)[0] == 200
        begun(front, 10).sendall(b"x")
        until(lambda: front.counted == ["too_many_requests"])
        until(lambda: front.front.bytes_held == 0)


def test_one_address_cannot_take_what_another_needs() -> None:
    with served(bodies_bytes_max=BYTES, trusted_proxies=("127.0.0.1",)) as front:
        greedy = [begun(front, 30_000, "10.0.0.1") for _ in range(3)]
        until(lambda: "unavailable" in front.counted)
        until(lambda: front.front.bytes_held <= BYTES // 2)
        other = begun(front, 20_000, "10.0.0.2")
        other.sendall(b"x")
        assert answered(other)[0] == 200
        for link in greedy:
            link.close()


def test_a_body_is_held_while_its_request_is_worked_on() -> None:
    with served(bodies_bytes_max=BYTES) as front:
        front.may_answer.clear()
        link = begun(front, 40_000)
        link.sendall(b"x")
        until(lambda: front.seen)
        assert front.front.bytes_held == 40_001
        link.close()
        until(lambda: not len(front.front.connections))
        assert front.front.bytes_held == 40_001
        front.may_answer.set()
        until(lambda: front.front.bytes_held == 0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 60), st.booleans()), max_size=60))
def test_the_budget_is_never_exceeded_and_all_is_given_back(steps: list[tuple[str, int, bool]]) -> None:
    budget, held = Budget(100), dict.fromkeys("abc", 0)
    charges: dict[str, list[Charge]] = {address: [] for address in "abc"}
    for address, size, closes in steps:
        free = 100 - budget.used
        charge = Charge(budget, address)
        taken = charge.take(size)
        assert taken == (size <= free and held[address] + size <= free)
        held[address] += size * taken
        charges[address].append(charge)
        assert budget.used == sum(held.values()) <= 100
        if closes:
            for one in charges[address]:
                one.close()
            held[address] = 0
    for one in [*charges["a"], *charges["b"], *charges["c"]]:
        one.close()
        assert one.take(1000)
    assert budget.used == 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_further_address_finds_half_of_what_is_left(count: int) -> None:
    budget = Budget(1 << 20)
    for number in range(count):
        while budget.take(str(number), 1024):
            pass
    assert budget.used == (1 << 20) - (1 << 20 >> count)
