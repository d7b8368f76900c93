"""docs/promises.md: every promise has a rule that exists, a test or program that exists and attacks it, and figures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.attacks.known.run import ATTACKS
from tests.docs.pages import ROOT, between_ticks

PAGE: Final = ROOT / "docs/promises.md"
HEADER: Final = "promise | rule | attacked by | last figures"
_RULE: Final = re.compile(r"\b[A-Z]{2}-\d+(?:\.\d+)*\b")


def table() -> list[list[str]]:
    """The lines of all tables of the page."""
    parts = PAGE.read_text().split("\n## ")[1:]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for part in parts
        for line in part.splitlines()
        if line.startswith("|") and not line.startswith(("|---", f"| {HEADER}"))
    ]


def soaks() -> set[str]:
    """The programs that script/soak names in its head."""
    head = (ROOT / "script/soak").read_text().split("set -euo")[0]
    return set(re.findall(r"^#   script/soak (\w+)", head, re.MULTILINE))


def fault(named: str) -> str:
    """What is wrong with the name of a test or a program; empty if it is there."""
    if named.startswith("script/soak "):
        program, *attacks = named.split()[1:]
        unknown = [attack for attack in attacks if program == "attacks" and attack not in ATTACKS]
        return f"no such program: {named}" if program not in soaks() or unknown else ""
    path, _, test = named.partition("::")
    place = ROOT / path.split()[-1]
    if not place.exists():
        return f"no such file: {path}"
    return "" if not test or f"def {test}(" in place.read_text() else f"no such test: {named}"


def test_every_test_and_program_that_is_named_exists() -> None:
    assert [wrong for row in table() for named in between_ticks(row[2]) if (wrong := fault(named))] == []


def test_every_promise_has_a_rule_an_attack_and_figures() -> None:
    told = "".join(page.read_text() for page in (ROOT / "spec").glob("*.md"))
    known = set(re.findall(r"\*\*([A-Z]{2}-\d+(?:\.\d+)*)\*\*", told))
    for promise, rule, attacks, figures in table():
        assert _RULE.findall(rule), promise
        assert set(_RULE.findall(rule)) <= known, promise
        assert between_ticks(attacks), promise
        assert figures, promise


def test_every_attack_and_every_test_of_attacks_stands_on_the_page() -> None:
    named = {name for row in table() for name in between_ticks(row[2])}
    files = {name.partition("::")[0] for name in named}
    tests = [
        path.relative_to(ROOT) for folder in ("attacks", "fuzz") for path in (ROOT / "tests" / folder).glob("test_*.py")
    ]
    assert [attack for attack in ATTACKS if f"script/soak attacks {attack}" not in named] == []
    assert [str(test) for test in tests if str(test) not in files] == []


@pytest.mark.parametrize(
    "named",
    ["tests/nowhere.py", "tests/docs/pages.py::nothing", "script/soak nothing", "script/soak attacks nothing"],
)
def test_what_is_not_there_is_noticed(named: str) -> None:
    assert fault(named)
    assert not fault(str(Path("tests/docs/pages.py::links")))
