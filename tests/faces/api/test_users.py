"""Users over HTTP (AP-4, AP-5, PV-2)."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from passerby.jobs.work import work_of
from passerby.jobs.worker import Worker
from tests.faces.api.speaking import Api
from tests.worlds import opened

DEVICE, SESSION, PAGE = (f"{n}0000000-0000-4000-8000-000000000000" for n in "123")


def bundle(api: Api, *ops: dict[str, object]) -> bytes:
    stamped = [{"n": n, "t": api.clock.ms, **op} for n, op in enumerate(ops, 1)]
    envelope = {"v": 1, "org": "o1", "device": DEVICE, "session": SESSION, "page": PAGE, "sdk": "browser/1"}
    return msgspec.json.encode({**envelope, "started": api.clock.ms, "sent": api.clock.ms, "ops": stamped})


def test_a_user_is_created_read_updated_and_read_again(api: Api) -> None:
    made = api.post("/v2/users", {"uid": "u", "display_name": "Una", "email": "u@x", "properties": {"plan": "pro"}})
    assert api.post("/v2/users", {"uid": "u"}) == made
    api.clock.ms += 1
    api.post(f"/v2/users/{made['id']}", {"display_name": "Una B", "properties": {"seats": 3}})
    found = api.get(f"/v2/users/{made['id']}")
    assert found == {
        "id": made["id"],
        "uid": "u",
        "display_name": "Una B",
        "email": "u@x",
        "is_being_deleted": False,
        "properties": {"plan": "pro", "seats": 3.0},
        "app_url": f"http://api.example/ui/o1/user/{made['id']}",
    }


def test_users_are_listed_by_every_filter(api: Api) -> None:
    api.post("/v2/users", {"uid": "u", "display_name": "N", "email": "e"})
    api.post("/v2/users", {"uid": "v", "display_name": "N"})
    api.post("/v2/users", {})
    for query, count in (
        ({}, 3),
        ({"uid": "u"}, 1),
        ({"email": "e"}, 1),
        ({"display_name": "N"}, 2),
        ({"is_identified": "true"}, 2),
        ({"is_identified": "false"}, 1),
        ({"uid": "v", "email": "e"}, 0),
    ):
        answer = api.get("/v2/users", **query)
        assert (answer["total_records"], len(answer["results"])) == (str(count), count)


def test_page_tokens_walk_all_users_once(api: Api) -> None:
    job = api.post("/v2/users/batch", {"requests": [{"uid": f"u{n}"} for n in range(205)]})
    assert job["job"]["status"] == "PROCESSING"
    api.work()
    seen, token = [], None
    while True:
        page = api.get("/v2/users", **({"page_token": token} if token else {}))
        seen += [user["uid"] for user in page["results"]]
        token = page.get("next_page_token")
        if token is None:
            break
    assert len(seen) == len(set(seen)) == 205


@pytest.mark.parametrize("token", ["x", "W10", "WzEsInkiXQ", "é"])
def test_a_foreign_page_token_is_refused(api: Api, token: str) -> None:
    assert api.get("/v2/users", 400, page_token=token)["code"] == "invalid_argument"


def test_a_schema_comes_with_its_conflicts(api: Api) -> None:
    made = api.post("/v2/users", {"uid": "u", "properties": {"a": 1, "b": "x"}, "schema": {"properties": {"a": "int"}}})
    api.clock.ms += 1
    api.post("/v2/users", {"uid": "u", "properties": {"a": "one"}})
    found = api.get(f"/v2/users/{made['id']}", include_schema="true")
    assert found["schema"] == {"properties": {"a": "str", "b": "str"}}
    assert found["type_conflicts"] == {"properties": {"a": ["int", "str"]}}
    (listed,) = api.get("/v2/users", include_schema="true")["results"]
    assert listed == found


def test_a_value_that_does_not_fit_is_left_out_and_named(api: Api) -> None:
    made = api.post("/v2/users", {"uid": "u", "properties": {"a": "yes"}, "schema": {"a": "bool"}})
    assert made["notes"] == [{"code": "type_mismatch", "name": "a"}]


def test_a_user_of_the_browser_and_of_the_server_is_one(api: Api) -> None:
    api.browse(bundle(api, {"op": "page", "url": "https://x/"}, {"op": "identify", "uid": "u"}))
    made = api.post("/v2/users", {"uid": "u", "email": "e"})
    listed = api.get("/v2/users")
    assert [user["id"] for user in listed["results"]] == [made["id"]]
    assert api.get(f"/v2/users/{DEVICE}")["id"] == made["id"]
    sessions = api.get("/sessions/v2", uid="u", email="e")["sessions"]
    assert [(session["userId"], session["sessionId"]) for session in sessions] == [(DEVICE, SESSION)]


def test_a_deleted_user_is_being_deleted_and_then_gone(api: Api) -> None:
    made = api.post("/v2/users", {"uid": "u", "email": "e"})
    assert api.delete("/v2/users", uid="u") == {}
    assert api.get(f"/v2/users/{made['id']}")["is_being_deleted"] is True
    api.post(f"/v2/users/{made['id']}", {}, 410)
    api.work()
    assert api.get(f"/v2/users/{made['id']}", 404)["code"] == "resource_not_found"
    assert api.get("/v2/users")["total_records"] == "0"
    api.delete("/v2/users", 404, uid="u")


def test_the_receipt_of_an_erasure_can_be_had(api: Api) -> None:
    made = api.post("/v2/users", {"properties": {"a": 1}})
    answer = api.client.delete(f"/v2/users/{made['id']}")
    receipt = answer.headers["passerby-erasure"]
    assert "erased" not in api.get(f"/v2/erasures/{receipt}")
    api.work()
    done = api.get(f"/v2/erasures/{receipt}")
    assert (done["devices"], done["operations"], done["properties"]) == (1, 1, 1)
    assert done["erased"].startswith("2025-06-15T")
    assert api.get("/v2/erasures")["results"] == [done]


def test_an_answer_about_an_erased_user_is_not_remembered(api: Api) -> None:
    api.post("/v2/users", {"uid": "u"}, Idempotency_Key="k")
    api.delete("/v2/users", uid="u")
    api.work()
    with api.store.read() as reader:
        assert reader.entries("o1", "reply", "", "", 9) == []  # type: ignore[arg-type]


def test_everything_held_about_a_user_is_one_document(api: Api) -> None:
    api.browse(bundle(api, {"op": "page", "url": "https://x/"}, {"op": "identify", "uid": "u"}))
    made = api.post("/v2/users", {"uid": "u", "email": "e"})
    document = api.get(f"/v2/users/{made['id']}/export")
    assert document["user"]["uid"] == "u"
    assert [found["name"] for found in document["properties"]] == ["email"]
    operations = [
        op["op"] for device in document["devices"] for piece in device["pieces"] for op in piece["operations"]
    ]
    assert sorted(operations) == ["identify", "identify", "page"]


def test_the_last_events_of_a_user_come_from_all_devices_latest_first(api: Api) -> None:
    made = api.post("/v2/users", {"uid": "u"})
    for n in range(5):
        api.clock.ms += 1000
        api.post("/v2/events", {"name": f"e{n}", "user": {"uid": "u"}})
    api.clock.ms += 1000
    api.browse(bundle(api, {"op": "identify", "uid": "u"}, {"op": "event", "name": "last"}))
    events = api.get(f"/v2/users/{made['id']}/events", limit=3)["events"]
    assert [event["event_properties"].get("event_name") for event in events] == ["last", None, "e4"]
    assert [event["source_type"] for event in events] == ["web", "web", "server"]
    api.get(f"/v2/users/{made['id']}/events", 400, limit=0)


def test_the_v2beta_aliases_answer(api: Api) -> None:
    made = api.post("/v2beta/users", {"uid": "u"})
    assert api.get(f"/v2beta/users/{made['id']}") == api.get(f"/v2/users/{made['id']}")


def test_erasures_may_wait_for_one_rewriting_of_the_files(tmp_path: Path) -> None:
    store = opened("sqlite", tmp_path)
    api = Api(store)
    worker = Worker(store, api.clock, work_of(store, api.clock, api.ids, scrub_delay_ms=60_000), "test")
    for uid in ("u", "v"):
        api.post("/v2/users", {"uid": uid})
        api.delete("/v2/users", uid=uid)
        while worker.run_due():
            pass
        api.clock.ms += 30_000
    assert [("erased" in receipt) for receipt in api.get("/v2/erasures")["results"]] == [False, False]
    api.clock.ms += 1
    worker.run_due()
    assert [("erased" in receipt) for receipt in api.get("/v2/erasures")["results"]] == [True, True]
    store.close()


def test_a_user_may_be_patched(api: Api) -> None:
    made = api.post("/v2/users", {"uid": "u", "display_name": "Una", "email": "e"})
    changed = api.client.patch(f"/v2/users/{made['id']}", json={"displayName": "Bo"})
    assert (changed.status_code, changed.json()) == (200, made)
    found = api.get(f"/v2/users/{made['id']}")
    assert (found["display_name"], found["email"]) == ("Bo", "e")
    for status, email in ((200, "e@x"), (200, "e@x"), (409, "f@x")):
        again = api.client.patch(f"/v2/users/{made['id']}", json={"email": email}, headers={"Idempotency-Key": "k"})
        assert again.status_code == status
    assert api.client.patch(f"/v2/users/{DEVICE}", json={}).status_code == 404
    assert api.client.patch("/v2/users", json={}).headers["allow"] == "DELETE, GET, POST"


@pytest.mark.parametrize("name", ["display_name", "displayName"])
def test_a_name_may_be_spelled_either_way_wherever_it_is_set(api: Api, name: str) -> None:
    made = api.post("/v2/users", {"uid": "u", name: "Una"})
    assert api.get(f"/v2/users/{made['id']}")["display_name"] == "Una"
    api.clock.ms += 1
    api.post(f"/v2/users/{made['id']}", {name: "Bo"})
    assert api.get(f"/v2/users/{made['id']}")["display_name"] == "Bo"
    api.clock.ms += 1
    job = api.post("/v2/users/batch", {"requests": [{"uid": "u", name: "Cy"}, {"uid": "v", "nmae": "x"}]})["job"]
    api.work()
    assert api.get(f"/v2/users/{made['id']}")["display_name"] == "Cy"
    (failed,) = api.get(f"/v2/users/batch/{job['id']}/errors")["results"]
    assert (failed["code"], failed["message"]) == ("invalid_argument", "unknown field `nmae`")
    assert failed["user"] == {"uid": "v", "nmae": "x"}
    assert api.post("/v2/users", {"display_name": "Una", "displayName": "Bo"}, 400)["code"] == "invalid_argument"


def test_null_is_not_given(api: Api) -> None:
    made = api.post("/v2/users", {"uid": "u", "display_name": "Una", "email": "e"})
    api.clock.ms += 1
    nothing = {
        "uid": None,
        "display_name": None,
        "displayName": None,
        "email": None,
        "properties": None,
        "schema": None,
    }
    assert api.post(f"/v2/users/{made['id']}", nothing) == made
    found = api.get(f"/v2/users/{made['id']}")
    assert (found["uid"], found["display_name"], found["email"]) == ("u", "Una", "e")


def test_a_batch_may_name_its_requests_by_what_they_are(api: Api) -> None:
    api.post("/v2/users/batch", {"users": [{"uid": "u"}]})
    api.post("/v2/events/batch", {"events": [{"name": "e", "user": {"uid": "v"}}]})
    assert api.post("/v2/users/batch", {"events": []}, 400)["message"] == "unknown field `events`"
    assert api.post("/v2/users/batch", {"users": [{}], "requests": []}, 400)["code"] == "invalid_argument"
    api.work()
    assert {user["uid"] for user in api.get("/v2/users")["results"]} == {"u", "v"}


def test_the_token_of_the_next_users_has_two_names_and_goes_back_under_either(api: Api) -> None:
    """So does tap-fullstory page through all lists."""
    for n in range(101):
        api.post("/v2/users", {"uid": f"u{n}"})
    first = api.get("/v2/users", limit=100)
    assert first["nextPaginationToken"] == first["next_page_token"]
    rest = api.get("/v2/users", paginationToken=first["nextPaginationToken"])
    assert rest == api.get("/v2/users", page_token=first["next_page_token"])
    assert len({user["uid"] for user in [*first["results"], *rest["results"]]}) == 101
    assert not {"next_page_token", "nextPaginationToken"} & set(rest)
