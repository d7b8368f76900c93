"""What is injected into the core (CL-1). The only way in which it touches the world.

No port may raise: a storage that fails says so by returning False, a transport that fails calls `Machine.fail` later.
None may call the machine from within but `notify`, which comes at the end of a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Kind = Literal["device", "session", "page", "key"]
What = Literal["device", "session", "page", "uid"]
Timer = Literal["flush", "retry", "settle"]


class Clock(Protocol):
    def wall_ms(self) -> int:
        """Ms since 1970 by this machine's wall clock, which may jump (SE-8)."""
        ...


class Ids(Protocol):
    def mint(self, kind: Kind) -> str:
        """A new random lower-case UUID; of kind `key` 32 lower-case hex digits, all of them random (ST-8)."""
        ...


class Storage(Protocol):
    """What outlives the page. Synchronous; a True is a promise that the write is durable (ID-8)."""

    def read(self, key: str) -> str | None: ...

    def write(self, key: str, value: str) -> bool: ...

    def remove(self, key: str) -> bool: ...

    def keys(self, prefix: str) -> Iterable[str]: ...

    def strays(self) -> Iterable[str]:
        """The records that stand in homes not in use, which are removed by asking (ST-1). None where there is one."""
        ...

    def disown(self) -> None:
        """A user was let go: a record this page could not see or replace is for the first page that can to end (ID-17).

        Where there is one home, which all pages see, this does nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """One bundle to be sent: `body` is the envelope of WI-2, to be written as JSON."""

    id: str
    method: str
    path: str
    body: Mapping[str, Any]


class Transport(Protocol):
    def send(self, request: Request) -> None:
        """Send, and later call `Machine.reply` or `Machine.fail` with the request's id; never from within."""
        ...


class Timers(Protocol):
    def set(self, name: Timer, at_ms: int) -> None:
        """Call `Machine.timer(name)` once the wall clock is at `at_ms`; replaces an earlier time of that name."""
        ...

    def clear(self, name: Timer) -> None: ...


@dataclass(frozen=True, slots=True)
class Page:
    """Where the page is now."""

    url: str
    title: str | None = None
    referrer: str | None = None


@dataclass(frozen=True, slots=True)
class Ports:
    clock: Clock
    ids: Ids
    storage: Storage
    transport: Transport
    timers: Timers
    page: Callable[[], Page]
    random: Callable[[], float]
    """In [0, 1)."""
    changed: Callable[[What, str | None, str | None, str], None]
    """(what, from, to, why)"""
    notify: Callable[[str, Any], None]
    """(name, args) for observers (CL-7)"""
    note: Callable[..., None]
    """(code) or (code, name): a diagnostic, never with a value (PV-3)"""
