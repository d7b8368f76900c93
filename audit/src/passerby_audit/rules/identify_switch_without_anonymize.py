"""Another account is identified without releasing the one before.

What: a function that switches accounts identifies the next user, and nothing on the way releases the last one.

Why: what the two did runs together. The change splits the session in the middle of whatever was going on, and between
the two calls the new account's doings are still the old user's.

Example::

    async function switchAccount(next) {
      await loadAccount(next);
      FS('setIdentity', { uid: next.id });
    }

Instead::

    async function switchAccount(next) {
      FS('setIdentity', { anonymous: true });
      await loadAccount(next);
      FS('setIdentity', { uid: next.id });
    }

Known problems: a change of workspace or tenant by the same user is not meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from passerby_audit import vocabulary
from passerby_audit.program.findings import Finding
from passerby_audit.program.steps import Step
from passerby_audit.program.view import View
from passerby_audit.rules.values import root, uid_text
from passerby_audit.syntax import Literal

CODE = "PB009"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        switching = vocabulary.switches_account(unit.name)
        for path in view.flow.paths(unit):
            if path.failed:
                continue
            before: Step | None = None
            released = False
            for step in path.steps:
                if step.kind == "anonymize":
                    released, before = True, None
                if step.kind != "identify":
                    continue
                other = before is not None and _another(before, step)
                if (
                    switching and not released and not _same_user(uid_text(step.event.request, step.event.unit))
                ) or other:
                    certain = view.certain(step)
                    yield view.finding(
                        "Another account is identified while the last one still is. Release that one first.",
                        unit,
                        step.site,
                        "high" if certain else "medium",
                        f"{view.release(unit.file)}\n{unit.file.text_of(step.site)}",
                    )
                before = step


def _same_user(uid: str) -> bool:
    return (
        re.search(
            r"current|original|previous|\bme\b|this\.user\b|self\.user\b|real", vocabulary.words(uid).replace(" ", "")
        )
        is not None
    )


def _another(first: Step, second: Step) -> bool:
    """Two uids that are certainly of two people: two literals, or the same property of two things."""
    a, b = first.event.request, second.event.request
    if a is None or b is None or a.uid is None or b.uid is None or first.event.unit is not second.event.unit:
        return False
    if isinstance(a.uid, Literal) and isinstance(b.uid, Literal):
        return a.uid.value != b.uid.value
    one, two = uid_text(a, first.event.unit), uid_text(b, second.event.unit)
    return (
        one != two
        and "." in one
        and one.split(".", 1)[1] == two.split(".", 1)[-1]
        and root(a.uid) != root(b.uid)
        and not {root(a.uid), root(b.uid)} & {"this", "self"}
    )
