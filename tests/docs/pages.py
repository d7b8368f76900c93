"""The pages that people read, and what stands on them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_FENCE: Final = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_CODE: Final = re.compile(r"`([^`\n]+)`")


def pages() -> list[Path]:
    """The pages at the top, docs and spec, and the READMEs of examples, of tests and of what is published from here."""
    found = [
        *(ROOT / f"{name}.md" for name in ("README", "SECURITY", "CHANGELOG")),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("spec/**/*.md"),
    ]
    published = ("sdk/*/README.md", "sdk/js/*/README.md", "audit/README.md", "examples/README.md", "tests/*/README.md")
    return sorted([*found, *(page for pattern in published for page in ROOT.glob(pattern))])


def links(page: Path) -> list[str]:
    """Where a page's links and pictures lead, in this repository."""
    text = _FENCE.sub("", page.read_text())
    return [target for target in _LINK.findall(text) if "://" not in target and not target.startswith("#")]


def commands(page: Path, program: str) -> list[str]:
    """What a page has people type that begins with `program`, in fences and in code between the lines."""
    text = page.read_text()
    lines = [line.strip() for fence in _FENCE.findall(text) for line in fence.splitlines()]
    typed = [re.sub(r"^(\$ |\.venv/bin/)", "", line) for line in [*lines, *_CODE.findall(text)]]
    return [line for line in typed if line == program or line.startswith(program + " ")]


def rows(page: Path, header: str) -> list[list[str]]:
    """The cells of the table whose header row has these names, as `a | b`. AssertionError if there is none."""
    found: list[list[str]] = []
    is_in = False
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if is_in and not line.lstrip().startswith("|"):
            break
        if is_in:
            found.append(cells)
        is_in = is_in or " | ".join(cells) == header
    assert found, f"{page.name} has no table with the header {header}"
    return found[1:]


def between_ticks(text: str) -> list[str]:
    """Everything in a text that is set as code."""
    return _CODE.findall(text)
