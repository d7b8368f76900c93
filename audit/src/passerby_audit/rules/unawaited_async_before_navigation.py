"""The asynchronous form is not waited for before the page is left.

What: `setIdentityAsync` without `await` or `.then`, and then a navigation that ends the page; or the asynchronous
form in a handler that runs while the page is going away.

Why: the page is gone before the promise is settled. Whether the identity was released nobody knows.

Example::

    FS('setIdentityAsync', { anonymous: true });
    window.location.href = '/login';

Instead::

    await FS('setIdentityAsync', { anonymous: true });
    window.location.href = '/login';

Known problems: a promise that is kept in a variable is taken to be waited for.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit.program.findings import Edit, Finding
from passerby_audit.program.logout import last_name_of
from passerby_audit.program.units import Unit
from passerby_audit.program.view import View
from passerby_audit.syntax import Literal

CODE = "PB017"
SEVERITY = "error"

_UNLOADS = ("beforeunload", "unload", "pagehide")


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        for path in view.flow.paths(unit):
            for place, step in enumerate(path.steps):
                request = step.event.request
                if (
                    request is None
                    or not request.is_async
                    or step.kind not in ("identify", "anonymize", "shutdown", "properties")
                ):
                    continue
                if _unloading(unit):
                    yield view.finding(
                        "The page is going away; nothing is waited for here. Use the synchronous form.", unit, step.site
                    )
                    continue
                if (
                    step.awaited
                    or step.event.node is not step.site
                    or id(step.event.node) in view.flow.chained | view.flow.declared
                ):
                    continue
                leaving = next(
                    (
                        s
                        for s in path.steps[place + 1 :]
                        if s.kind == "navigate" and s.event.sign == "hard" and s.site is not step.site
                    ),
                    None,
                )
                if leaving is None or step.kind == "properties":
                    continue
                edits = (
                    [Edit(step.site.span.start, step.site.span.start, "await ")]
                    if unit.function.is_async and step.event.unit is unit
                    else []
                )
                yield view.finding(
                    f"Not waited for, and the page is left at line {leaving.site.span.line}.",
                    unit,
                    step.site,
                    "high",
                    f"await {unit.file.text_of(step.site)}",
                    edits,
                )


def _unloading(unit: Unit) -> bool:
    if (
        unit.use != "argument"
        or last_name_of(unit.to) != "addEventListener"
        or unit.call is None
        or not unit.call.arguments
    ):
        return False
    first = unit.call.arguments[0].value
    return isinstance(first, Literal) and first.value in _UNLOADS
