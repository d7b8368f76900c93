"""The demo's shop, without a browser."""

from __future__ import annotations

import itertools
import re

import pytest

from passerby.demo.people import GOODS
from passerby.demo.shop import Shop, shop_app
from tests.faces.dashboards import ORG, Client, Dashboard, uuid

SERVICE = "http://passerby.example"


@pytest.fixture
def world() -> Dashboard:
    return Dashboard()


@pytest.fixture
def client(world: Dashboard) -> Client:
    tokens = (f"login-{n}" for n in itertools.count())
    return Client(shop_app(Shop(world.store, world.clock, ORG.id, SERVICE, lambda: next(tokens))))


def test_every_page_loads_the_sdk_and_has_no_script_of_its_own(client: Client) -> None:
    slug = GOODS[0][0]
    for path in ("/", f"/goods/{slug}", f"/checkout/{slug}", "/thanks"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert f'<script src="{SERVICE}/s/fs.js?org={ORG.id}" data-user=""></script>' in answer.text
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=", answer.text)
        assert "unsafe" not in answer.headers["content-security-policy"]


def test_goods_that_are_not_there_are_not_found(client: Client) -> None:
    assert client.get("/goods/moon").status_code == 404


def test_a_login_is_told_until_it_ends(client: Client) -> None:
    assert client.get("/state").json() == {"customer": None}
    client.post("/log-in/ada", {})
    client.post("/workspace/Studio", {})
    customer = client.get("/state").json()["customer"]
    assert (customer["uid"], customer["workspace"]) == ("demo-ada", "Studio")
    client.post("/log-out", {})
    assert client.get("/state").json() == {"customer": None}


def test_a_page_says_whom_it_was_made_for_and_nobody_incognito(client: Client) -> None:
    client.post("/log-in/ada", {})
    assert 'data-user="demo-ada"' in client.get("/").text
    client.cookies["shop_incognito"] = "1"
    assert 'data-user=""' in client.get("/").text


def test_nobody_else_can_log_in(client: Client) -> None:
    assert client.post("/log-in/mallory", {}).status_code == 404


def test_the_panel_draws_the_devices_it_is_told_and_whose_they_are(world: Dashboard, client: Client) -> None:
    page = {"op": "page", "url": "https://a.example/"}
    name = {"displayName": "Ada Byron"}
    world.send(1, page, {"op": "identify", "uid": "ada", "properties": name}, {"op": "end", "why": "anonymize"})
    world.send(2, page)
    panel = client.get(f"/panel?devices={uuid(1)},{uuid(2)},rubbish").text
    assert "<b>Ada</b><span>released</span>" in panel
    assert "<b>anonymous</b>" in panel
    assert f"{SERVICE}/ui/{ORG.id}/session/{uuid(1)}" in panel
