"""All events of a session in one answer, which is written while it is read (AP-9)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from passerby.base.errors import Unfinished
from passerby.faces.api import Desk
from passerby.faces.api.endpoint import Call
from passerby.faces.api.sessions import EventsQuery, session_events
from tests.faces.api.speaking import Api
from tests.faces.api.test_users import DEVICE, SESSION, bundle
from tests.worlds import ORG

PATH = f"/v2/sessions/{DEVICE}:{SESSION}/events"
MANY = 1203


@pytest.fixture
def long(api: Api) -> Api:
    """A session of so many events that they come in several pages."""
    for first in range(0, MANY, 401):
        ops = [{"op": "event", "n": n, "name": f"e{n}", "properties": {}} for n in range(first + 1, first + 402)]
        api.browse(bundle(api, *ops))
        api.clock.ms += 1000
    return api


def started(api: Api) -> Iterator[bytes]:
    """The chunks of an answer of which one is read."""
    desk = Desk(api.store, api.clock, api.ids, lambda: None)
    path = {"session": f"{DEVICE}:{SESSION}"}
    stream = session_events(Call(desk, ORG, path, EventsQuery(), None, "http://api.example")).stream
    assert stream is not None
    chunks = iter(stream)
    assert next(chunks).startswith(b'{"events":[')
    return chunks


def test_who_asks_for_no_part_gets_all_of_it(long: Api) -> None:
    whole = long.get(PATH)
    assert [event["event_properties"]["event_name"] for event in whole["events"]] == [
        f"e{n}" for n in range(1, MANY + 1)
    ]
    assert "next_page_token" not in whole


def test_who_asks_for_a_part_gets_that(long: Api) -> None:
    part = long.get(PATH, limit=500)
    assert len(part["events"]) == 500
    rest = long.get(PATH, page_token=part["next_page_token"])
    assert len(rest["events"]) == 500
    assert [*part["events"], *rest["events"]] == long.get(PATH)["events"][:1000]
    assert len(long.get(PATH, limit=1)["events"]) == 1


def test_what_comes_meanwhile_is_not_waited_for(long: Api) -> None:
    chunks = started(long)
    long.browse(bundle(long, {"op": "event", "n": 5000, "name": "late"}))
    told = msgspec.json.decode(b'{"events":[{}' + b"".join(chunks))
    assert len(told["events"]) == 1 + MANY - 500


@pytest.mark.parametrize("what", ["erased", "bound"])
def test_it_breaks_off_where_it_is_somebody_elses_now(long: Api, what: str) -> None:
    chunks = started(long)
    if what == "erased":
        long.client.delete(f"/v2/users/{DEVICE}")
    else:
        long.browse(bundle(long, {"op": "identify", "n": 5000, "uid": "u"}))
    with pytest.raises(Unfinished):
        next(chunks)
