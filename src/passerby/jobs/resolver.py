"""Names to addresses, so that a name whose servers are silent holds up nobody.

The system's resolver cannot be interrupted. So each look-up has a thread of its own, which is left behind when nobody
waits for it any longer. A name is looked up once at a time; whoever asks again meanwhile waits for the same answer.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeAlias

LOOKUPS_MAX: Final = 256
"""More names under way are not looked up."""

Lookup: TypeAlias = Callable[[str], list[str]]
"""The addresses of a name. It may take its time, and raise."""


class Unresolved(Exception):
    """No address is known."""


class Resolver:
    """Asks the system for addresses. Of one event loop after another, not of two at a time."""

    def __init__(self, lookup: Lookup | None = None) -> None:
        self._lookup = lookup or _asked_of_system
        self._under_way: dict[str, Future[list[str]]] = {}
        self._lock = threading.Lock()

    async def addresses(self, host: str) -> list[str]:
        """The addresses of `host`, each once, in the system's order. Unresolved if there is none."""
        answer: asyncio.Future[list[str]] = asyncio.wrap_future(self._asked(host))
        found = await asyncio.shield(answer)
        if not found:
            raise Unresolved
        return list(dict.fromkeys(found))

    def _asked(self, host: str) -> Future[list[str]]:
        with self._lock:
            known = self._under_way.get(host)
            if known is not None:
                return known
            if len(self._under_way) >= LOOKUPS_MAX:
                raise Unresolved
            future: Future[list[str]] = Future()
            future.set_running_or_notify_cancel()
            self._under_way[host] = future
        try:
            threading.Thread(target=self._look_up, args=(host, future), name="resolver", daemon=True).start()
        except RuntimeError:  # the machine has no more threads
            self._answer(host, future, [])
        return future

    def _look_up(self, host: str, future: Future[list[str]]) -> None:
        try:
            found = self._lookup(host)
        except Exception:
            # An OSError, or a UnicodeError for a name that is none: there is no address in either case.
            found = []
        self._answer(host, future, found)

    def _answer(self, host: str, future: Future[list[str]], found: list[str]) -> None:
        with self._lock:
            self._under_way.pop(host, None)
        future.set_result(found)


def _asked_of_system(host: str) -> list[str]:
    return [str(place[0]) for *_, place in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
