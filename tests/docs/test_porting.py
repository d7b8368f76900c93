"""docs/porting-the-core.md names the files that both cores have, and functions that are in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tests.docs.pages import ROOT, rows

PAGE: Final = ROOT / "docs/porting-the-core.md"
PYTHON: Final = ROOT / "sdk/python/src/passerby_client"
JAVASCRIPT: Final = ROOT / "sdk/js/core/src"
_LINKED: Final = re.compile(r"\]\((?P<file>[^)]+)\)(?P<said>[^\[]*)")


def test_the_files_of_the_page_are_those_of_both_cores() -> None:
    told = sorted(
        re.findall(r"`(\w+)`", cells[0])[0] for cells in rows(PAGE, "file | what it does | rules | green with it")
    )

    assert told == _names(PYTHON, "*.py", but={"__init__", "signing"})
    assert told == _names(JAVASCRIPT, "*.ts", but={"index", "tried"})


def test_the_functions_that_a_logout_goes_through_are_in_the_files_that_the_page_links() -> None:
    cells = [cell for row in rows(PAGE, " | what happens | Python | JavaScript") for cell in row[2:]]
    named = [
        (found["file"], name)
        for cell in cells
        for found in _LINKED.finditer(cell)
        for name in re.findall(r"`(\w+)`", found["said"])
    ]

    assert len(named) > 20
    assert [(file, name) for file, name in named if not _defines(PAGE.parent / file, name)] == []


def _names(folder: Path, pattern: str, but: set[str]) -> list[str]:
    return sorted({path.stem.replace("-", "_") for path in folder.glob(pattern)} - but)


def _defines(file: Path, name: str) -> bool:
    return file.is_file() and re.search(rf"(?:def |function |^  ){name}\(", file.read_text(), re.MULTILINE) is not None
