"""A uid is set as a property, which identifies nobody.

What: `setProperties` of the user, or `setUserVars`, with a `uid` among the properties.

Why: properties describe whoever is there. In the current API a uid among them establishes no identity; the user stays
anonymous.

Example::

    FS('setProperties', { type: 'user', properties: { uid: user.id } });

Instead::

    FS('setIdentity', { uid: user.id });

Known problems: the first version of the browser's API did identify by `setUserVars`; there it is reported with less
confidence.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit.program.findings import Finding
from passerby_audit.program.sdk import entry_at
from passerby_audit.program.units import dotted
from passerby_audit.program.view import View
from passerby_audit.syntax import Call, Literal, Member

CODE = "PB019"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    for event in view.events("properties"):
        request, node = event.request, event.node
        if request is None or not isinstance(node, Call):
            continue
        payload = view.program.constant(request.payload, event.unit)
        by_method = isinstance(node.callee, Member) and node.callee.name.startswith("setUser")
        properties = payload if by_method else view.program.constant(entry_at(payload, "properties"), event.unit)
        uid = entry_at(properties, "uid")
        if uid is None or (isinstance(uid, Literal) and uid.value == "false"):
            continue
        inside = node.span.start <= uid.span.start and uid.span.end <= node.span.end
        old = (
            by_method and event.unit.file.language == "javascript" and not dotted(node.callee).startswith("FullStory.")
        )
        instead = (
            f"{dotted(node.callee.base)}.identify({event.unit.file.text_of(uid)})"
            if isinstance(node.callee, Member) and by_method
            else f"FS('setIdentity', {{ uid: {event.unit.file.text_of(uid)} }})"
        )
        yield view.finding(
            "A uid among properties identifies nobody. Identify the user.",
            event.unit,
            uid if inside else node,
            "medium" if old else "high",
            instead,
        )
