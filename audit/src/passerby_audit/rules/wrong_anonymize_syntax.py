"""A call that is meant to release the identity does not.

What: `setIdentity` or `identify` with null, undefined, an empty string, a placeholder such as 'anonymous' or 'guest',
an empty object, `anonymous` that is not `true`, or `anonymous` together with a uid; also commands that do not exist.

Why: none of these releases anyone. The empty ones are ignored, and a placeholder is an ordinary uid: everybody who is
logged out becomes one and the same user of that name.

Example::

    FS('setIdentity', { uid: null });

Instead::

    FS('setIdentity', { anonymous: true });

Known problems: `uid: false` and `FS.identify(false)` are correct, if old, releases.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit.program.findings import Edit, Finding
from passerby_audit.program.sdk import Request
from passerby_audit.program.units import Unit, dotted
from passerby_audit.program.view import View, spelled_release
from passerby_audit.syntax import Call, Member

CODE = "PB004"
SEVERITY = "error"

_WHY = {
    "empty": "An identity call without a uid changes nothing",
    "empty uid": "A uid that is empty is refused, the identity stays",
    "placeholder": "This identifies everyone as one and the same user of that name",
    "boolean": "`true` is no uid",
    "anonymous": "`anonymous` has to be `true`, anything else is ignored",
    "both": "`anonymous` together with a uid is refused",
    "command": "There is no such command",
}


def check(view: View) -> Iterator[Finding]:
    for event in view.events("wrong"):
        request, node = event.request, event.node
        if request is None or not isinstance(node, Call):
            continue
        instead, edits = _corrected(node, event.unit, request)
        yield view.finding(
            f"{_WHY[request.wrong]}. To release the identity, say so.", event.unit, node, "high", instead, edits
        )


def _corrected(node: Call, unit: Unit, request: Request) -> tuple[str, list[Edit]]:
    callee = node.callee
    if isinstance(callee, Member) and callee.name == "identify":
        fixed = f"{unit.file.text_of(callee.base)}.anonymize()"
        return fixed, [Edit(node.span.start, node.span.end, fixed)] if request.wrong != "boolean" else []
    if request.wrong == "command":
        return spelled_release(node), []
    command = "setIdentityAsync" if request.is_async else "setIdentity"
    fixed = f"{unit.file.text_of(callee)}('{command}', {{ anonymous: true }})"
    safe = request.wrong in ("empty", "empty uid", "placeholder") and dotted(callee) != "?"
    return fixed, [Edit(node.span.start, node.span.end, fixed)] if safe else []
