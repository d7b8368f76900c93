"""How right the linter is on whole small apps: precision and recall over audit/corpus.

Each folder below `tuned` and `held` is an app; `expect: PB001` in a comment above a line says what is to be found
there. The apps below `held` were written before the linter was first run on any of them, and are measured apart. Run:
python bench/audit_accuracy.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from passerby_audit.audit import audit
from passerby_audit.settings import Settings

CORPUS = Path(__file__).parents[1] / "audit" / "corpus"
_EXPECTS = re.compile(r"expect: (PB\d{3})")

Place = tuple[str, int, str]


@dataclass
class Score:
    """What was found and expected (`right`), found and not expected (`wrong`), expected and not found (`missed`)."""

    apps: int = 0
    right: list[Place] = field(default_factory=list)
    wrong: list[Place] = field(default_factory=list)
    missed: list[Place] = field(default_factory=list)

    @property
    def precision(self) -> float:
        found = len(self.right) + len(self.wrong)
        return len(self.right) / found if found else 1.0

    @property
    def recall(self) -> float:
        wanted = len(self.right) + len(self.missed)
        return len(self.right) / wanted if wanted else 1.0


def expected(app: Path) -> Iterator[Place]:
    for path in sorted(p for p in app.rglob("*") if p.is_file()):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            for code in _EXPECTS.findall(line):
                yield path.relative_to(CORPUS).as_posix(), number + 1, code


def score(part: str) -> Score:
    """The apps of one part of the corpus, each audited by itself with the settings that everyone starts with."""
    made = Score()
    for app in sorted(p for p in (CORPUS / part).iterdir() if p.is_dir()):
        made.apps += 1
        wanted = set(expected(app))
        found = {
            ((app / f.path).relative_to(CORPUS).as_posix(), f.span.line, f.code)
            for f in audit([app], Settings()).findings
        }
        made.right.extend(sorted(wanted & found))
        made.wrong.extend(sorted(found - wanted))
        made.missed.extend(sorted(wanted - found))
    return made


if __name__ == "__main__":
    for part in ("tuned", "held"):
        result = score(part)
        print(f"{part}: {result.apps} apps, {len(result.right) + len(result.missed)} faults")
        print(f"  precision {result.precision:.3f}, recall {result.recall:.3f}")
        for name, places in (("wrong", result.wrong), ("missed", result.missed)):
            for path, line, code in places:
                print(f"  {name}: {path}:{line} {code}")
