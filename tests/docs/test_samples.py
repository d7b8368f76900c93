"""The code on the pages about flows is the code that tests run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, links

_ABOUT_FLOWS = [ROOT / "docs/patterns.md", ROOT / "examples/README.md", *sorted(ROOT.glob("sdk/js/*/README.md"))]
_PAGES = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in _ABOUT_FLOWS]
_SAMPLE = re.compile(r"(?:<!-- (?P<file>\S+) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", _PAGES)
def test_each_sample_is_the_file_that_it_names(page: Path) -> None:
    for sample in _SAMPLE.finditer(page.read_text()):
        assert sample["file"], f"a sample that names no file:\n{sample['text']}"
        assert sample["text"] in (ROOT / sample["file"]).read_text()


@pytest.mark.parametrize("page", _PAGES)
def test_each_link_leads_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not (page.parent / link.split("#")[0]).exists()] == []
