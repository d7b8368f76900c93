"""Cookies, headers, forms, queries and paths that nobody would send: never a 5xx, never let in by them (RE-3)."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.attacks.asking import Answer, Header
from tests.attacks.doors import DOORS, MARK
from tests.attacks.house import ATTACKED, House
from tests.attacks.malformed import good

EXAMPLES = 150
COOKIE = "passerby_pass"
_BYTES = st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"), max_size=60)
_ODD = st.sampled_from([
    "", " ", ";", "=", "a=b", '"', "\\", "%00", "%", "null", "0", "-1", "9" * 400, "1e400", "\x7f", "x" * 5_000, ",",
    "é", "gzip", "br", "chunked", "bytes=0-", "*", "text/html;q=nan", "Basic", "Basic ", "Bearer x",
    "Basic " + "=" * 40,
    "http://evil.example", "https://passerby.example", "[::1", "a.b:99999", "2025-13-99", "../..", "<script>",
])  # fmt: skip
_VALUES = _BYTES | _ODD
_NAMES = st.sampled_from([
    "accept", "accept-encoding", "accept-language", "authorization", "content-encoding", "content-length", "cookie",
    "content-type", "expect", "forwarded", "host", "idempotency-key", "if-none-match", "last-event-id", "origin",
    "range", "referer", "sec-fetch-site", "te", "transfer-encoding", "upgrade", "user-agent", "x-forwarded-for",
    "x-forwarded-host", "x-forwarded-proto", "x-http-method-override",
])  # fmt: skip
_HEADERS = st.lists(st.tuples(_NAMES, _VALUES), max_size=6)
_LINES = st.sampled_from(sorted(line for line in DOORS if line.startswith("GET")))
_FORMS = st.sampled_from(sorted(line for line, door in DOORS.items() if door.form is not None))
_FUZZED = settings(
    max_examples=EXAMPLES, deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = House(tmp_path_factory.mktemp("house"))
    yield built
    built.close()


def asked(house: House, method: str, target: str, headers: list[Header], body: bytes = b"") -> Answer:
    """One request, and that it was answered as something that a client did."""
    answer = house.raw(method, target, headers, body)
    assert answer.status < 500, (method, target, headers, answer.body[:300])
    return answer


@_FUZZED
@given(_LINES, _HEADERS)
@example("GET /ui/{org}/users", [("host", "[::1"), ("origin", "http://[")])
@example("GET /ui/{org}/live/stream", [("last-event-id", "9" * 400)])
def test_headers_harm_nothing_and_let_nobody_in(house: House, line: str, headers: list[Header]) -> None:
    answer = asked(house, "GET", house.target(line.removeprefix("GET ")), headers)
    assert MARK.encode() not in answer.body or line == "GET /ui/{org}/sign-in"


@_FUZZED
@given(_HEADERS, st.sampled_from(["POST", "GET", "PUT", "OPTIONS", "HEAD", "BREW", ""]), st.integers(0, 99))
def test_headers_harm_no_bundle(house: House, headers: list[Header], method: str, seed: int) -> None:
    body = json.dumps(good(random.Random(seed), ATTACKED, house.service.clock.now_ms())).encode()
    asked(house, method, "/rec/bundle", headers, body)


@_FUZZED
@given(
    st.lists(st.tuples(st.sampled_from([COOKIE, COOKIE.upper(), "x", ""]), _VALUES), max_size=5),
    st.sampled_from("=; ,"),
)
def test_cookies_harm_nothing_and_let_nobody_in(house: House, pairs: list[tuple[str, str]], between: str) -> None:
    text = f"{between} ".join(f"{name}={value}" for name, value in pairs)
    answer = asked(house, "GET", f"/ui/{ATTACKED}/users", [("cookie", text)])
    assert (answer.status, "/sign-in" in answer.headers["location"]) == (303, True)


@_FUZZED
@given(st.text(max_size=8), st.text(max_size=8), st.sampled_from([0, 1, 2]))
def test_of_many_cookies_a_good_one_still_admits(house: House, before: str, after: str, place: int) -> None:
    """What other software of the same host sets is nothing to us."""
    member = house.signed_in(ATTACKED, "admin")
    plain = [re.sub(r"[^\w]", "", text) for text in (before, after)]
    cookies = [f"a={plain[0]}", f"b={plain[1]}"]
    cookies.insert(place, member.headers[0][1])
    assert asked(house, "GET", f"/ui/{ATTACKED}/users", [("cookie", "; ".join(cookies))]).status == 200


@_FUZZED
@given(_FORMS, st.lists(st.tuples(st.text(max_size=12), st.text(max_size=40) | _ODD), max_size=8), _HEADERS, _BYTES)
def test_forms_harm_nothing(
    house: House, line: str, fields: list[tuple[str, str]], headers: list[Header], tail: str
) -> None:
    """Sent by a member who holds the form's mark, so that what is odd is read."""
    door, member = DOORS[line], house.signed_in(ATTACKED, "viewer" if "password" in line else "admin")
    known = [*(door.form or {}).items(), ("mark", member.mark)]
    told = [(name, value.encode("utf-8", "replace").decode()) for name, value in fields]
    mixed = [*told, *known] if len(tail) % 2 else [*known, *told]
    odd = [(name, fields[at % len(fields)][1]) if fields and name != "mark" else (name, value)
           for at, (name, value) in enumerate(mixed)]  # fmt: skip
    body = urlencode(odd, errors="replace").encode() + tail.encode("latin-1")
    own = [member.headers[0], ("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")]
    asked(house, "POST", house.target(line.removeprefix("POST ")), [*headers, *own], body)


@_FUZZED
@given(
    st.binary(max_size=300),
    st.sampled_from(["multipart/form-data", "multipart/form-data; boundary=a", "text/plain", ""]),
)
@example(b"--a\r\nContent-Disposition: form-data; name=\r\n\r\n", "multipart/form-data; boundary=a")
def test_the_sign_in_form_takes_any_bytes(house: House, body: bytes, kind: str) -> None:
    answer = asked(house, "POST", f"/ui/{ATTACKED}/sign-in", [("content-type", kind)], body)
    assert answer.status in (400, 401, 403, 413, 415, 429, 503)


@_FUZZED
@given(_LINES, st.lists(st.tuples(st.sampled_from([
    "page_token", "uid", "email", "limit", "q", "kind", "from", "after", "next", "org", "expires", "signature",
    "include_schema", "device",
]), st.text(max_size=40) | _ODD), max_size=5))  # fmt: skip
@example("GET /v2/users", [("page_token", "é" * 9)])
@example("GET /ui/{org}/user/{user}", [("page_token", "W10")])
def test_queries_harm_nothing(house: House, line: str, pairs: list[tuple[str, str]]) -> None:
    """Asked by who may: cursors, limits and searches are read then."""
    path = line.removeprefix("GET ")
    member = house.signed_in(ATTACKED, "admin")
    target = f"{house.target(path)}?{urlencode(pairs, errors='replace')}"
    asked(house, "GET", target, [member.headers[0], ("authorization", f"Basic {house.first_key}")])


@_FUZZED
@given(_LINES, st.text(max_size=30) | _ODD)
@example("GET /ui/{org}/session/{session}", "\x00")
@example("GET /v2/users/{user}", "\ud800")
def test_paths_harm_nothing(house: House, line: str, name: str) -> None:
    path = re.sub(
        r"\{(?!org)\w+(?::path)?\}", lambda _: quote(name, safe="", errors="replace"), line.removeprefix("GET ")
    )
    member = house.signed_in(ATTACKED, "admin")
    asked(house, "GET", house.target(path), [member.headers[0], ("authorization", f"Basic {house.first_key}")])
