"""Identity calls that will hit the rate limit.

What: identify, release, shutdown or restart in a loop, in a listener that fires many times a second, in an interval,
or in a handler of every click.

Why: more than a few calls a second are dropped. Which ones is chance.

Example::

    users.forEach((user) => {
      FS('setIdentity', { uid: user.id });
    });

Instead::

    FS('setIdentity', { uid: currentUser.id });

Known problems: a loop that leaves after its first call is not meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from passerby_audit import vocabulary
from passerby_audit.program.findings import Finding
from passerby_audit.program.logout import last_name_of
from passerby_audit.program.steps import Path, Step, is_deferred
from passerby_audit.program.units import Unit
from passerby_audit.program.view import View
from passerby_audit.syntax import Literal

CODE = "PB018"
SEVERITY = "warning"

_KINDS = ("identify", "anonymize", "shutdown", "restart")
_EVENTS = {
    "scroll", "mousemove", "mouseover", "mouseenter", "pointermove", "touchmove", "keydown", "keyup", "keypress",
    "input", "resize", "wheel", "drag", "timeupdate", "selectionchange", "devicemotion", "deviceorientation",
    "progress",
}  # fmt: skip


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        often = _often(unit)
        clicked = not often and vocabulary.is_interaction(unit.name)
        for path in view.flow.paths(unit):
            for place, step in enumerate(path.steps):
                if step.kind not in _KINDS or step.delayed:
                    continue
                if step.repeated and not path.failed and _goes_on(path, place) and step.event.unit in _inside(unit):
                    yield _finding(view, unit, step, "in a loop")
                elif often and not (often == "at every tick" and step.conditions) and not _one_key(step):
                    yield _finding(view, unit, step, often)
                elif (
                    clicked
                    and step.kind == "identify"
                    and not any(s.kind in ("risk", "authenticate", "login", "anonymize", "restart") for s in path.steps)
                ):
                    yield _finding(view, unit, step, "at every interaction")


def _finding(view: View, unit: Unit, step: Step, when: str) -> Finding:
    return view.finding(
        f"This is called {when}, and will hit the rate limit.",
        unit,
        step.site,
        "high",
        "(call it once, when the user becomes known or leaves)",
    )


def _inside(unit: Unit) -> set[Unit]:
    """A unit and the callbacks that run as part of it: a loop is reported where it is written."""
    found = {unit}
    for child in unit.children:
        if child.use == "argument" and not is_deferred(last_name_of(child.to)):
            found |= _inside(child)
    return found


def _goes_on(path: Path, place: int) -> bool:
    return path.end != "return" or not path.steps[-1].repeated or place < len(path.steps) - 1


def _one_key(step: Step) -> bool:
    """A shortcut is not every key."""
    return any(
        re.search(r"\.(key|code|keyCode|which|ctrlKey|metaKey)\b", c.unit.file.text_of(c.test)) for c in step.conditions
    )


def _often(unit: Unit) -> str:
    name = last_name_of(unit.to)
    if unit.use == "argument" and unit.call is not None and unit.call.arguments:
        first = unit.call.arguments[0].value
        if name in ("addEventListener", "on", "listen") and isinstance(first, Literal) and first.value in _EVENTS:
            return f"at every {first.value}"
        if name in ("setInterval", "useInterval", "requestAnimationFrame"):
            return "at every tick"
    if unit.use == "attribute" and vocabulary.is_frequent(unit.to):
        return f"at every {unit.to[2:].lower()}"
    if unit.name and vocabulary.is_frequent(unit.name):
        return "far too often"
    return ""
