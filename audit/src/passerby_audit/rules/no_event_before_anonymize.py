"""The identity is released without an event that says why.

What: on the way to a release nothing was tracked.

Why: the last thing that the user did is missing from the record: whether they left by themselves, were timed out or
were thrown out. Once the identity is released it can no longer be told of them.

Example::

    function logout() {
      FS('setIdentity', { anonymous: true });
      navigate('/login');
    }

Instead::

    function logout() {
      FS('trackEvent', { name: 'Logged out', properties: { how: 'button' } });
      FS('setIdentity', { anonymous: true });
      navigate('/login');
    }

Known problems: a hint, off by default; most correct logouts track nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit import vocabulary
from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View

CODE = "PB005"
SEVERITY = "hint"


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        named = vocabulary.is_logout(unit.name) or vocabulary.is_logout(unit.named().name)
        for path in view.flow.paths(unit):
            if path.failed:
                continue
            for place, step in enumerate(path.steps):
                if (
                    step.kind != "anonymize"
                    or step.event.node is not step.site
                    or view.logouts.owner(step.event.unit) is not view.logouts.owner(unit)
                ):
                    continue
                if not named and not path.has("end"):
                    continue
                if any(s.kind == "track" for s in path.steps[:place]):
                    continue
                if len(unit.function.body) == 1 and not path.has("end") and not path.has("navigate"):
                    continue
                yield view.finding(
                    "Nothing is tracked before the identity is released: why they left will not be known.",
                    unit,
                    step.site,
                )
