"""A user's event is tracked after the identity was released.

What: an event follows a release on one way through the code, without an identify between them.

Why: the event belongs to the new, anonymous session. Who logged out cannot be seen from it.

Example::

    FS('setIdentity', { anonymous: true });
    FS('trackEvent', { name: 'User Logged Out', properties: {} });

Instead::

    FS('trackEvent', { name: 'User Logged Out', properties: {} });
    FS('setIdentity', { anonymous: true });

Known problems: an event that is meant to be anonymous is reported with less confidence, and so not by default.
"""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit import vocabulary
from passerby_audit.program import signs
from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View

CODE = "PB006"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        for release, event, path in view.pairs(unit, "anonymize", "track", ("identify",)):
            request = event.event.request
            name = signs.literal_text(request.name, view.program, event.event.unit) if request is not None else ""
            telling = vocabulary.means_logout(name) or vocabulary.is_logout(unit.named().name) or path.has("end")
            confidence = "high" if telling and view.certain(release, event) else "medium"
            line = release.site.span.line
            instead = f"{unit.file.text_of(event.site)}\n{unit.file.text_of(release.site)}"
            yield view.finding(
                f"This event comes after the release (line {line}) and belongs to nobody. Track it before.",
                unit,
                event.site,
                confidence,
                instead,
            )
