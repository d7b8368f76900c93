"""A logout shuts capture down in place of releasing the identity.

What: a logout path calls shutdown, and nothing on it releases the identity.

Why: shutdown lasts until the next page load at most. After it capture goes on, and the device still belongs to the
user who left.

Example::

    async function logout() {
      await signOut(auth);
      FS('shutdown');
    }

Instead::

    async function logout() {
      await signOut(auth);
      FS('setIdentity', { anonymous: true });
    }

Known problems: shutting down because of consent, or for staff, is not a logout and not meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View

CODE = "PB012"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    for path in view.logouts.paths:
        if path.released or not path.shutdown or path.leak is None:
            continue
        step = next((s for s in path.leak.steps if s.kind == "shutdown"), None)
        if step is None:
            continue
        yield view.finding(
            "Shutting down does not release the identity: after the next page load capture goes on under the name "
            "of the user who left.",
            path.unit,
            step.site,
            "high" if path.confident else "medium",
            view.release(path.unit.file),
        )
