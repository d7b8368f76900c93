"""A uid is personal data.

What: the uid is, or can be, an e-mail address, a phone number, a person's name or the like.

Why: the uid is everywhere: in links, exports, logs and deletion requests. People change their addresses, and then are
two users.

Example::

    FS('setIdentity', { uid: user.email });

Instead::

    FS('setIdentity', { uid: user.id, properties: { email: user.email } });

Known problems: hashed values are let through, though a plain hash of an address can be guessed.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View
from passerby_audit.rules.values import handed, personal

CODE = "PB010"
SEVERITY = "warning"

_INSTEAD = "uid: user.id  (and the address as a property)"


def check(view: View) -> Iterator[Finding]:
    for event in view.events("identify"):
        request = event.request
        if request is None or request.uid is None:
            continue
        found = personal(request.uid, view, event.unit)
        if found:
            yield view.finding(_message(found), event.unit, request.uid, "high", _INSTEAD)
            continue
        for caller, call, value in handed(view, event.unit, request.uid):
            found = personal(value, view, caller)
            if found:
                yield view.finding(_message(found), caller, call, "high", _INSTEAD)


def _message(found: str) -> str:
    what = "This uid" if "@" in found else f"`{found}` as uid"
    return f"{what} is personal data. Use the id that your own database gives the user."
