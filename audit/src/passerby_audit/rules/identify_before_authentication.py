"""Someone is identified before it is known who they are.

What: an identify with what was typed into a form, or with a server still to be asked who this is.

Why: the login can fail. Then what a stranger, or a mistyped name, does is stored under the name of the one they
claimed to be.

Example::

    function handleLogin(credentials) {
      FS('setIdentity', { uid: credentials.username });
      authenticate(credentials);
    }

Instead::

    async function handleLogin(credentials) {
      const user = await authenticate(credentials);
      FS('setIdentity', { uid: user.id });
    }

Known problems: a login that is told of what it already knows (`login(response.user)`) is not meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from passerby_audit import vocabulary
from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View
from passerby_audit.rules.values import root
from passerby_audit.syntax import Node

CODE = "PB013"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        for identify, asking, path in view.pairs(unit, "identify", "authenticate"):
            before = path.steps[: path.steps.index(identify)]
            request = identify.event.request
            if request is None or path.failed or identify.event.node is not identify.site:
                continue
            if any(s.kind in ("authenticate", "login") for s in before):
                continue
            typed = request.uid is not None and _is_typed(request.uid, unit.file.text_of(request.uid))
            if not typed and (any(s.kind == "risk" for s in before) or not asking.awaited):
                continue
            if not typed and request.uid is not None and root(request.uid) in ("this", "self"):
                continue
            yield view.finding(
                f"Nobody is authenticated yet (that is at line {asking.site.span.line}); if it fails, this was wrong.",
                unit,
                identify.site,
                "high" if typed else "medium",
                f"{unit.file.text_of(asking.site)}\n{unit.file.text_of(identify.site)}",
            )


def _is_typed(uid: Node, text: str) -> bool:
    if vocabulary.is_credential(text) or vocabulary.is_credential(root(uid)):
        return True
    return re.search(r"user ?name", text, re.IGNORECASE) is not None
