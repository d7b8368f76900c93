"""An event may overtake the identify before it.

What: `setIdentityAsync` that is not waited for, and an event in the asynchronous form after it.

Why: nothing says which of the two is settled first; code that reads the result of the event cannot rely on the
identity.

Example::

    FS('setIdentityAsync', { uid: user.id });
    FS('trackEventAsync', { name: 'Login', properties: {} });

Instead::

    await FS('setIdentityAsync', { uid: user.id });
    await FS('trackEventAsync', { name: 'Login', properties: {} });

Known problems: a hint, off by default: the calls themselves are queued in order.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View

CODE = "PB020"
SEVERITY = "hint"


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        for identify, event, _ in view.pairs(unit, "identify", "track"):
            first, second = identify.event.request, event.event.request
            if first is None or second is None or not first.is_async or not second.is_async or identify.awaited:
                continue
            if id(identify.event.node) in view.flow.chained | view.flow.declared:
                continue
            yield view.finding(
                "Wait for the identity before an event that is waited for.",
                unit,
                identify.site,
                "high",
                f"await {unit.file.text_of(identify.site)}",
            )
