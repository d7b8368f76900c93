"""What a rule says about a place in the code."""

from __future__ import annotations

from dataclasses import dataclass, field

from passerby_audit.program.units import File
from passerby_audit.syntax import Span

CONFIDENCES = ("high", "medium", "low")


@dataclass(slots=True, frozen=True)
class Edit:
    """Bytes to put in the place of others."""

    start: int
    end: int
    text: str


@dataclass(slots=True, eq=False)
class Finding:
    """One mistake at one place.

    `instead` is the corrected code, shown beside what is there; `edits` make it so, and only where that cannot change
    what the program otherwise does. `where` is the function, as people would call it. The rule that made it signs it
    with code, name and severity, unless it is to have another severity than the rule's.
    """

    message: str
    file: File
    span: Span
    confidence: str = "high"
    where: str = ""
    instead: str = ""
    edits: list[Edit] = field(default_factory=list)
    code: str = ""
    name: str = ""
    severity: str = ""

    @property
    def path(self) -> str:
        return str(self.file.path)
