"""ConductorOne/baton-fullstory, v0.0.2 and 1d9fede behind it: recorded requests. It lists users, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.clients.recorded import KEY, Sender, served

READ = {"id": str, "uid": str, "display_name": str, "email": str, "is_being_deleted": bool}
"""What it reads of a user, each as a value of this type where it is there."""


@pytest.fixture
def baton(tmp_path: Path) -> Iterator[Sender]:
    with served(tmp_path) as api:
        json = {"Accept": "application/json", "Content-Type": "application/json"}
        yield Sender(api, {**json, "Authorization": f"Basic {KEY}", "User-Agent": "baton-sdk/v0.2.45"})


def test_all_users_are_listed_once(baton: Sender) -> None:
    users = [{"uid": f"u{n}", "display_name": f"N{n}", "email": f"{n}@x.io"} for n in range(230)]
    baton.api.post("/v2/users/batch", {"requests": users})
    baton.api.work()
    found: list[Any] = []
    target = "/v2/users"
    while target:
        page = baton.told("GET", target)
        found += page["results"]
        token = page.get("next_page_token")
        target = token and f"/v2/users?{urlencode({'page_token': token})}"
    assert sorted(user["uid"] for user in found) == sorted(user["uid"] for user in users)
    assert all(type(user[name]) is kind for user in found for name, kind in READ.items())


def test_who_is_being_erased_is_shown_as_such(baton: Sender) -> None:
    made = baton.api.post("/v2/users", {"uid": "u"})
    baton.api.delete("/v2/users", uid="u")
    (user,) = baton.told("GET", "/v2/users")["results"]
    assert (user["id"], user["is_being_deleted"]) == (made["id"], True)


def test_a_wrong_key_is_no_success(baton: Sender) -> None:
    wrong = Sender(baton.api, {"Authorization": "Basic na1.wrong"})
    assert wrong.refused("GET", "/v2/users", 401)["code"] == "unauthorized"
