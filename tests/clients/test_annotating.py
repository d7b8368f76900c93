"""Annotations and recording settings as Fullstory's own tools ask for them, recorded in the shape of their sources.

- `@fullstory/activation-sdk` 1.0.0-alpha.0 and its command line `fs` (fullstory-anywhere-activation, commit f63448b):
  `Annotation.create(text, {start_time, end_time, source})`. What is absent there is absent in the JSON.
- `fs-lexicon` 1.1.0 (commit a8ac50e): `createAnnotation` and `getRecordingBlockRules`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from passerby.wire.instants import iso_ms
from tests.running import RunningService, running_service

KEY = "na1.key-of-the-activation-sdk"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running_service(tmp_path_factory.mktemp("data"), org="o1", api_key=KEY) as running:
        yield running


def activation(service: RunningService, method: str, path: str, body: Any = None) -> httpx.Response:
    """A request as the SDK's client makes it."""
    headers = {"Accept": "application/json", "Authorization": f"Basic {KEY}", "integration-source": ""}
    return httpx.request(method, service.base + path, headers=headers, json=body, timeout=30)


def lexicon(service: RunningService, method: str, endpoint: str, body: Any = None) -> httpx.Response:
    """A request as the connector makes it."""
    headers = {"Accept": "application/json", "Integration-Source": "fs-lexicon", "Authorization": f"Basic {KEY}"}
    return httpx.request(method, f"{service.base}/{endpoint}", headers=headers, json=body, timeout=30)


def test_a_text_alone_is_answered_with_all_that_the_types_of_the_sdk_have(service: RunningService) -> None:
    made = activation(service, "POST", "/v2/annotations", {"text": "v2.1 deployed"}).json()
    assert {type(made[name]) for name in ("text", "start_time", "end_time", "source")} == {str}
    assert made["start_time"] == made["end_time"]


def test_what_the_command_line_gives_comes_back(service: RunningService) -> None:
    asked = {
        "text": "Feature launch", "source": "CI/CD",
        "start_time": "2024-08-01T12:00:00Z", "end_time": "2024-08-01T13:00:00Z",
    }  # fmt: skip
    made = activation(service, "POST", "/v2/annotations", asked).json()
    assert (made["text"], made["source"]) == (asked["text"], asked["source"])
    assert [iso_ms(made[name]) for name in ("start_time", "end_time")] == [
        iso_ms(asked[name]) for name in ("start_time", "end_time")
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v2/annotations", {"text": "x", "start_time": "at noon"}),
        ("POST", "/v2/visit_profile", {}),
        ("GET", "/v2/sessions/a:b/context", None),
        ("GET", "/segments/v1/nothing", None),
        ("GET", "/nothing", None),
        ("POST", "/operations/v1", {}),
    ],
)
def test_whatever_fails_has_the_message_that_the_sdk_throws(
    service: RunningService, method: str, path: str, body: Any
) -> None:
    answer = activation(service, method, path, body)
    assert not answer.is_success
    assert set(answer.json()) == {"message", "code"}


def test_the_connectors_annotation_and_block_rules_are_answered(service: RunningService) -> None:
    made = lexicon(service, "POST", "v2/annotations", {"text": "Release", "source": "Lexicon"})
    assert (made.status_code, made.json()["source"]) == (200, "Lexicon")
    rules = lexicon(service, "GET", "settings/recording/v1/blocking").json()
    assert {"blockedIps", "blockedUas", "blockedAppIds", "metadata"} == set(rules)
