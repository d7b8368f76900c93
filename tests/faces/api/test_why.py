"""Why a session is whose it is, over the API (AP-15)."""

from __future__ import annotations

import msgspec

from tests.faces.api.speaking import Api
from tests.worlds import NOW_MS, ORG

VISIT = {"op": "page", "url": "https://a.example/"}
DEVICE, SESSION, PAGE = (f"{n:08x}-5eed-4000-8000-0123456789ab" for n in (1, 2, 3))


def browse(api: Api, *ops: dict[str, object]) -> None:
    stamped = [{"n": n, "t": NOW_MS + n, **op} for n, op in enumerate(ops, 1)]
    envelope = {
        "v": 1, "org": ORG.id, "device": DEVICE, "session": SESSION, "page": PAGE,
        "started": NOW_MS, "sent": NOW_MS + 100, "sdk": "browser/9", "ops": stamped,
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
    why = api.get(f"/v2/sessions/{session['sessionId']}/why")
    assert why["uid"] == "bo"
    assert "AT-4" in {reason["rule"] for reason in why["reasons"]}
    assert DEVICE not in msgspec.json.encode(why).decode()


def test_a_session_that_is_not_there_is_not_explained(api: Api) -> None:
    assert api.get(f"/v2/sessions/{DEVICE}:{SESSION}/why", 404)["code"] == "resource_not_found"
