"""Capture is restarted and nobody is identified afterwards.

What: a shutdown and then a restart on one way through the code, with no identify after them.

Why: shutting down ends the session and its identity. After the restart the same person goes on as nobody.

Example::

    async function runHeavyJob() {
      FS('shutdown');
      await job();
      FS('restart');
    }

Instead::

    async function runHeavyJob() {
      FS('shutdown');
      await job();
      FS('restart');
      FS('setIdentity', { uid: user.id });
    }

Known problems: a restart in another function than the shutdown is not followed.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit import vocabulary
from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View

CODE = "PB011"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        if unit.is_top or vocabulary.is_consent(unit.named().name):
            continue
        for down, up, path in view.pairs(unit, "shutdown", "restart"):
            if (
                path.failed
                or down.repeated
                or any(s.kind in ("identify", "anonymize") for s in path.steps[path.steps.index(up) :])
            ):
                continue
            if any(s.kind == "anonymize" for s in path.steps[: path.steps.index(down)]):
                continue
            yield view.finding(
                "After a restart nobody is identified any more. Identify the user again.",
                unit,
                up.site,
                "high" if view.certain(down, up) else "medium",
                f"{unit.file.text_of(up.site)}\n(then identify the user again)",
            )
