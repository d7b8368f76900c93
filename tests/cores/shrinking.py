"""Making a script that cores differ on as small as it can be, while they differ in the same way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

Script = dict[str, Any]
Fails = Callable[[Script], bool]

_SIMPLE: Final[tuple[Any, ...]] = ("a", 1, True, {}, [])


def shrunk(script: Script, fails: Fails) -> Script:
    """The smallest that still `fails`, as far as taking away and simplifying goes."""
    before = ""
    while before != (now := json.dumps(script)):
        before = now
        script = _fewer_steps(script, fails)
        for smaller in (_simpler_given, _simpler_steps):
            script = smaller(script, fails)
    return _fewer_ids(script, fails)


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
        for simpler in _simpler(value) if name != "storage" else _smaller(value):
            yield {**found, name: simpler}


def _smaller(value: Any) -> Iterator[Any]:
    """With less in it."""
    if isinstance(value, dict):
        for name in value:
            yield {other: given for other, given in value.items() if other != name}
    if isinstance(value, list):
        for at in range(len(value)):
            yield value[:at] + value[at + 1 :]
    if isinstance(value, str) and len(value) > 8:
        yield value[: len(value) // 2]
        yield value[1:]


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
        if name in ("set", "records") and len(value) > 1:
            for simpler in _smaller(value):
                yield {**step, name: simpler}


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
