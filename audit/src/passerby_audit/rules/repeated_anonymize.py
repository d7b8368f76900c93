"""The identity is released more than once in one flow.

What: two releases follow each other on one way through the code, without an identify between them.

Why: one is enough. Each further call spends the rate limit, and with some SDKs splits the session once more.

Example::

    function logout() {
      FS('setIdentity', { anonymous: true });
      clearTokens();
      FS('setIdentity', { anonymous: true });
    }

Instead::

    function logout() {
      FS('setIdentity', { anonymous: true });
      clearTokens();
    }

Known problems: a release in an effect that watches the user and another in the logout itself are not seen as one flow.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View
from passerby_audit.rules.insertion import without_line

CODE = "PB003"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        for first, later, path in view.pairs(unit, "anonymize", "anonymize", ("identify",)):
            if path.failed:
                continue
            confidence = "high" if view.certain(first, later) else "medium"
            removal = (
                without_line(unit.file, later.site) if later.event.node is later.site and not later.repeated else None
            )
            yield view.finding(
                f"The identity was already released at line {first.site.span.line}; once is enough.",
                unit,
                later.site,
                confidence,
                "(remove this call)",
                [removal]
                if removal and first.event.node is first.site and first.event.unit is later.event.unit
                else [],
            )
