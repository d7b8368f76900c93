"""Consent is managed by shutting capture down.

What: a function about consent calls shutdown or restart, and never tells the SDK of the consent.

Why: shutdown does not outlive the page. Consent has a call of its own, which is kept, exported and honoured element
by element.

Example::

    function declineConsent() {
      FS('shutdown');
    }

Instead::

    function declineConsent() {
      FS('setIdentity', { consent: false });
    }

Known problems: a hint, off by default: with capture off until start, shutting down is a way that the vendor also
documents.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit import vocabulary
from passerby_audit.program.findings import Finding
from passerby_audit.program.steps import Event
from passerby_audit.program.units import last_name
from passerby_audit.program.view import View
from passerby_audit.syntax import Call, descend

CODE = "PB016"
SEVERITY = "hint"


def check(view: View) -> Iterator[Finding]:
    for event in view.events("shutdown"):
        unit = event.unit.named()
        if not vocabulary.is_consent(unit.name) or _is_kept(view, event):
            continue
        yield view.finding(
            "Tell the SDK of the consent rather than shutting it down.",
            event.unit,
            event.node,
            "high",
            "FS('setIdentity', { consent: false })",
        )


def _is_kept(view: View, event: Event) -> bool:
    """Whether the decision is kept: stored in the same function, or capture is started again by it elsewhere in the
    file."""
    if any(other.unit.file is event.unit.file for other in view.events("start", "restart", "consent")):
        return True
    return any(
        isinstance(node, Call)
        and last_name(node.callee)
        in ("setItem", "set", "setCookie", "setBool", "putBoolean", "save", "setString", "edit", "setConsent", "write")
        for node in descend(event.unit.named().function)
    )
