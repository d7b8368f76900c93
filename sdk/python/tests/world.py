"""A world for one core: real, if small, implementations of every port, and a diary of what came through them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from passerby_client import Page, Ports, Request

PAGE = {"url": "https://app.example/"}
_REFUSED_KEYS = {"record": "fs_uid", "outbox": "fs_out."}


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
            clock=self,
            ids=self,
            storage=self,
            transport=self,
            timers=_Timers(self.timers),
            page=lambda: Page(**self.page),
            random=lambda: self.randoms.pop(0) if self.randoms else 0.5,
            changed=self._changed,
            notify=lambda name, args: self.diary.callbacks.append({"name": name, "args": copy.deepcopy(args)}),
            note=lambda code, *name: self.diary.notes.append(":".join([code, *name])),
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

    def write(self, key: str, value: str) -> bool:
        if self._refuses(key, is_write=True):
            return False
        self.stored[key] = self.diary.writes[key] = value
        return True

    def remove(self, key: str) -> bool:
        if self._refuses(key, is_write=False):
            return False
        self.stored.pop(key, None)
        self.diary.writes[key] = None
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
        body = json.loads(json.dumps(request.body))
        self.diary.requests.append({"id": request.id, "method": request.method, "path": request.path, "body": body})

    def due(self, until_ms: int) -> str | None:
        """The next timer that is due by then."""
        waiting = sorted((at_ms, name) for name, at_ms in self.timers.items() if at_ms <= until_ms)
        return waiting[0][1] if waiting else None

    def _changed(self, what: str, before: str | None, after: str | None, why: str) -> None:
        self.diary.changes.append({"what": what, "from": before, "to": after, "why": why})


class _Timers:
    def __init__(self, timers: dict[str, int]) -> None:
        self._timers = timers

    def set(self, name: str, at_ms: int) -> None:
        self._timers[name] = at_ms

    def clear(self, name: str) -> None:
        self._timers.pop(name, None)
