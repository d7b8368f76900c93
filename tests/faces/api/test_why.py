"""Why a session is whose it is, over the API (AP-15)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from passerby.wire.instants import iso_text
from tests.faces.api.speaking import Api
from tests.worlds import NOW_MS, ORG

VISIT = {"op": "page", "url": "https://a.example/"}
DEVICE, SESSION, PAGE, OTHER, THIRD = (f"{n:08x}-5eed-4000-8000-0123456789ab" for n in range(1, 6))


def browse(api: Api, *ops: dict[str, object], page: str = PAGE, after_ms: int = 0, key: str | None = None) -> None:
    stamped = [{"n": n, "t": NOW_MS + after_ms + n, **op} for n, op in enumerate(ops, 1)]
    envelope = {
        "v": 1, "org": ORG.id, "device": DEVICE, "session": SESSION, "page": page,
        "started": NOW_MS, "sent": NOW_MS + 100, "sdk": "browser/9", "ops": stamped, **({"key": key} if key else {}),
    }  # fmt: skip
    api.browse(msgspec.json.encode(envelope))


def test_the_reasons_name_binding_operation_rule_and_sdk(api: Api) -> None:
    browse(api, VISIT, {"op": "identify", "uid": "ada"}, {"op": "end", "why": "anonymize"})
    why = api.get(f"/v2/sessions/{DEVICE}:{SESSION}/why")
    assert (why["uid"], why["device_id"], why["session_id"]) == ("ada", DEVICE, SESSION)
    told = {reason["about"]: reason for reason in why["reasons"]}
    assert told["whose"]["rule"] == "ID-2"
    assert told["whose"]["operation"] | {"time": ""} == {
        "call": "identify", "view_id": PAGE, "n": 2, "time": "", "sdk": "browser/9",
    }  # fmt: skip
    assert (told["ending"]["rule"], told["ending"]["operation"]["n"]) == ("ID-6", 3)
    assert told["seal"]["rule"] == "AT-3"


def test_an_anonymous_session_has_no_uid_and_says_why(api: Api) -> None:
    browse(api, {"op": "page", "url": "https://a.example/"})
    why = api.get(f"/v2/sessions/{DEVICE}:{SESSION}/why")
    assert "uid" not in why
    assert "anonymous" in why["reasons"][0]["statement"]


def test_a_substitute_says_so_and_does_not_name_the_device_it_stands_in_for(api: Api) -> None:
    browse(api, VISIT, {"op": "identify", "uid": "ada"}, {"op": "identify", "uid": "bo"})
    (session,) = api.get("/sessions/v2", uid="bo")["sessions"]
    why = api.get(f"/v2/sessions/{session['userId']}:{session['sessionId']}/why")
    assert why["uid"] == "bo"
    assert "AT-4" in {reason["rule"] for reason in why["reasons"]}
    assert DEVICE not in msgspec.json.encode(why).decode()


def test_a_device_of_two_people_says_which_page_was_told_whom_and_when_they_contradicted_one_another(api: Api) -> None:
    browse(api, VISIT, {"op": "identify", "uid": "ada"})
    browse(api, {"op": "identify", "uid": "bo"}, page=OTHER, after_ms=10)
    browse(api, VISIT, page=THIRD, after_ms=5)
    why = api.get(f"/v2/sessions/{DEVICE}:{SESSION}/why")
    pages = {one["operation"]["view_id"]: one for one in why["reasons"] if one["about"] == "page"}
    assert pages[PAGE]["statement"] == "A page was told this user by this identify."
    assert (pages[PAGE]["operation"]["call"], pages[PAGE]["rule"]) == ("identify", "AT-4")
    assert "told nobody" in pages[THIRD]["statement"]
    (contradiction,) = [one for one in why["reasons"] if one["about"] == "contradiction"]
    assert contradiction["rule"] == "AT-4.2"
    assert iso_text(NOW_MS + 11 - 100) in contradiction["statement"]
    assert "bo" not in {why.get("uid")}
    assert OTHER not in msgspec.json.encode(why).decode()


@pytest.mark.parametrize(
    ("ops", "rule", "said"),
    [
        ([{"op": "identify", "uid": "bo"}, VISIT], "AT-4", "the device had had two people"),
        ([{"op": "end", "why": "anonymize"}, VISIT], "AT-3", "an end came before it"),
    ],
)
def test_what_is_nobodys_says_why(api: Api, ops: list[dict[str, object]], rule: str, said: str) -> None:
    browse(api, VISIT, {"op": "identify", "uid": "ada"})
    browse(api, ops[0], page=OTHER, after_ms=10)
    browse(api, ops[1], page=THIRD, after_ms=20)
    why = _why_of_nobodys(api)
    assert "uid" not in why
    assert (why["reasons"][0]["rule"], said in why["reasons"][0]["statement"]) == (rule, True)


def test_what_came_with_another_key_says_so(api: Api) -> None:
    browse(api, VISIT, key="a" * 32)
    browse(api, {"op": "identify", "uid": "liar"}, page=OTHER, key="b" * 32)
    why = _why_of_nobodys(api)
    assert {"uid", "page"}.isdisjoint({*why, *(one["about"] for one in why["reasons"] if "AT-4" in one["rule"])})
    assert why["reasons"][0]["rule"] == "AT-9"
    assert "b" * 32 not in msgspec.json.encode(why).decode()


def _why_of_nobodys(api: Api) -> Any:
    """Of the session that was kept under no device that a client named."""
    with api.store.read() as reader:
        (name,) = {
            (piece.device, piece.session)
            for piece in reader.pieces_after(ORG.id, 0, 99)
            if piece.device[14] == "8" and reader.device(ORG.id, piece.device).binding is None
        }
    return api.get(f"/v2/sessions/{':'.join(name)}/why")


def test_a_session_that_is_not_there_is_not_explained(api: Api) -> None:
    assert api.get(f"/v2/sessions/{DEVICE}:{SESSION}/why", 404)["code"] == "resource_not_found"
