"""Comments that answer a finding, each with its reason.

    logout(); // passerby: ignore[PB001] -- the native shell releases the identity

A comment on a line of its own speaks for the next line; `ignore-file` speaks for the file. Without a reason it
answers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from passerby_audit.program.findings import Finding
from passerby_audit.program.units import File

_COMMENT = re.compile(
    r"(?://|#|/\*|<!--|\{/\*)\s*passerby:\s*(ignore|ignore-file)\s*(?:\[([^\]]*)\])?\s*(?:(?:--|—|"
    r":)\s*(.*?))?\s*(?:\*/\}?|-->)?\s*$"
)


@dataclass(slots=True)
class _Comment:
    line: int
    speaks_for: int
    whole_file: bool
    codes: frozenset[str]
    reason: str
    used: bool = False


class Suppressions:
    """The comments of one file."""

    def __init__(self, file: File) -> None:
        self.comments: list[_Comment] = []
        if b"passerby:" not in file.text:
            return
        for number, line in enumerate(file.text.decode("utf-8", "replace").splitlines(), 1):
            found = _COMMENT.search(line)
            if found is None:
                continue
            codes = frozenset(code.strip().upper() for code in (found.group(2) or "").split(",") if code.strip())
            alone = not line[: found.start()].strip()
            self.comments.append(
                _Comment(
                    number,
                    number + 1 if alone else number,
                    found.group(1) == "ignore-file",
                    codes,
                    (found.group(3) or "").strip(),
                )
            )

    def answer(self, finding: Finding) -> bool:
        """Whether a comment with a reason speaks for a finding."""
        for comment in self.comments:
            if not comment.reason or not comment.codes:
                continue
            if finding.code not in comment.codes and finding.name.upper() not in comment.codes:
                continue
            if comment.whole_file or comment.speaks_for == finding.span.line:
                comment.used = True
                return True
        return False

    def complaints(self) -> Iterator[tuple[int, str]]:
        """What is wrong with comments: no reason, no code, nothing to answer."""
        for comment in self.comments:
            if not comment.codes:
                yield comment.line, "a suppression has to name what it answers: passerby: ignore[PB001] -- reason"
            elif not comment.reason:
                yield comment.line, "a suppression has to give its reason: passerby: ignore[…] -- reason"
            elif not comment.used:
                yield comment.line, "this suppression answers nothing (any more)"
