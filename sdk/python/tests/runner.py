"""Runs one client vector against the core, and says everything in which the two differ (spec/vectors/README.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from passerby_client import Answer, Machine

from sdk.python.tests.world import Diary, World

CAPABILITIES = frozenset({"persistent-storage", "shared-storage", "background-events", "wall-clock-jumps"})
_WHOLE = frozenset({"returns", "changes", "callbacks", "properties", "schema"})
_OUTBOX = "fs_out."
_FIRED_MAX = 1000


class VectorError(Exception):
    """The vector itself is at fault: it says something that no runner knows."""


def differences(vector: Mapping[str, Any]) -> list[str]:
    """How the core differs from the vector; empty when it does not. VectorError: the vector is no vector."""
    return Run(vector).differences()


def spelled_out(found: dict[str, Any]) -> Any:
    """A hook for JSON: long texts are written as `{"$repeat": [text, times]}`."""
    match found:
        case {"$repeat": [str() as text, int() as times]} if len(found) == 1:
            return text * times
        case _:
            return found


class Run:
    def __init__(self, vector: Mapping[str, Any]) -> None:
        _known(vector, {"id", "covers", "description", "comment", "requires", "given", "steps"})
        given = vector["given"]
        _known(given, {"config", "clock", "ids", "keys", "storage", "strays", "page", "random", "storage_fails"})
        if not set(vector.get("requires", ())) <= CAPABILITIES:
            raise VectorError(f"an unknown capability in {vector['requires']}")
        self._steps = vector["steps"]
        self._settings = {"org": "o1", **given.get("config", {})}
        self._world = World(given)
        self._machine = Machine(self._world.ports())

    def differences(self) -> list[str]:
        found: list[str] = []
        for number, step in enumerate(self._steps, 1):
            self._world.diary = Diary()
            try:
                answer = self._perform(step)
            except AssertionError as error:
                return [*found, f"step {number}: {error}"]
            found += [f"step {number}: {text}" for text in self._compare(step.get("expect", {}), answer)]
        left = {kind: ids for kind, ids in {**self._world.left, "key": self._world.keys_left}.items() if ids}
        return [*found, *([f"ids were never drawn: {left}"] if left else [])]

    def outcome(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """All that came of one step, and how things stand after it."""
        self._world.diary = Diary()
        answer = self._perform(step)
        return {
            **vars(self._world.diary),
            "returns": answer.value,
            "error": answer.error,
            "state": self._machine.state(),
            "queue": self._queue,
            "storage": dict(self._world.stored),
            "timers": dict(self._world.timers),
        }

    def _perform(self, step: Mapping[str, Any]) -> Answer:
        world, machine = self._world, self._machine
        rest = {name: value for name, value in step.items() if name not in ("do", "comment", "expect")}
        match (step["do"], rest):
            case ("start", {**others}) if not others:
                machine.start(self._settings)
            case ("call", {"call": name, **others}):
                return self._call(name, others)
            case ("advance", {"ms": ms, **others}) if not others:
                self._advance(ms)
            case ("set_wall", {"ms": ms, **others}) if not others:
                world.now_ms = ms
            case ("app", {"event": event, **others}) if not others:
                if event == "terminate":
                    world.timers.clear()
                else:
                    machine.app(event)
            case ("restart", {**others}) if set(others) <= {"args"}:
                self._settings |= others.get("args", {})
                world.timers.clear()
                self._machine = Machine(world.ports())
                self._machine.start(self._settings)
            case ("navigate", {"url": url, **others}) if set(others) <= {"title"}:
                world.page = {**world.page, "url": url, **others}
                machine.navigated()
            case ("write_storage", {"set": changed, "at": "mint", **others}) if not others:
                world.at_mint |= changed
            case ("write_storage", {"set": changed, **others}) if not others:
                world.write_from_elsewhere(changed)
            case ("write_strays", {"records": records, **others}) if not others:
                world.elsewhere += records
            case ("storage_fails", {"fails": bool() | "writes" | "record" | "outbox" as fails, **others}) if not others:
                world.storage_fails = fails
            case ("reply", {"request": request, "status": status, **others}) if set(others) <= {"headers", "body"}:
                machine.reply(request, status, _retry_after(others.get("headers", {})), others.get("body"))
            case ("fail", {"request": request, "error": _, **others}) if not others:
                machine.reply(request, 0, None, None)
            case _:
                raise VectorError(f"no step that a runner knows: {step}")
        return Answer()

    def _call(self, name: str, others: Mapping[str, Any]) -> Answer:
        _known(others, {"args", "api", "source", "async"})
        options, api, source = others.get("args"), others.get("api", 2), others.get("source")
        answer = self._machine.call(name, options, api, source)
        if not others.get("async"):
            return answer
        world = self._world

        def settle(code: str | None, _: object) -> None:
            world.diary.settled.append({"call": name, "ok": code is None, **({"error": code} if code else {})})

        self._machine.settle(answer, settle)
        return Answer()

    @property
    def _queue(self) -> list[dict[str, Any]]:
        """The core's own operations that are not answered, each with its stamp."""
        return [{**entry.stamp, **entry.op} for entry in self._machine.entries]

    def _advance(self, ms: int) -> None:
        until_ms = self._world.now_ms + ms
        fired = 0
        while name := self._world.due(until_ms):
            fired += 1
            assert fired <= _FIRED_MAX, f"the timer {name} is set anew each time it fires"
            self._world.now_ms = max(self._world.now_ms, self._world.timers.pop(name))
            self._machine.timer(name)
        self._world.now_ms = until_ms

    def _compare(self, expect: Mapping[str, Any], answer: Answer) -> Iterator[str]:
        diary = self._world.diary
        if expect and "error" not in expect and answer.error:
            yield f"error: {answer.error}"
        for name, wanted in expect.items():
            match name:
                case "returns" | "error":
                    found: Any = answer.value if name == "returns" else answer.error
                case "state":
                    found = self._machine.state()
                case "queue":
                    found = self._queue
                case "storage" | "timers":
                    there: Mapping[str, Any] = self._world.stored if name == "storage" else self._world.timers
                    found = {key: there.get(key) for key in wanted}
                case "writes" | "requests" | "changes" | "callbacks" | "notes" | "settled":
                    found = getattr(diary, name)
                case _:
                    raise VectorError(f"no expectation that a runner knows: {name}")
            if name in ("writes", "storage"):
                wanted, found = _opened(wanted), _opened(found)
                if wanted.keys() != found.keys():
                    yield f"{name}: keys {sorted(found)}, not {sorted(wanted)}"
            if not _matches(wanted, found, whole=name in _WHOLE):
                yield f"{name}: {_shown(found)}, not {_shown(wanted)}"


def _retry_after(headers: Mapping[str, str]) -> str | None:
    return next((value for name, value in headers.items() if name.lower() == "retry-after"), None)


def _opened(stored: Mapping[str, str | None]) -> dict[str, Any]:
    """What an outbox holds is compared as JSON."""
    return {key: json.loads(value) if value and key.startswith(_OUTBOX) else value for key, value in stored.items()}


def _matches(wanted: Any, found: Any, *, whole: bool) -> bool:
    """Lists match whole, in order; objects in the members that are wanted (null: absent), or also whole."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        if whole and wanted.keys() != found.keys():
            return False
        return all(_matches(value, found.get(name), whole=whole or name in _WHOLE) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(
            _matches(one, other, whole=whole) for one, other in zip(wanted, found, strict=True)
        )
    return bool(wanted == found) and isinstance(wanted, bool) == isinstance(found, bool)


def _known(given: Mapping[str, Any], names: set[str]) -> None:
    if unknown := set(given) - names:
        raise VectorError(f"no runner knows {sorted(unknown)}")


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
