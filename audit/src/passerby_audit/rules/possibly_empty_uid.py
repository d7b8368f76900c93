"""A uid can be empty.

What: the uid falls back to an empty string or a placeholder, or is read through an optional chain with nothing that
asks whether there is a user.

Why: an empty uid is refused, and whoever was identified before stays so. A placeholder, or the text "undefined", is
an ordinary uid: everybody without an id becomes one and the same user.

Example::

    FS('setIdentity', { uid: user?.id || '' });

Instead::

    if (user) FS('setIdentity', { uid: user.id });

Known problems: a condition that asks about the user in words that are not seen as such leaves a false alarm.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit.program.findings import Finding
from passerby_audit.program.steps import Event, Step
from passerby_audit.program.view import View
from passerby_audit.rules.values import alternatives, fallback, guarded, handed, optional, uid_text
from passerby_audit.syntax import Node

CODE = "PB015"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    for event in view.events("identify"):
        request = event.request
        if request is None or request.uid is None:
            continue
        step = _step(view, event)
        uid = request.uid
        end = fallback(uid, view, event.unit)
        if end is not None:
            kept = next(iter(alternatives(uid, view, event.unit)), uid)
            if step is not None and guarded(uid, kept, step):
                continue
            what = f"becomes '{end}'" if end else "becomes an empty string"
            yield view.finding(
                f"Without a user this uid {what}. Identify only when there is one.",
                event.unit,
                uid,
                "high",
                _instead(uid_text(request, event.unit)),
            )
            continue
        access = optional(uid, view, event.unit)
        if access is not None:
            if step is not None and guarded(uid, access, step):
                continue
            yield view.finding(
                "Without a user this uid is undefined. Identify only when there is one.",
                event.unit,
                uid,
                "high",
                _instead(uid_text(request, event.unit)),
            )
            continue
        if step is not None and not step.conditions:
            yield from _from_callers(view, event, uid)


def _from_callers(view: View, event: Event, uid: Node) -> Iterator[Finding]:
    for caller, call, value in handed(view, event.unit, uid):
        end = fallback(value, view, caller)
        if end is not None:
            what = f"'{end}'" if end else "an empty string"
            yield view.finding(
                f"Without a user this gives {what} as uid. Identify only when there is one.", caller, call, "high"
            )


def _step(view: View, event: Event) -> Step | None:
    """The event on the path that leads to it, with as many of the conditions around it as can be seen."""
    found: Step | None = None
    for unit in (view.logouts.owner(event.unit), event.unit):
        for path in view.flow.paths(unit):
            for step in path.steps:
                if step.event is event and (found is None or len(step.conditions) > len(found.conditions)):
                    found = step
    return found


def _instead(uid: str) -> str:
    root = uid.split("||")[0].split("??")[0].split("?:")[0].strip()
    return f"if ({root.split('?.')[0]}) …  uid: {root.replace('?.', '.')}"
