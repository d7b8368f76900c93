"""Making a script that cores differ on as small as it can be, while they differ in the same way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

Script = dict[str, Any]
Fails = Callable[[Script], bool]

_SIMPLE: Final[tuple[Any, ...]] = ("a", 1, True, {}, [])


ATTEMPTS_MAX: Final = 1500


def shrunk(script: Script, fails: Fails) -> Script:
    """The smallest that still `fails`, as far as taking away and simplifying goes within a number of attempts."""
    attempts = _Attempts(script, fails)
    before = ""
    with suppress(_EnoughError):
        while before != (now := json.dumps(script)):
            before = now
            script = _fewer_steps(script, attempts.fails)
            for smaller in (_simpler_given, _simpler_steps):
                script = smaller(script, attempts.fails)
    return _fewer_ids(attempts.best, fails)


class _EnoughError(Exception):
    """So often was it tried."""


class _Attempts:
    def __init__(self, script: Script, fails: Fails) -> None:
        self.best = script
        self._fails = fails
        self._left = ATTEMPTS_MAX

    def fails(self, script: Script) -> bool:
        self._left -= 1
        if self._left < 0:
            raise _EnoughError
        if not self._fails(script):
            return False
        self.best = script
        return True


def _fewer_steps(script: Script, fails: Fails) -> Script:
    """Without steps: many at once first, the last first; the start stays."""
    size = len(script["steps"]) - 1
    while size > 0:
        at = len(script["steps"]) - size
        while at >= 1:
            fewer = {**script, "steps": script["steps"][:at] + script["steps"][at + size :]}
            if fails(fewer):
                script = fewer
            at -= size
        size //= 2
    return script


def _simpler_given(script: Script, fails: Fails) -> Script:
    for given in _simpler_members(script["given"], ("storage",)):
        simpler = {**script, "given": given}
        if fails(simpler):
            return _simpler_given(simpler, fails)
    return script


def _simpler_members(found: dict[str, Any], kept: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Without one of its members, or with one of them simpler; `kept` are not taken away."""
    for name, value in found.items():
        if name in ("ids", "clock"):
            continue
        if name not in kept:
            yield {other: given for other, given in found.items() if other != name}
        elif name == "storage" and value is not None:
            yield {**found, name: None}
        for simpler in _simpler(value) if name != "storage" else _less_kept(value):
            yield {**found, name: simpler}


def _less_kept(stored: dict[str, str] | None) -> Iterator[dict[str, str]]:
    """Storage with less in it; of a record nothing is taken, for it would be none."""
    for key, text in (stored or {}).items():
        rest = {other: value for other, value in (stored or {}).items() if other != key}
        yield rest
        if text[:2] == "[{":
            yield from ({**rest, key: smaller} for smaller in _smaller_json(text))


def _smaller(value: Any) -> Iterator[Any]:
    """With less in it."""
    if isinstance(value, dict):
        for name in value:
            yield {other: given for other, given in value.items() if other != name}
    if isinstance(value, list):
        if len(value) > 3:
            half = len(value) // 2
            yield from (value[:half], value[half:])
        yield from (value[:at] + value[at + 1 :] for at in range(len(value)))
    if isinstance(value, str) and value[:2] == "[{":
        yield from _smaller_json(value)
    elif isinstance(value, str) and len(value) > 8:
        yield value[: len(value) // 2]
        yield value[1:]


def _smaller_json(text: str) -> Iterator[str]:
    """What an outbox holds, with less in it, at any depth."""
    with suppress(ValueError):
        for smaller in _lesser(json.loads(text)):
            yield json.dumps(smaller, ensure_ascii=False, separators=(",", ":"))


def _lesser(value: Any) -> Iterator[Any]:
    yield from _smaller(value)
    if isinstance(value, dict | list):
        for name, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            for lesser in _lesser(inner):
                changed: Any = value.copy()
                changed[name] = lesser
                yield changed


def _simpler(value: Any) -> Iterator[Any]:
    """Other values, each simpler: it never comes back to where it was."""
    if any(value == simple and type(value) is type(simple) for simple in _SIMPLE) or value is None:
        return
    if isinstance(value, dict | list):
        yield from _smaller(value)
        for name, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            for simpler in _simpler(inner):
                changed: Any = value.copy()
                changed[name] = simpler
                yield changed
        return
    yield from (simple for simple in _SIMPLE if not isinstance(simple, dict | list))
    yield from _smaller(value)


_FIXED: Final = ("do", "call", "event", "request", "fails", "ms", "at", "error", "url", "set", "records")
"""What a step is not without."""


def _simpler_steps(script: Script, fails: Fails) -> Script:
    for at in range(len(script["steps"])):
        script = _simpler_step(script, at, fails)
    return script


def _simpler_step(script: Script, at: int, fails: Fails) -> Script:
    for step in _simpler_of(script["steps"][at]):
        simpler = {**script, "steps": [*script["steps"][:at], step, *script["steps"][at + 1 :]]}
        if fails(simpler):
            return _simpler_step(simpler, at, fails)
    return script


def _simpler_of(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in step.items():
        if name == "at" or name not in (*_FIXED, "status"):
            yield {other: given for other, given in step.items() if other != name}
        if name in ("args", "body", "source"):
            for simpler in _simpler(value):
                yield {**step, name: simpler}
        if name == "set":
            yield from ({**step, name: simpler} for simpler in _less_kept(_texts(value)) if simpler)
        if name == "records" and len(value) > 1:
            yield from ({**step, name: simpler} for simpler in _smaller(value))


def _texts(changed: dict[str, str | None]) -> dict[str, str] | None:
    """What is written; nothing where something is removed, too, for that is short as it is."""
    kept = {key: text for key, text in changed.items() if text is not None}
    return kept if len(kept) == len(changed) else None


def _fewer_ids(script: Script, fails: Fails) -> Script:
    """No more ids than are drawn: a core that lacks one says so, which is another difference."""
    for kind, ids in script["given"]["ids"].items():
        for count in range(len(ids)):
            fewer = {**script["given"]["ids"], kind: ids[:count]}
            shorter = {**script, "given": {**script["given"], "ids": fewer}}
            if fails(shorter):
                script = shorter
                break
    keys = script["given"].get("keys", [])
    for count in range(len(keys)):
        shorter = {**script, "given": {**script["given"], "keys": keys[:count]}}
        if fails(shorter):
            return shorter
    return script
