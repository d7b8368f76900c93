"""Reads back through the REST API what the service made of it all."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

_Found = TypeVar("_Found")


class ApiReader:
    """The API of one service, as its owner sees it."""

    def __init__(self, base: str, key: str, trust: ssl.SSLContext) -> None:
        self._client = httpx.Client(base_url=base, headers={"Authorization": f"Basic {key}"}, verify=trust)

    def _get(self, path: str, **asked: str) -> dict[str, Any]:
        answer = self._client.get(path, params=asked)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def user(self, uid: str) -> dict[str, Any] | None:
        """The user of that uid, with properties."""
        found = self._get("/v2/users", uid=uid)["results"]
        return self.user_by_id(found[0]["id"]) if found else None

    def user_by_id(self, user_id: str) -> dict[str, Any]:
        """The user of that id."""
        return self._get(f"/v2/users/{user_id}")

    def sessions(self, uid: str) -> list[str]:
        """The ids of a user's sessions, as `device:session`."""
        found = self._get("/sessions/v2", uid=uid, limit="1000")["sessions"]
        return [f"{session['userId']}:{session['sessionId']}" for session in found]

    def events(self, session_id: str) -> list[dict[str, Any]]:
        """What happened in a session, given as `device:session`."""
        found: list[dict[str, Any]] = self._get(f"/v2/sessions/{quote(session_id, safe='')}/events")["events"]
        return found

    def event_names(self, session_id: str) -> list[str]:
        """The names of a session's events of the app's own making."""
        return [
            found["event_properties"]["event_name"]
            for found in self.events(session_id)
            if found["event_type"] == "custom"
        ]

    def wait_for(self, question: Callable[[], _Found], within_s: float = 30) -> _Found:
        """The first answer to `question` that is not empty. AssertionError if there is none in time.

        What the service does not know yet is no answer.
        """
        asked_until = time.monotonic() + within_s
        pause = threading.Event()
        while not (found := _known(question)):
            if time.monotonic() > asked_until:
                raise AssertionError("the service never knew of it")
            pause.wait(0.05)
        return found

    def close(self) -> None:
        """No more questions."""
        self._client.close()


def _known(question: Callable[[], _Found]) -> _Found | None:
    try:
        return question()
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.NOT_FOUND:
            raise
        return None
