"""A logout path leaves the identity in place.

What: someone is logged out (a session is ended, a token deleted, the current user set to nobody), but on at least one
way through the code nothing tells the SDK. Looked at are buttons, idle timers, expired tokens, deleted accounts and
forced logouts; releasing in a caller, in a wrapper, or in an effect that watches the user counts.

Why: the device keeps the identity. What the next person does on it is stored under the name of the one who left.

Example::

    async function logout() {
      await signOut(auth);
      navigate('/login');
    }

Instead::

    async function logout() {
      await signOut(auth);
      FS('setIdentity', { anonymous: true });
      navigate('/login');
    }

Known problems: a link to a server's logout (`<a href="/logout">`) is named only in an app in which no function logs
anyone out and nothing releases, and only where the link is in a script or in HTML. Where the releasing code is in a
package or a page that is not part of the audited tree, say so with a suppression and its reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View
from passerby_audit.rules.insertion import before_leaving, on_press

CODE = "PB001"
SEVERITY = "error"

_WAYS = {
    "manual": "This logout",
    "timeout": "This logout by timeout",
    "expiry": "This logout after an expired login",
    "deletion": "This account deletion",
    "forced": "This forced logout",
}


def check(view: View) -> Iterator[Finding]:
    if not view.logouts.identifies:
        return
    for path in view.logouts.paths:
        if path.link is not None and not path.released:
            message = (
                "This link logs out and does not release the identity: whoever comes next is recorded as the user who "
                "left."
            )
            instead = "" if path.link.handled else on_press(path.unit.file, path.node, view.release(path.unit.file))
            yield view.finding(message, path.unit, path.node, "high", instead)
        if path.released or path.shutdown or path.leak is None:
            continue
        message = (
            f"{_WAYS[path.kind]} does not release the identity: whoever comes next is recorded as the user who left."
        )
        if path.leak.failed and path.partly:
            message = (
                f"{_WAYS[path.kind]} does not release the identity when something on the way fails, and still logs out."
            )
        elif path.partly:
            message = f"{_WAYS[path.kind]} releases the identity on some ways through it, but not on this one."
        confidence = "high" if path.confident else "medium"
        instead = before_leaving(path.unit, path.node, path.leak, view.release(path.unit.file))
        yield view.finding(message, path.unit, path.node, confidence, instead)
