"""What is injected into the core (CL-1). The only way in which it touches the world.

No port raises: a storage that fails says so by returning False, a request that finds no answer is answered later, with
status 0. None calls the machine from within but `notify`, which comes at the end of a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypedDict

Kind = Literal["device", "session", "page", "key"]
Timer = Literal["flush", "retry", "settle"]
Capture = Literal["off", "on", "shutdown"]


class State(TypedDict):
    """What the core shows of itself (CL-8)."""

    capture: Capture
    device: str | None
    session: str | None
    page: str | None
    uid: str | None
    bound: bool


class Storage(Protocol):
    """What outlives the page. Synchronous; a True is a promise that the write is durable (ID-8)."""

    def read(self, key: str) -> str | None: ...

    def write(self, key: str, value: str | None) -> bool:
        """None removes."""
        ...

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
    """One bundle to be sent: the envelope of WI-2, to be posted as JSON to `/rec/bundle` (CL-15)."""

    id: str
    bundle: Mapping[str, Any]
    leaving: bool
    """Whether the page is going away, and the request has to outlive it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where the page is now."""

    url: str
    title: str | None = None
    referrer: str | None = None


@dataclass(frozen=True, slots=True)
class Ports:
    wall_ms: Callable[[], int]
    """Ms since 1970 by this machine's wall clock, which may jump (SE-8)."""
    mint: Callable[[Kind], str]
    """A new random lower-case UUID; of kind `key` 32 lower-case hex digits, all of them random (ST-8)."""
    storage: Storage
    send: Callable[[Request], None]
    """Send, and later call `Machine.reply` with the request's id; never from within."""
    set_timer: Callable[[Timer, int], None]
    """Call `Machine.timer` of that name once the wall clock is there; replaces an earlier time of that name."""
    clear_timer: Callable[[Timer], None]
    page: Callable[[], Page]
    random: Callable[[], float]
    """In [0, 1)."""
    changed: Callable[[State, State, str], None]
    """(from, to, why): once for each change, which may show in nothing of the two."""
    notify: Callable[[str, Any], None]
    """(name, args) for observers (CL-7)"""
    note: Callable[[str], None]
    """A diagnostic, never with a value (PV-3); one about a name is `code:name`."""
    is_suspicious: Callable[[str], bool] | None = None
    """Whether a uid is likely not one person's; where it is absent the reply says so (ID-9.1)."""
