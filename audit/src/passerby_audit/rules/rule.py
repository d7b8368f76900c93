"""A rule as data: its code, its name (the bad pattern), its severity, its page, its check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType

from passerby_audit.program.findings import Finding
from passerby_audit.program.view import View


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `page` is the docstring of its module, `title` the page's first line."""

    code: str
    name: str
    severity: str
    page: str
    check: Callable[[View], Iterator[Finding]]

    @property
    def title(self) -> str:
        return self.page.strip().splitlines()[0].rstrip(".")


def rule_of(module: ModuleType) -> Rule:
    """The rule that a module holds."""
    name = module.__name__.rsplit(".", 1)[-1].replace("_", "-")
    return Rule(module.CODE, name, module.SEVERITY, module.__doc__ or "", module.check)


def run(rules: list[Rule], view: View) -> Iterator[Finding]:
    """The findings of rules over a program, each signed by its rule; one place is named once per rule."""
    for rule in rules:
        seen: set[tuple[str, int]] = set()
        for finding in rule.check(view):
            place = (finding.path, finding.span.start)
            if place in seen:
                continue
            seen.add(place)
            finding.code, finding.name = rule.code, rule.name
            finding.severity = finding.severity or rule.severity
            yield finding
