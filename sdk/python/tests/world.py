"""A world for one core: real, if small, implementations of every port, and a diary of what came through them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from passerby_client import Page, Ports, Request, State
from passerby_client.placeholder import is_suspicious

What = Literal["device", "session", "page", "uid"]

PAGE: Final = {"url": "https://app.example/"}
_WHATS: Final[tuple[What, ...]] = ("device", "session", "page", "uid")
_REFUSED_KEYS: Final = {"record": "fs_uid", "outbox": "fs_out."}


@dataclass
class Diary:
    """What happened during one step."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    writes: dict[str, str | None] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    callbacks: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    settled: list[dict[str, Any]] = field(default_factory=list)


class World:
    """Clock, ids, storage, transport, timers, page and randomness of one browser. Storage outlives the core."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.now_ms: int = given["clock"]["wall_ms"]
        self.left: dict[str, list[str]] = {kind: list(ids) for kind, ids in given["ids"].items()}
        self.keys_left: list[str] = list(given.get("keys", []))
        self.stored: dict[str, str] = dict(given["storage"] or {})
        self.at_mint: dict[str, str | None] = {}
        """What another tab writes just before the next id is given."""
        self.elsewhere: list[str] = list(given.get("strays", []))
        self.storage_fails: bool | str = given.get("storage_fails", False)
        self.page: dict[str, str] = dict(given.get("page", PAGE))
        self.randoms: list[float] = list(given.get("random", []))
        self.timers: dict[str, int] = {}
        self.diary = Diary()

    def ports(self) -> Ports:
        return Ports(
            wall_ms=self.wall_ms,
            mint=self.mint,
            storage=self,
            send=self.send,
            set_timer=self.timers.__setitem__,
            clear_timer=lambda name: self.timers.pop(name, None) and None,
            page=lambda: Page(**self.page),
            random=lambda: self.randoms.pop(0) if self.randoms else 0.5,
            changed=self._changed,
            notify=lambda name, args: self.diary.callbacks.append({"name": name, "args": copy.deepcopy(args)}),
            note=lambda code: self.diary.notes.append(code),
            is_suspicious=is_suspicious,
        )

    def wall_ms(self) -> int:
        return self.now_ms

    def write_from_elsewhere(self, changed: Mapping[str, str | None]) -> None:
        """Another tab writes; None removes."""
        for key, value in changed.items():
            if value is None:
                self.stored.pop(key, None)
            else:
                self.stored[key] = value

    def mint(self, kind: str) -> str:
        changed, self.at_mint = self.at_mint, {}
        self.write_from_elsewhere(changed)
        if kind == "key":
            return self.keys_left.pop(0) if self.keys_left else ""
        if not self.left.get(kind):
            raise AssertionError(f"a {kind} id was minted that the vector does not give")
        return self.left[kind].pop(0)

    def read(self, key: str) -> str | None:
        return self.stored.get(key)

    def write(self, key: str, value: str | None) -> bool:
        if self._refuses(key, is_write=value is not None):
            return False
        if value is None:
            self.stored.pop(key, None)
        else:
            self.stored[key] = value
        self.diary.writes[key] = value
        return True

    def _refuses(self, key: str, *, is_write: bool) -> bool:
        match self.storage_fails:
            case bool(fails):
                return fails
            case "writes":
                return is_write
            case kind:
                return key.startswith(_REFUSED_KEYS[kind])

    def keys(self, prefix: str) -> Iterable[str]:
        return [key for key in self.stored if key.startswith(prefix)]

    def strays(self) -> Iterable[str]:
        found, self.elsewhere = self.elsewhere, []
        return found

    def disown(self) -> None:
        """There is one home."""

    def send(self, request: Request) -> None:
        """What is posted as JSON to `/rec/bundle`."""
        body = json.loads(json.dumps(request.bundle))
        self.diary.requests.append(
            {"id": request.id, "method": "POST", "path": "/rec/bundle", "body": body, "leaving": request.leaving}
        )

    def due(self, until_ms: int) -> str | None:
        """The next timer that is due by then."""
        waiting = sorted((at_ms, name) for name, at_ms in self.timers.items() if at_ms <= until_ms)
        return waiting[0][1] if waiting else None

    def _changed(self, before: State, now: State, why: str) -> None:
        for what in _WHATS:
            if before[what] != now[what]:
                self.diary.changes.append({"what": what, "from": before[what], "to": now[what], "why": why})
