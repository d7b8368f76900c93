"""Heads: what is too large, too many or malformed goes no further (LI-5, LI-8)."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from tests.front.served import Served, answered, code_of, is_closed, served

KIB = 1 << 10


@pytest.fixture(scope="module")
def front() -> Iterator[Served]:
    with served(requests_per_second_per_address=0) as running:
        yield running


def head(size: int) -> bytes:
    """A request whose head has so many bytes."""
    start = b"GET / HTTP/1.1\r\nhost: x\r\na: "
    return start + b"v" * (size - len(start) - 4) + b"\r\n\r\n"


@pytest.mark.parametrize("raw", [head(16 * KIB), b"GET /%s HTTP/1.1\r\nhost: x\r\n\r\n" % (b"u" * (8 * KIB - 1)),
                                 b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100 + b"\r\n"])  # fmt: skip
def test_what_is_just_within_its_bound_is_taken(front: Served, raw: bytes) -> None:
    assert front.ask(raw)[0] == 200


TOO_MUCH = [
    (431, "head_too_large", b"%(method)s %(path)s HTTP/1.1\r\nhost: x\r\na: " + b"v" * (16 * KIB + 1) + b"\r\n\r\n"),
    (431, "head_too_large", b"%(method)s %(path)s HTTP/1.1\r\na: " + b"v" * (1 << 20)),
    (431, "head_too_large", b"%(method)s %(path)s HTTP/1.1\r\n" + b"a: b\r\n" * 101 + b"\r\n"),
    (414, "url_too_long", b"%(method)s %(path)s" + b"u" * (8 * KIB) + b" HTTP/1.1\r\nhost: x\r\n\r\n"),
    (414, "url_too_long", b"%(method)s %(path)s" + b"u" * (9 * KIB)),
    (400, "malformed_request", b"%(method)s %(path)s HTTP/9.9\r\n\r\n"),
    (400, "malformed_request", b"what %(path)s is this\r\n\r\n"),
    (
        400,
        "malformed_request",
        b"%(method)s %(path)s HTTP/1.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n",
    ),
]
"""What is refused at the front, and why, with room for a path."""


def refused(front: Served, raw: bytes) -> tuple[int, str | None]:
    """Status and code of what is refused; the connection is closed, and no application heard of it."""
    before = len(front.seen)
    with front.connect() as link:
        link.sendall(raw)
        answer, headers, body = answered(link)
        assert is_closed(link)
    assert (headers["connection"], headers["access-control-allow-origin"]) == ("close", "*")
    assert headers["content-type"] == "application/json"
    assert len(front.seen) == before
    return answer, code_of(body)


@pytest.mark.parametrize(("status", "code", "raw"), TOO_MUCH)
@pytest.mark.parametrize("path", [b"/", b"/v2/users", b"/nothing", b"/ui/o1/"])
def test_what_is_over_it_is_refused_with_a_code(front: Served, status: int, code: str, raw: bytes, path: bytes) -> None:
    given = raw % {b"method": b"POST" if path == b"/v2/users" else b"GET", b"path": path}
    assert refused(front, given) == (status, code)


@pytest.mark.parametrize(("status", "code", "raw"), TOO_MUCH)
@pytest.mark.parametrize("path", [b"/rec/bundle", b"/rec/bundle/v2", b"http://x/rec/bundle", b"/relay/rec/bundle"])
def test_nothing_is_said_of_what_may_be_a_bundle_so_that_it_is_kept(
    front: Served, status: int, code: str, raw: bytes, path: bytes
) -> None:
    assert refused(front, raw % {b"method": b"POST", b"path": path}) == (status, None), code


@pytest.mark.parametrize(("status", "raw"), [(431, b"\r\n" * (16 * KIB)), (400, b"what is this\r\n\r\n")])
def test_what_has_no_path_is_no_bundle(front: Served, status: int, raw: bytes) -> None:
    assert refused(front, raw) == (status, {431: "head_too_large", 400: "malformed_request"}[status])


@pytest.mark.parametrize(("path", "code"), [(b"/rec/bundle", None), (b"/v2/users", "malformed_request")])
def test_a_body_that_is_framed_wrongly_is_told_by_its_path(front: Served, path: bytes, code: str | None) -> None:
    head = b"POST %s HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" % path
    for raw in ([head + b"zz\r\n"], [head, b"zz\r\n"]):
        with front.connect() as link:
            for part in raw:
                link.sendall(part)
                time.sleep(0.02)
            status, _, body = answered(link)
        assert (status, code_of(body)) == (400, code)


@pytest.mark.parametrize("cut", [1, 3, 7, 20, 100])
def test_a_path_that_came_in_pieces_is_known(front: Served, cut: int) -> None:
    raw = b"POST /rec/bundle HTTP/1.1\r\nhost: x\r\na: " + b"v" * (17 * KIB)
    with front.connect() as link:
        link.sendall(raw[:cut])
        time.sleep(0.02)
        link.sendall(raw[cut:])
        status, _, body = answered(link)
    assert (status, code_of(body)) == (431, None)


def test_a_head_that_comes_bit_by_bit_is_bounded_too(front: Served) -> None:
    raw = head(17 * KIB)
    with front.connect() as link:
        for start in range(0, len(raw), 100):
            link.sendall(raw[start : start + 100])
        assert answered(link)[0] == 431


@pytest.mark.parametrize(
    "endless",
    [b"5;" + b"x" * (64 * KIB), b"1\r\nx\r\n" * 30_000, b"0\r\n" + b"a: b\r\n" * 200, b"0\r\na:" + b"b" * (64 * KIB)],
)
def test_what_frames_a_chunked_body_counts_as_a_head(front: Served, endless: bytes) -> None:
    start = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    assert front.ask(start + endless)[0] == 431


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_bodies_arrive_whole_however_they_are_cut_and_the_next_request_after_them(
    front: Served, seed: int, is_chunked: bool
) -> None:
    draw = random.Random(seed)
    raw, bodies = b"", [draw.randbytes(draw.randrange(200_000)) for _ in range(3)]
    for body in bodies:
        if is_chunked:
            cuts = sorted(draw.sample(range(1, len(body)), 5))
            parts = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
            sent = b"".join(b"%x;e=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\nt: 1\r\n\r\n"
            raw += b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + sent
        else:
            raw += b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    before = len(front.seen)
    with front.connect() as link:
        while raw:
            size = draw.choice([1, 100, 5_000, 70_000])
            link.sendall(raw[:size])
            raw = raw[size:]
        assert [int(answered(link)[2]) for _ in bodies] == [len(body) for body in bodies]
    # None is a request of another test, given up meanwhile.
    whole = [body for _, body in front.seen[before:] if body is not None]
    assert whole == bodies


def test_of_requests_that_do_not_wait_for_answers_eight_are_kept(front: Served) -> None:
    front.may_answer.clear()
    with front.connect() as link:
        link.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" * 9)
        front.may_answer.set()
        assert [answered(link)[0] for _ in range(9)] == [200] * 9
    front.may_answer.clear()
    with front.connect() as link:
        link.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" * 5000)
        assert is_closed(link)
    front.may_answer.set()


def test_who_would_rather_speak_another_protocol_is_answered_in_this_one(front: Served) -> None:
    upgrade = b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"
    status, headers, _ = front.ask(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n" + upgrade + b"\r\nhi")
    assert (status, headers["connection"]) == (200, "close")


def test_who_waited_to_be_asked_for_a_body_that_nobody_wants_is_let_go(front: Served) -> None:
    raw = b"POST /unread HTTP/1.1\r\nhost: x\r\ncontent-length: 2000000\r\nexpect: 100-continue\r\n\r\n"
    with front.connect() as link:
        link.sendall(raw)
        assert answered(link)[0] == 200
        assert is_closed(link)


def test_a_body_that_nobody_reads_is_read_away(front: Served) -> None:
    with front.connect() as link:
        link.sendall(b"POST /unread HTTP/1.1\r\nhost: x\r\ncontent-length: 2000000\r\n\r\n" + b"x" * 2_000_000)
        assert answered(link)[0] == 200
        link.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert answered(link)[0] == 200
    assert front.front.bytes_held == 0
