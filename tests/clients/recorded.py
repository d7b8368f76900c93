"""Requests as other clients send them, byte for byte, against the real routes over a store of its own.

What each client sends was read off its public source, and written down here in our own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tests.faces.api.speaking import KEYS, Api
from tests.worlds import opened

HOST = "https://api.example"
KEY = KEYS["admin"]


@contextmanager
def served(directory: Path) -> Iterator[Api]:
    """The service, for as long as the block lasts."""
    store = opened("memory", directory)
    try:
        yield Api(store)
    finally:
        store.close()


class Sender:
    """Sends with the headers of one client."""

    def __init__(self, api: Api, headers: Mapping[str, str]) -> None:
        self.api, self._headers = api, headers

    def ask(self, method: str, target: str, body: str | None = None) -> httpx.Response:
        """One request; a body is sent as it stands."""
        typed = {} if body is None else {"Content-Type": "application/json"}
        headers = {**self._headers, **typed}
        content = None if body is None else body.encode()
        return self.api.client.request(method, f"{HOST}{target}", headers=headers, content=content)

    def told(self, method: str, target: str, body: str | None = None) -> Any:
        """The JSON of an answer that succeeds."""
        answer = self.ask(method, target, body)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()

    def refused(self, method: str, target: str, status: int, body: str | None = None) -> dict[str, str]:
        """The message and the code of an answer that does not."""
        answer = self.ask(method, target, body)
        assert answer.status_code == status, answer.text
        found: dict[str, str] = answer.json()
        assert set(found) == {"message", "code"}
        return found


def encoded(text: str) -> str:
    """As `encodeURIComponent` of JavaScript has it."""
    return quote(text, safe="!'()*~")
