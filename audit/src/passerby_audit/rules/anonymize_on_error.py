"""The identity is released because something failed.

What: a release stands in general error handling: an error handler, an error boundary, a `catch` that does not log
anyone out.

Why: the user is still there. Their session is split at the moment that is worth looking at, and the error belongs to
nobody.

Example::

    function handleError(error) {
      FS('setIdentity', { anonymous: true });
      report(error);
    }

Instead::

    function handleError(error) {
      FS('trackEvent', { name: 'Error', properties: { message: error.message } });
      report(error);
    }

Known problems: the failing branch of a logout, and failures that mean that the login is no longer valid, are not meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from passerby_audit import vocabulary
from passerby_audit.program.findings import Finding
from passerby_audit.program.logout import last_name_of
from passerby_audit.program.steps import Event
from passerby_audit.program.units import Unit
from passerby_audit.program.view import View

CODE = "PB007"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    for event in view.events("anonymize"):
        unit = event.unit
        handler = _handler(unit)
        caught = id(event.node) in view.flow.handled
        if not handler and not caught:
            continue
        if _excused(view, event):
            continue
        confidence = "high" if handler or not _tries_identity(view, event) else "medium"
        yield view.finding(
            "An error is no reason to release the identity: the user is still there, and the error should be told "
            "of them.",
            unit,
            event.node,
            confidence,
            "(remove this call; track the error instead)",
        )


def _handler(unit: Unit) -> bool:
    around: Unit | None = unit
    while around is not None:
        if around.name and vocabulary.is_error_handler(around.name) and not vocabulary.tests_auth(around.name):
            return not re.search(r"log ?in|sign ?in|auth", vocabulary.words(around.name))
        if around.use in ("argument", "attribute", "entry") and last_name_of(around.to) in (
            "onError",
            "onerror",
            "onErrorCaptured",
            "errorHandler",
            "errorCaptured",
        ):
            return True
        if around.use == "argument" and around.call is not None and last_name_of(around.to) == "addEventListener":
            first = around.call.arguments[0].value
            if around.file.text_of(first).strip("'\"") in ("error", "unhandledrejection"):
                return True
        if around.name:
            return False
        around = around.parent
    return False


def _excused(view: View, event: Event) -> bool:
    around: Unit | None = event.unit
    while around is not None:
        if vocabulary.is_logout(around.name) or vocabulary.means_logout(around.name):
            return True
        around = around.parent
    owner = view.logouts.owner(event.unit)
    for unit in (event.unit, owner):
        for path in view.flow.paths(unit):
            for step in path.steps:
                if step.event is event:
                    if path.has("end"):
                        return True
                    if any(vocabulary.tests_auth(c.unit.file.text_of(c.test)) for c in step.conditions):
                        return True
                    if any(s.kind == "navigate" and vocabulary.is_login_place(s.event.detail) for s in path.steps):
                        return True
    return False


def _tries_identity(view: View, event: Event) -> bool:
    """Whether what failed was finding out who is there."""
    owner = view.logouts.owner(event.unit)
    if re.search(r"\b(user|auth|session|me|identity|profile|account|login)\b", vocabulary.words(owner.name)):
        return True
    return any(path.has("identify") or path.has("login") for path in view.flow.paths(owner))
