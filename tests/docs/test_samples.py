"""The code in the documentation is the code that tests run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
PAGES = [
    "docs/patterns.md",
    "examples/README.md",
    *(str(path.relative_to(HOME)) for path in sorted(HOME.glob("sdk/js/*/README.md"))),
]
_BLOCK = re.compile(r"(?:<!-- (?P<file>\S+) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)```", re.DOTALL)
_NEEDS_NO_FILE = {"", "sh", "text"}


@pytest.mark.parametrize("page", PAGES)
def test_each_sample_is_the_file_that_it_names(page: str) -> None:
    blocks = [block for block in _BLOCK.finditer((HOME / page).read_text()) if block["kind"] not in _NEEDS_NO_FILE]
    for block in blocks:
        assert block["file"], f"a sample that names no file:\n{block['text']}"
        assert block["text"] in (HOME / block["file"]).read_text()


@pytest.mark.parametrize("page", PAGES)
def test_each_relative_link_leads_somewhere(page: str) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (HOME / page).read_text()):
        assert (HOME / page).parent.joinpath(link).exists(), link
