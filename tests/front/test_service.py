"""The service with its front: settings reach the limits, and every answer that asks for patience says for how long."""

from __future__ import annotations

import json
import time
import uuid

import httpx
import pytest

from tests.running import RunningService, running_service

KEY = "na1.key-of-the-limits-0001"


def send(service: RunningService, device: str, address: str) -> httpx.Response:
    """A bundle of a new page of this device, through a proxy of ours."""
    now = int(time.time() * 1000)
    ids = {"device": device, "session": str(uuid.uuid4()), "page": str(uuid.uuid4())}
    event = {"op": "event", "n": 1, "t": now, "name": "x"}
    bundle = {"v": 1, "org": service.org, **ids, "started": now, "sent": now, "ops": [event]}
    headers = {"x-forwarded-for": address}
    return httpx.post(f"{service.base}/rec/bundle", content=json.dumps(bundle), headers=headers)


@pytest.mark.parametrize("setting", ["device", "org", "address"])
def test_each_limit_of_the_settings_holds_and_its_answer_says_when_to_come_again(setting: str) -> None:
    names = {"device": "bundles_per_second_per_device", "org": "bundles_per_second_per_org",
             "address": "requests_per_second_per_address"}  # fmt: skip
    device = str(uuid.uuid4())
    with running_service(":memory:", "--log", "off", api_key=KEY, **{names[setting]: "1"}) as service:
        answers = [
            send(
                service,
                device if setting == "device" else str(uuid.uuid4()),
                "10.0.0.1" if setting == "address" else f"10.0.0.{number}",
            )
            for number in range(4)
        ]
        metrics = httpx.get(f"{service.base}/metrics", headers={"authorization": f"Basic {KEY}"}).text
    assert [answer.status_code for answer in answers][:3] == [200, 200, 429]
    assert answers[2].json()["code"] == "too_many_requests"
    assert int(answers[2].headers["retry-after"]) >= 1
    assert answers[2].headers["access-control-allow-origin"] == "*"
    assert 'passerby_refused_bundles_total{code="too_many_requests"}' in metrics


def test_by_default_a_whole_company_behind_one_address_is_let_in() -> None:
    with running_service(":memory:", "--log", "off") as service, httpx.Client() as client:
        for _ in range(300):
            headers = {"x-forwarded-for": "10.0.0.1"}
            assert client.get(f"{service.base}/s/fs.js", headers=headers).status_code == 200


def test_a_proxy_that_is_no_address_is_said_before_anything_begins() -> None:
    with (
        pytest.raises(AssertionError, match="trusted_proxies"),
        running_service(":memory:", "--log", "off", "--trusted-proxies", "nginx"),
    ):
        pass
