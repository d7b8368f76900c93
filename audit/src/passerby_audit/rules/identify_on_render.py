"""Someone is identified each time something is drawn.

What: an identify in a component's or hook's body, in `render`, `build` or a composable, or in an effect that runs
after every render.

Why: drawing happens many times a second. The calls hit the rate limit, and the one that matters may be the one that
is dropped.

Example::

    function Profile({ user }) {
      FS('setIdentity', { uid: user.id });
      return <Card user={user} />;
    }

Instead::

    function Profile({ user }) {
      useEffect(() => {
        FS('setIdentity', { uid: user.id });
      }, [user.id]);
      return <Card user={user} />;
    }

Known problems: a call behind a flag that remembers that it was made is let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from passerby_audit.program.findings import Finding
from passerby_audit.program.logout import last_name_of
from passerby_audit.program.steps import Step
from passerby_audit.program.view import View
from passerby_audit.rules.rendering import is_render

CODE = "PB014"
SEVERITY = "warning"

_REMEMBERS = re.compile(
    r"\.current\b|identified|\bdone\b|\bsent\b|\bonce\b|prev|last|changed|initiali[sz]ed|hasRun|didRun", re.IGNORECASE
)


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        every = (
            unit.use == "argument"
            and last_name_of(unit.to) in ("useEffect", "useLayoutEffect")
            and unit.call is not None
            and len(unit.call.arguments) == 1
        )
        if not every and not is_render(unit):
            continue
        for path in view.flow.paths(unit):
            for step in path.steps:
                if step.kind == "identify" and not _remembered(step) and not step.delayed:
                    yield view.finding(
                        "This identifies at every render. Do it once, when the user becomes known.",
                        unit,
                        step.site,
                        "high" if view.certain(step) else "medium",
                        "(move this into an effect that depends on the user's id)",
                    )


def _remembered(step: Step) -> bool:
    return any(_REMEMBERS.search(c.unit.file.text_of(c.test)) for c in step.conditions)
