"""What is installed is what was looked at: every dependency is locked with its hashes, wherever it comes from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.docs.pages import ROOT

_OURS = {"passerby", "passerby-client", "passerby-audit"}
_NODE_LOCKS = [path for path in ROOT.glob("**/package-lock.json") if "node_modules" not in path.parts]


def test_every_python_dependency_is_locked() -> None:
    projects = [ROOT, ROOT / "audit", ROOT / "sdk/python"]

    assert {name for project in projects for name in _wanted(project)} - _OURS - _locked("test") == set()
    assert set(_wanted(ROOT, with_groups=False)) - _locked("serve") == set()


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements/*.txt")), ids=lambda path: path.name)
def test_every_locked_python_package_has_hashes_and_names_no_registry(lock: Path) -> None:
    pinned = re.split(r"\n(?=\S)", lock.read_text().strip())

    assert [line.splitlines()[0] for line in pinned if "--hash=sha256:" not in line] == []
    assert "://" not in lock.read_text()


@pytest.mark.parametrize("lock", _NODE_LOCKS, ids=lambda path: path.parent.name)
def test_every_locked_node_package_has_a_hash_and_names_no_registry(lock: Path) -> None:
    packages: dict[str, dict[str, Any]] = msgspec.json.decode(lock.read_bytes())["packages"]
    outside = {
        name: package for name, package in packages.items() if "node_modules/" in name and not package.get("link")
    }

    assert [name for name, package in outside.items() if "integrity" not in package] == []
    assert [name for name, package in outside.items() if "resolved" in package] == []


def _wanted(project: Path, *, with_groups: bool = True) -> list[str]:
    told = tomllib.loads((project / "pyproject.toml").read_text())
    groups = told.get("dependency-groups", {}).values() if with_groups else []
    return [_name(line) for lines in (told["project"].get("dependencies", []), *groups) for line in lines]


def _locked(lock: str) -> set[str]:
    return {_name(line) for line in (ROOT / f"requirements/{lock}.txt").read_text().splitlines() if line[:1].isalnum()}


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-").replace(".", "-")
