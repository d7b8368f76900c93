"""Every rule against its fixtures: snippets in the target languages that say themselves what is expected of them.

A fixture is one file per rule and language, cut into snippets by `// ----` (or `# ----`); each snippet is a program
of its own. `// pb001` above a line expects that rule's finding there, `// ok` expects none in its snippet.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from passerby_audit.audit import audit
from passerby_audit.rules.registry import RULES
from passerby_audit.settings import Settings

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(path for path in FIXTURES.rglob("pb*.*") if path.is_file())
_CUT = re.compile(r"^\s*(?://|#|<!--) ----.*\n", re.MULTILINE)
_EXPECTS = re.compile(r"^\s*(?://|#|\{/\*|<!--) (pb\d{3})\b")
_FINE = re.compile(r"^\s*(?://|#|\{/\*|<!--) ok\b", re.MULTILINE)


def snippets(path: Path) -> list[str]:
    return [part for part in _CUT.split(path.read_text("utf-8")) if part.strip()]


def expected(text: str, code: str) -> set[int]:
    """The lines on which a snippet expects a finding."""
    lines = text.splitlines()
    return {
        number + 2 for number, line in enumerate(lines) if (m := _EXPECTS.match(line)) and m.group(1).upper() == code
    }


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(FIXTURES)))
def test_snippets_hold_what_their_comments_expect(path: Path, tmp_path: Path) -> None:
    code = path.stem.upper()
    wrong: list[str] = []
    for number, text in enumerate(snippets(path), 1):
        place = tmp_path / f"s{number}{path.suffix}"
        place.write_text(text, "utf-8")
        result = audit([place], Settings(hints=True, select=(code,), assume_identified=True))
        found = {f.span.line for f in result.findings}
        if found != expected(text, code):
            wrong.append(f"snippet {number}: found {sorted(found)}, expected {sorted(expected(text, code))}\n{text}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(FIXTURES)))
def test_each_fixture_has_eight_bad_and_eight_good_snippets(path: Path) -> None:
    parts = snippets(path)
    bad = [text for text in parts if expected(text, path.stem.upper())]
    good = [text for text in parts if not expected(text, path.stem.upper()) and _FINE.search(text)]
    assert len(bad) + len(good) == len(parts), "a snippet says neither what is bad in it nor that it is ok"
    assert len(bad) >= 8
    assert len(good) >= 8


WEB = {"PB017", "PB020"}
"""About promises and pages, which only the web's form of the SDK has."""
APART: dict[str, set[str]] = {
    "javascript": set(),
    "kotlin": WEB,
    "swift": WEB,
    "dart": WEB,
    "java": WEB | {"PB014", "PB019"},
    "python": WEB | {"PB008", "PB014", "PB019"},
}
"""Rules that have no meaning in a language, or none of their own beside its kin's."""


@pytest.mark.parametrize("language", APART)
def test_every_rule_has_fixtures_in_every_language_to_which_it_applies(language: str) -> None:
    covered = {path.stem.upper() for path in FILES if path.parent.name == language}
    assert {rule.code for rule in RULES} - APART[language] == covered
