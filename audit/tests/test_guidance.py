"""Fullstory's public guidance for developers, if a checkout is at hand: what it calls bad is found, what it calls
good is not.

The checkout is named by PASSERBY_FS_SKILLS; without one these tests say so and are skipped. Each code block is a
program of its own. Two things of its pages are hints here, and alike in blocks called bad and good: a release without
an event before it, and an identify without properties. They are expected where the page complains of them, and never
held against a good block.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from passerby_audit.audit import audit
from passerby_audit.settings import Settings

CHECKOUT = os.environ.get("PASSERBY_FS_SKILLS", "")
SUFFIXES = {
    "javascript": ".js",
    "jsx": ".jsx",
    "typescript": ".ts",
    "tsx": ".tsx",
    "swift": ".swift",
    "kotlin": ".kt",
    "dart": ".dart",
}
ALIKE = {"PB005", "PB021"}
EXPECTED = {
    "Forgetting to anonymize": "PB001",
    "No Fullstory anonymization on logout": "PB001",
    "Anonymizing after navigation": "PB002",
    "Calling anonymize multiple times": "PB003",
    "Anonymizing multiple times": "PB003",
    "Wrong ways to anonymize": "PB004",
    "Missing opportunity to track logout": "PB005",
    "Not tracking event before anonymize": "PB005",
    "Tracking after anonymize": "PB006",
    'Using anonymization to "hide" errors': "PB007",
    "Trying to switch users without": "PB009",
    "Using email as": "PB010",
    "Forgot to re-identify": "PB011",
    "before auth is confirmed": "PB013",
    "Identifying before auth completes": "PB013",
    "Identifying on every render": "PB014",
    "Using shutdown instead of consent": "PB016",
    "Async won't complete before unload": "PB017",
    "Toggling too rapidly": "PB018",
    "Over-calling setIdentity": "PB018",
    "Trying to use setProperties for initial identification": "PB019",
    "Using setUserVars instead of identify": "PB019",
    "Race condition": "PB020",
    "Minimal identification": "PB021",
    "Missing displayName and email": "PB021",
}
"""What the pages complain of, by their own words, and the rule that is to say it. Complaints that are not here are
about other subjects."""


class Block(NamedTuple):
    page: str
    line: int
    suffix: str
    text: str


def blocks() -> Iterator[Block]:
    for page in sorted(Path(CHECKOUT).glob("core/*/SKILL*.md")):
        text = page.read_text("utf-8")
        for found in re.finditer(r"```(\w+)\n(.*?)```", text, re.DOTALL):
            if found.group(1) in SUFFIXES:
                line = text.count("\n", 0, found.start()) + 2
                yield Block(f"{page.parent.name}/{page.name}", line, SUFFIXES[found.group(1)], found.group(2))


def codes(block: Block, folder: Path) -> set[str]:
    place = folder / f"block{block.suffix}"
    place.write_text(block.text, "utf-8")
    return {finding.code for finding in audit([place], Settings(hints=True)).findings}


needs_checkout = pytest.mark.skipif(
    not (CHECKOUT and Path(CHECKOUT).is_dir()), reason="PASSERBY_FS_SKILLS names no checkout of fullstorydev/fs-skills"
)


@needs_checkout
def test_what_the_guidance_calls_bad_is_found_by_the_right_rule(tmp_path: Path) -> None:
    missed: list[str] = []
    met: set[str] = set()
    for block in blocks():
        complaints = re.findall(r"BAD: (.*)", block.text)
        wanted = {code for words, code in EXPECTED.items() for said in complaints if words.lower() in said.lower()}
        met |= {words for words in EXPECTED for said in complaints if words.lower() in said.lower()}
        found = codes(block, tmp_path) if wanted else set()
        missed.extend(f"{block.page}:{block.line}: {code} not among {sorted(found)}" for code in wanted - found)
    assert not missed, "\n".join(missed)
    assert met == set(EXPECTED), "the pages no longer say all that is expected of them"


@needs_checkout
def test_nothing_that_the_guidance_calls_good_is_found_wrong(tmp_path: Path) -> None:
    wrong: list[str] = []
    for block in blocks():
        if "GOOD" in block.text and "BAD" not in block.text:
            found = codes(block, tmp_path) - ALIKE
            if found:
                wrong.append(f"{block.page}:{block.line}: {sorted(found)}")
    assert not wrong, "\n".join(wrong)
