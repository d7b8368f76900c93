"""The identity is released after navigation has begun.

What: a call that leaves the page or the screen stands before the release, on the same way through the code.

Why: when a page is being left, what comes after may never run; when a screen is left, its successor's first moments are
recorded under the old name.

Example::

    function logout() {
      window.location.href = '/login';
      FS('setIdentity', { anonymous: true });
    }

Instead::

    function logout() {
      FS('setIdentity', { anonymous: true });
      window.location.href = '/login';
    }

Known problems: navigation by a router inside one page is a warning, since the release still runs; leaving the page is
an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View

CODE = "PB002"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        for leaving, release, path in view.pairs(unit, "navigate", "anonymize", ("identify",)):
            if leaving.delayed or leaving.repeated or (release.delayed and leaving.event.sign == "soft"):
                continue
            if any(s.kind == "anonymize" for s in path.steps[: path.steps.index(leaving)]):
                continue
            hard = leaving.event.sign == "hard"
            text = "This may never run: the page is already being left" if hard else "The screen has already been left"
            confidence = "high" if view.certain(leaving, release) else "medium"
            yield view.finding(
                f"{text} (line {leaving.site.span.line}). Release the identity first.",
                unit,
                release.site,
                confidence,
                f"{unit.file.text_of(release.site)}\n{unit.file.text_of(leaving.site)}",
                severity="error" if hard else "warning",
            )
