"""Annotations over the API (AP-19)."""

from __future__ import annotations

import random
from typing import Any

import pytest

from passerby.ingest import annotating
from passerby.model.annotation import annotation
from passerby.query.annotations import annotations_between
from tests.faces.api.speaking import KEYS, Api
from tests.worlds import ORG, CountedIds

PATH = "/v2/annotations"
NOW = "2025-06-15T15:06:40.000Z"


def test_a_text_alone_marks_now(api: Api) -> None:
    made = api.post(PATH, {"text": "v2.1 deployed"})
    assert {name: value for name, value in made.items() if name != "id"} == {
        "text": "v2.1 deployed", "start_time": NOW, "end_time": NOW, "source": "",
    }  # fmt: skip
    assert api.get(f"{PATH}/{made['id']}") == made
    assert api.get(PATH)["results"] == [made]


def test_a_time_range_is_kept_as_given_in_utc(api: Api) -> None:
    asked = {"text": "é" * 200, "start_time": "2024-08-01T14:00:00+02:00", "end_time": "2024-08-01", "source": "C" * 40}
    assert api.post(PATH, asked, 400)["message"] == "end_time has to be after start_time"
    made = api.post(PATH, {**asked, "end_time": "2024-08-01T13:00:00Z"})
    assert (made["start_time"], made["end_time"]) == ("2024-08-01T12:00:00.000Z", "2024-08-01T13:00:00.000Z")
    assert (made["text"], made["source"]) == ("é" * 200, "C" * 40)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required_field"),
        ({"text": ""}, "invalid_argument"),
        ({"text": " \n"}, "invalid_argument"),
        ({"text": "x" * 201}, "invalid_argument"),
        ({"text": "x", "source": "s" * 41}, "invalid_argument"),
        ({"text": "x", "start_time": "yesterday"}, "invalid_argument"),
        ({"text": "x", "start_time": "1969-12-31T23:59:59Z"}, "invalid_argument"),
        ({"text": "x", "start_time": NOW, "end_time": NOW}, "invalid_argument"),
        ({"text": "x", "end_time": "2025-06-15T15:06:39Z"}, "invalid_argument"),
        ({"text": "x", "colour": "red"}, "invalid_argument"),
    ],
)
def test_what_is_wrong_with_one_is_said_and_nothing_is_kept(api: Api, body: dict[str, Any], code: str) -> None:
    assert api.post(PATH, body, 400)["code"] == code
    assert api.get(PATH) == {"results": []}


def test_removed_it_is_gone(api: Api) -> None:
    made = api.post(PATH, {"text": "x"})
    assert api.delete(f"{PATH}/{made['id']}") == {}
    assert api.get(f"{PATH}/{made['id']}", 404)["code"] == "resource_not_found"
    assert api.delete(f"{PATH}/{made['id']}", 404)["code"] == "resource_not_found"
    assert api.get(PATH) == {"results": []}


def test_who_captures_sets_them_who_reads_sees_them_and_an_admin_removes_them(api: Api) -> None:
    def status(method: str, path: str, scope: str) -> int:
        headers = {"Authorization": f"Bearer {KEYS[scope]}"}
        body = {"text": "x"} if method == "POST" else None
        return api.client.request(method, path, json=body, headers=headers).status_code

    one = f"{PATH}/{api.post(PATH, {'text': 'x'})['id']}"
    assert [status("POST", PATH, scope) for scope in ("capture", "read")] == [200, 403]
    assert [status("GET", path, "read") for path in (PATH, one)] == [200, 200]
    assert [status("GET", path, "capture") for path in (PATH, one)] == [403, 403]
    assert [status("DELETE", one, scope) for scope in ("capture", "read", "admin")] == [403, 403, 200]


def test_a_repeat_under_an_idempotency_key_sets_one(api: Api) -> None:
    first = api.post(PATH, {"text": "x"}, Idempotency_Key="k")
    assert api.post(PATH, {"text": "x"}, Idempotency_Key="k") == first
    assert len(api.get(PATH)["results"]) == 1


def test_an_org_has_so_many_at_most(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annotating, "ANNOTATIONS_MAX", 2)
    made = [api.post(PATH, {"text": "x"}) for _ in range(2)]
    assert api.post(PATH, {"text": "x"}, 400)["code"] == "invalid_argument"
    api.delete(f"{PATH}/{made[0]['id']}")
    api.post(PATH, {"text": "x"})
    api.post(PATH, {"text": "x"}, 400)


def test_those_of_a_time_are_found_page_by_page_as_a_look_at_all_of_them_would(api: Api) -> None:
    draw, ids = random.Random(13), CountedIds()
    made = []
    for n in range(40):
        start = draw.randrange(1000)
        made.append(annotation(ids, f"{n}", start, start + draw.choice([0, 0, 5, 600]), "s"))
    for one in made:
        api.store.submit(lambda work, one=one: annotating.annotate(work, ORG.id, one)).result()
    for _ in range(30):
        since = draw.randrange(1200)
        until = since + draw.randrange(300)
        wanted = sorted(one.id for one in made if one.end_ms >= since and one.start_ms <= until)
        found, after = [], ""
        with api.store.read() as reader:
            while True:
                page, more = annotations_between(reader, ORG.id, 3, since, until, after)
                found += [one.id for one in page]
                if more is None:
                    break
                after = more
        assert found == wanted


def test_a_list_is_of_a_time_and_comes_in_pages(api: Api) -> None:
    for day in (1, 2, 3, 4):
        api.post(PATH, {"text": f"{day}", "start_time": f"2025-01-0{day}"})
    first = api.get(PATH, start_time="2025-01-02", end_time="2025-01-04T12:00:00Z", limit=2)
    assert [one["text"] for one in first["results"]] == ["4", "3"]
    asked = {"start_time": "2025-01-02", "limit": 2, "page_token": first["next_page_token"]}
    assert api.get(PATH, **asked) == {"results": [api.get(PATH)["results"][2]]}
    assert api.get(PATH, 400, start_time="then")["code"] == "invalid_argument"
