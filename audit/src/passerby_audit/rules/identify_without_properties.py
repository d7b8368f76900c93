"""Someone is identified by a bare uid.

What: an identify without any property.

Why: a person who looks at the session sees an opaque id; a display name or an address to search for costs nothing more.

Example::

    FS('setIdentity', { uid: user.id });

Instead::

    FS('setIdentity', { uid: user.id, properties: { displayName: user.name } });

Known problems: a hint, off by default; there are good reasons to tell no more than an id.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View
from passerby_audit.syntax import Call, Literal, Member, Record

CODE = "PB021"
SEVERITY = "hint"
_BARE = frozenset({"uid", "signature", "consent", "schema"})


def check(view: View) -> Iterator[Finding]:
    for event in view.events("identify"):
        node, request = event.node, event.request
        if not isinstance(node, Call) or request is None or request.adapter or request.is_async or request.uid is None:
            continue
        if isinstance(node.callee, Member) and node.callee.name == "identify":
            given = [a.value for a in node.arguments]
            bare = len(given) == 1 or (len(given) > 1 and isinstance(given[1], Literal) and given[1].kind == "null")
        else:
            payload = request.payload
            bare = isinstance(payload, Record) and all(e.key in _BARE for e in payload.entries)
        if bare:
            yield view.finding("Nothing but a uid: people will see an opaque id.", event.unit, node)
