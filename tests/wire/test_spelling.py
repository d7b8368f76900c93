"""Fields of requests under all of their names (AP-2.1)."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import msgspec
import pytest

from passerby.base.errors import Refusal
from passerby.faces.api.legacy import EventBody
from passerby.wire.reports import EventRequest, UserItem
from passerby.wire.requests import read, read_query


class Query(msgspec.Struct, frozen=True):
    """Of an endpoint."""

    page_token: str | None = None
    is_identified: bool | None = None


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member of a list."""

    own_name: int


class Open(msgspec.Struct, frozen=True):
    """It takes what it does not know, and leaves it."""

    own_name: int


class Several(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One, or several; and a name that no rule for spelling gives."""

    also: ClassVar[dict[str, str]] = {"things": "innerOnes"}

    innerOnes: Inner | list[Inner]


def refused(body: object, shape: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(body if isinstance(body, bytes) else msgspec.json.encode(body), shape)
    return caught.value


@pytest.mark.parametrize("name", ["display_name", "displayName"])
def test_a_field_may_be_given_in_either_spelling(name: str) -> None:
    assert read(msgspec.json.encode({"uid": "u", name: "Una"}), UserItem) == UserItem(uid="u", display_name="Una")


def test_so_it_is_at_every_level() -> None:
    given = {
        "name": "e",
        "session": {"useMostRecent": True},
        "user": {"uid": 7},
        "context": {"browser": {"userAgent": "UA"}, "device": {"screenWidth": 1.5}, "location": {}},
    }
    event = read(msgspec.json.encode(given), EventRequest)
    assert event.session is not None
    assert event.session.use_most_recent is True
    assert event.user is not None
    assert event.user.uid == 7
    assert event.context is not None
    assert event.context.browser is not None
    assert event.context.browser.user_agent == "UA"
    assert event.context.device is not None
    assert event.context.device.screen_width == 1.5
    assert event.context.location is not None


def test_a_name_of_its_own_is_known_only_where_it_is_one() -> None:
    event = read(b'{"name": "e", "context": {"browser": {"initial_referer": "https://r/"}}}', EventRequest)
    assert event.context is not None
    assert event.context.browser is not None
    assert event.context.browser.initial_referrer == "https://r/"
    assert refused({"name": "e", "initial_referer": "https://r/"}, EventRequest).message == (
        "unknown field `initial_referer`"
    )


def test_what_the_customer_names_is_never_spelled_anew() -> None:
    given = {"displayName": "n", "properties": {"planName": 1, "plan_name": 2}, "schema": {"planName": "int"}}
    user = read(msgspec.json.encode(given), UserItem)
    assert (user.properties, user.schema) == ({"planName": 1, "plan_name": 2}, {"planName": "int"})


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        ('"Una"', '"Una"', "Una"),
        ('"Una"', '"\\u0055na"', "Una"),
        ('"Una"', "null", "Una"),
        ("null", '"Una"', "Una"),
        ("null", "null", None),
    ],
)
def test_both_spellings_that_say_the_same_are_one(one: str, other: str, kept: str | None) -> None:
    body = f'{{"display_name": {one}, "displayName": {other}}}'.encode()
    assert read(body, UserItem).display_name == kept


@pytest.mark.parametrize(("one", "other"), [('"Una"', '"Bo"'), ('"1"', "1"), ('""', '"Bo"'), ('"Una"', "[]")])
def test_both_spellings_that_contradict_are_refused(one: str, other: str) -> None:
    found = refused(f'{{"display_name": {one}, "displayName": {other}}}'.encode(), UserItem)
    assert found.code == "invalid_argument"
    assert "`display_name` and `displayName` are one field" in found.message
    assert "Una" not in found.message


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"nmae": "e"}, "nmae"),
        ({"name": "e", "user": {"uuid": 1}}, "user.uuid"),
        ({"name": "e", "context": {"browser": {"agent": 1}}}, "context.browser.agent"),
        ({"name": "e", "session": {"useMostRecent": True}, "context": {"browser": {"x`y": 1}}}, "context.browser.x`y"),
        ({"name": "e", "x" * 1000: 1}, "x" * 64),
    ],
)
def test_an_unknown_field_is_named_by_its_path(given: object, path: str) -> None:
    found = refused(given, EventRequest)
    assert (found.code, found.message) == ("invalid_argument", f"unknown field `{path}`")


def test_lists_and_other_names_are_read_too() -> None:
    assert read(b'{"innerOnes": {"ownName": 1}}', Several) == Several(Inner(1))
    assert read(b'{"inner_ones": [{"ownName": 1}, {"own_name": 2}]}', Several) == Several([Inner(1), Inner(2)])
    assert read(b'{"things": [{"ownName": 1}]}', Several) == Several([Inner(1)])
    assert refused({"things": [{"own_name": 1}, {"x": 1}]}, Several).message == "unknown field `innerOnes[1].x`"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"displayName": 5}', "invalid_argument"),
        (b'{"displayName": "a", "properties": 5}', "invalid_argument"),
        (b'{"displayName": "a"', "malformed_json"),
        (b'{"displayName": "a", "uid": nope}', "malformed_json"),
        (b'{"displayName": "\xff"}', "malformed_json"),
    ],
)
def test_what_is_wrong_in_either_spelling_is_refused(body: bytes, code: str) -> None:
    assert refused(body, UserItem).code == code


def test_a_required_field_may_be_given_in_either_spelling() -> None:
    assert refused({"inner_ones": {}}, Several).code == "required_field"
    assert read(b'{"innerOnes": null, "things": {"own_name": null, "ownName": 1}}', Several) == Several(Inner(1))


def test_a_shape_that_leaves_what_it_does_not_know_does_so_in_either_spelling() -> None:
    assert read(b'{"ownName": 1, "x": 2}', Open) == read(b'{"own_name": 1, "x": 2}', Open) == Open(1)


def test_a_query_may_be_spelled_either_way() -> None:
    assert read_query({"pageToken": "t", "isIdentified": "true", "x": "y"}, Query) == Query("t", True)
    assert read_query({"pageToken": "t", "page_token": "t"}, Query) == Query("t")
    with pytest.raises(Refusal, match="two spellings"):
        read_query({"pageToken": "t", "page_token": "u"}, Query)


def test_names_without_end_cost_no_more_than_reading_them() -> None:
    body = b'{"displayName": "a", ' + b",".join(b'"x%d": 1' % n for n in range(100_000)) + b"}"
    began = time.monotonic()
    assert refused(body, UserItem).message == "unknown field `x0`"
    assert time.monotonic() - began < 1


def test_long_values_that_are_given_twice_are_one_only_byte_for_byte() -> None:
    value = msgspec.json.encode({"a": "x" * (1 << 16)})
    body = b'{"event_name": "e", "eventData": %b, "event_data": %b}'
    assert read(body % (value, value), EventBody).event_data is not None
    assert "are one field" in refused(body % (value, b" {" + value[1:-1] + b" }"), EventBody).message
