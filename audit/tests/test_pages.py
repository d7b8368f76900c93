"""Each rule's docstring is its page; the pages under docs/audit are made from them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from passerby_audit.report.pages import pages
from passerby_audit.rules import registry
from passerby_audit.rules.rule import Rule

RULES_FOLDER = Path(registry.__file__).parent
DOCS = Path(__file__).parents[2] / "docs" / "audit"


@pytest.mark.parametrize("rule", registry.RULES, ids=lambda rule: rule.code)
def test_a_page_says_what_why_an_example_and_what_to_do_instead(rule: Rule) -> None:
    for part in ("What: ", "Why: ", "Example::\n", "Instead::\n", "Known problems: "):
        assert part in rule.page


def test_every_rule_module_is_registered_under_a_code_of_its_own() -> None:
    modules = {
        path.stem
        for path in RULES_FOLDER.glob("*.py")
        if any(
            isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "CODE"
            for n in ast.parse(path.read_text("utf-8")).body
        )
    }
    assert modules == {rule.name.replace("-", "_") for rule in registry.RULES}
    assert len({rule.code for rule in registry.RULES}) == len(registry.RULES)
    assert all(re.fullmatch(r"PB\d{3}", rule.code) for rule in registry.RULES)


def test_the_pages_in_docs_are_those_of_the_rules() -> None:
    kept = {path.name: path.read_text("utf-8") for path in DOCS.glob("*.md")}
    assert kept == pages(), "run: passerby-audit pages docs/audit"
