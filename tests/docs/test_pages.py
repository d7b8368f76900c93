"""What the pages say is there, is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from passerby.cli.commands import main as passerby
from tests.docs.pages import ROOT, commands, links, pages, rows

_PAGES = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages()]


@pytest.mark.parametrize("page", _PAGES)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = [link for link in links(page) if not (page.parent / link.split("#")[0]).exists()]

    assert broken == []


@pytest.mark.parametrize("page", _PAGES)
def test_every_passerby_command_of_a_page_exists_with_its_options(page: Path) -> None:
    unknown = [line for line in commands(page, "passerby") if not _is_command(line.split()[1:])]

    assert unknown == []


@pytest.mark.parametrize("page", _PAGES)
def test_every_script_of_a_page_exists(page: Path) -> None:
    named = re.findall(r"(?<![\w/])script/([\w-]+)", page.read_text())

    assert [name for name in named if not (ROOT / "script" / name).is_file()] == []


@pytest.mark.parametrize("page", _PAGES)
def test_every_program_of_ours_that_a_page_has_people_run_exists(page: Path) -> None:
    named = [
        name.replace(".", "/") for name in re.findall(r"python3? -m ((?:bench|passerby|tests)[\w.]*)", page.read_text())
    ]
    places = {
        name: (ROOT / f"{name}.py", ROOT / name / "__main__.py", ROOT / "src" / name / "__main__.py") for name in named
    }

    assert [name for name, found in places.items() if not any(place.is_file() for place in found)] == []


def test_the_rooms_of_the_architecture_are_the_folders_and_modules_of_the_service() -> None:
    told = [cells[0].strip("`") for cells in rows(ROOT / "docs/architecture.md", "room | holds")]
    there = [
        entry.stem
        for entry in (ROOT / "src/passerby").iterdir()
        if not entry.name.startswith("_") and (entry.suffix == ".py" or (entry / "__init__.py").is_file())
    ]

    assert sorted(told) == sorted(there)


def test_the_rooms_of_the_architecture_stand_in_the_order_in_which_they_may_use_one_another() -> None:
    told = [cells[0].strip("`") for cells in rows(ROOT / "docs/architecture.md", "room | holds")]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [layer.split(" | ") for layer in next(c for c in contracts if c["type"] == "layers")["layers"]]
    height = {room: at for at, layer in enumerate(layers) for room in layer}

    assert sorted(told, key=lambda room: height[room]) == told


def test_the_places_around_the_service_are_the_folders_of_the_repository() -> None:
    told = {cells[0].strip("`") for cells in rows(ROOT / "docs/architecture.md", "place | holds")}
    tracked = (ROOT / ".gitignore").read_text().splitlines()
    made = {name.strip("/") for name in tracked}
    there = {entry.name for entry in ROOT.iterdir() if entry.is_dir() and not entry.name.startswith(".")}

    assert there - made - {"src"} == told


def test_every_folder_of_tests_is_run() -> None:
    run = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["testpaths"]
    there = [
        path
        for path in ("tests", *(f"{p.parent.relative_to(ROOT)}/tests" for p in _projects()))
        if (ROOT / path).is_dir()
    ]

    assert sorted(run) == sorted(there)


def _projects() -> list[Path]:
    return [*ROOT.glob("audit/pyproject.toml"), *ROOT.glob("sdk/*/pyproject.toml")]


def _is_command(words: list[str]) -> bool:
    """Whether these words are a command of ours, with options it has. `…` stands for any."""
    command: click.Command = passerby
    for word in words:
        if isinstance(command, click.Group) and not word.startswith("-"):
            if word == "…":
                return True
            if word not in command.commands:
                return False
            command = command.commands[word]
        elif word.startswith("--") and not _takes(command, word.split("=")[0]):
            return False
        elif command.name == "audit":
            return True
    return True


def _takes(command: click.Command, option: str) -> bool:
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return option in known | {"--help", "--version"}
