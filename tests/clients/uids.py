"""What each implementation makes of a uid, given as a JSON text: fs.js, the Python client, the service."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from passerby_client.placeholder import is_placeholder as client_is_placeholder
from passerby_client.placeholder import is_suspicious as client_is_suspicious
from passerby_client.uid import uid_text as client_uid_text

from passerby.model.outcome import Outcome
from passerby.wire.uid import is_suspicious, uid_text
from tests.browser.packages import bundle, node

ROOT: Final = Path(__file__).parents[2]
SPEC: Final[dict[str, Any]] = json.loads((ROOT / "spec/uids.json").read_text())

Word = tuple[str, str | None]
"""`invalid`, `placeholder`, or `suspicious` or `accepted` with the text that the uid becomes."""

_ASKING: Final = """
  const { uidText, isPlaceholder, isSuspicious } = require_uid;
  const word = (given) => {
    const uid = uidText(given);
    if (uid === null) return ["invalid", null];
    return isPlaceholder(uid) ? ["placeholder", null] : [isSuspicious(uid) ? "suspicious" : "accepted", uid];
  };
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    console.log(JSON.stringify(word(JSON.parse(line))));
  });
"""


@contextmanager
def browser() -> Iterator[Callable[[str], Word]]:
    """fs.js' own module, in a Node that answers until it is left."""
    sdk = ROOT / "sdk/js"
    wanted = "export * from './core/src/uid'; export * from './core/src/placeholder'"
    module = bundle(wanted, sdk, "--global-name=require_uid", "--loader=ts")
    with subprocess.Popen(
        [node(), "-e", module + _ASKING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        asking, telling = running.stdin, running.stdout

        def ask(text: str) -> Word:
            asking.write(text + "\n")
            asking.flush()
            kind, uid = json.loads(telling.readline())
            return kind, uid

        yield ask
        asking.close()


def client(text: str) -> Word:
    """The Python client's word."""
    uid = client_uid_text(json.loads(text))
    if uid is None:
        return "invalid", None
    if client_is_placeholder(uid):
        return "placeholder", None
    return "suspicious" if client_is_suspicious(uid) else "accepted", uid


def service(text: str) -> Word:
    """The service's word."""
    given = json.loads(text)
    uid = uid_text(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else None
    if uid is None or uid is Outcome.INVALID_UID:
        return "invalid", None
    if uid is Outcome.PLACEHOLDER_UID:
        return "placeholder", None
    assert not isinstance(uid, Outcome)
    return "suspicious" if is_suspicious(uid) else "accepted", uid


def written(text: str | dict[str, Any]) -> str:
    """A case of the list as JSON, all of ASCII, so that half a character travels too."""
    whole = text if isinstance(text, str) else text["$repeat"][0] * text["$repeat"][1]
    return json.dumps(whole)
