"""docs/conformance.md names, for all that sites rely on, vectors and browser tests that exist."""

from __future__ import annotations

import ast
import re
from typing import Any, Final

import msgspec

from tests.docs.pages import ROOT

_LINE: Final = re.compile(r"^\| ([A-Z]\d\d) \| .+ \| (.+) \|$", re.MULTILINE)
_WANTED: Final = {"B": 16, "I": 30, "S": 21, "P": 6, "E": 3, "L": 6, "G": 1}


def _lines() -> list[tuple[str, list[str]]]:
    text = (ROOT / "docs/conformance.md").read_text()
    return [(check, re.findall(r"`([^`]+)`", held_by)) for check, held_by in _LINE.findall(text)]


def _vectors() -> set[str]:
    files = [path for path in (ROOT / "spec/vectors").glob("*.json") if path.name != "index.json"]
    found: list[dict[str, Any]] = [msgspec.json.decode(path.read_bytes()) for path in files]
    return {vector["id"] for file in found for vector in file["vectors"]}


def _browser_tests() -> set[str]:
    trees = [ast.parse(path.read_text()) for path in (ROOT / "tests/browser").glob("test_*.py")]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_everything_that_sites_rely_on_is_there_once_and_held_by_something() -> None:
    wanted = [f"{kind}{number:02}" for kind, count in _WANTED.items() for number in range(1, count + 1)]
    checks = [check for check, _ in _lines()]

    assert [check for check in checks if not check.startswith("T")] == wanted
    assert len(set(checks)) == len(checks)
    assert [check for check, held_by in _lines() if not held_by] == []


def test_every_vector_and_browser_test_that_is_named_exists() -> None:
    there = _vectors() | _browser_tests()

    assert [(check, name) for check, held_by in _lines() for name in held_by if name not in there] == []
