"""The pages of the spec have the form that implementers can rely on: short, and every branch with its vector."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pytest

from tests.docs.form import long_paragraphs, long_sentences, rows_without_vectors, rules_with_decisions, sentences
from tests.docs.pages import ROOT, rows

_PAGES: Final = [
    pytest.param(page, id=str(page.relative_to(ROOT)))
    for page in sorted([*ROOT.glob("spec/*.md"), ROOT / "spec/vectors/README.md"])
]
_DECIDED: Final = (
    *("ID-9", "ID-9.1", "ID-11", "ID-15", "SE-1", "SE-3", "SE-8", "ST-1", "LI-1", "PR-1", "PR-3"),
    *("CL-4", "CL-14", "CL-16", "QU-3", "QU-5", "QU-6", "QU-7", "QU-8", "QU-9"),
)
_COVERED: Final = {"identity/a": {"ID-9"}, "identity/b": {"ID-9.1"}, "identity/c": {"ID-91"}}


_VECTOR: Final = re.compile(r"`([a-z]+/[a-z0-9]+(?:-[a-z0-9]+)*)`")
"""What has the form of a vector's id: an area and a name."""


def _vectors() -> dict[str, set[str]]:
    files = [path for path in (ROOT / "spec/vectors").glob("*.json") if path.name != "index.json"]
    return {vector["id"]: set(vector["covers"]) for path in files for vector in json.loads(path.read_text())["vectors"]}


def _rules() -> dict[str, list[str]]:
    """The rules of each page of the spec, by its name."""
    pages = {page.name: page.read_text() for page in ROOT.glob("spec/*.md")}
    return {name: re.findall(r"^- \*\*([A-Z]{2}-[\d.]+)\*\*", text, re.MULTILINE) for name, text in pages.items()}


@pytest.mark.parametrize("page", _PAGES)
def test_a_sentence_has_25_words_at_most(page: Path) -> None:
    assert long_sentences(page.read_text()) == []


@pytest.mark.parametrize("page", _PAGES)
def test_a_paragraph_has_80_words_at_most(page: Path) -> None:
    assert long_paragraphs(page.read_text()) == []


@pytest.mark.parametrize("page", _PAGES)
def test_each_row_of_a_decision_table_names_vectors_that_hold_its_rule(page: Path) -> None:
    assert rows_without_vectors(page.read_text(), _vectors()) == []


def test_every_rule_stands_once_on_the_page_of_its_family() -> None:
    families = {
        family: re.findall(r"\]\((\w+\.md)\)", cells[0])[0]
        for cells in rows(ROOT / "spec/README.md", "page | rules | about")
        for family in cells[1].split(", ")
    }
    rules = [(rule, page) for page, found in _rules().items() for rule in found]

    assert sorted({*families.values(), "README.md"}) == sorted(page.name for page in ROOT.glob("spec/*.md"))
    assert [rule for rule, page in rules if families.get(rule.split("-")[0]) != page] == []
    assert len({rule for rule, _ in rules}) == len(rules)


@pytest.mark.parametrize("page", _PAGES)
def test_every_rule_that_a_page_refers_to_exists(page: Path) -> None:
    there = {rule for found in _rules().values() for rule in found}
    families = "|".join(sorted({rule.split("-")[0] for rule in there}))
    named = re.findall(rf"\b((?:{families})-\d+)(\.\d+)?", page.read_text())

    assert [rule + part for rule, part in named if not {rule, rule + part} & there] == []


@pytest.mark.parametrize("page", _PAGES)
def test_every_vector_that_a_page_names_exists(page: Path) -> None:
    there = _vectors()
    areas = {name.split("/")[0] for name in there}

    named = [name for name in _VECTOR.findall(page.read_text()) if name.split("/")[0] in areas]
    assert [name for name in named if name not in there] == []


def test_rules_with_branches_have_decision_tables() -> None:
    there = {rule for page in ROOT.glob("spec/*.md") for rule in rules_with_decisions(page.read_text())}

    assert [rule for rule in _DECIDED if rule not in there] == []


@pytest.mark.parametrize(
    ("text", "is_long"),
    [
        (" ".join(["word"] * 25) + ".", False),
        (" ".join(["word"] * 26) + ".", True),
        (" ".join(["word"] * 20) + ". " + " ".join(["word"] * 20), False),
        (" ".join(["word"] * 20) + ", " + " ".join(["word"] * 20), True),
        ("- **ID-1** " + " ".join(["word"] * 25), False),
        ("- " + " ".join(["word"] * 20) + "\n- " + " ".join(["word"] * 20), False),
        (" ".join(["word"] * 24) + " `a code span of some words.`", False),
        (" ".join(["word"] * 25) + " `a code span of some words.`", True),
        (" ".join(["word"] * 24) + " [one](an-address.md)", False),
        (" ".join(["word"] * 24) + " is 1. " + " ".join(["word"] * 25), True),
        (" ".join(["word"] * 20) + " · = → " + " ".join(["word"] * 5), False),
        ("| a | b |\n|---|---|\n| " + " ".join(["word"] * 26) + " | b |", True),
        ("| a | b |\n|---|---|\n| " + " ".join(["word"] * 20) + " | " + " ".join(["word"] * 20) + " |", False),
        ("| a | b |\n|---|---|\n" + "| word | word |\n" * 20, False),
        ("```\n" + " ".join(["word"] * 26) + "\n```", False),
    ],
)
def test_a_sentence_that_is_too_long_is_found(text: str, is_long: bool) -> None:
    assert bool(long_sentences(text)) == is_long


@pytest.mark.parametrize(
    ("text", "is_long"),
    [
        ("One two three four. " * 20, False),
        ("One two three four. " * 20 + "More.", True),
        ("One two three four. " * 20 + "\n\n  " + "One two three four. " * 20, False),
        ("- " + "One two three four. " * 20 + "\n  more", True),
        ("- " + "One two three four. " * 20 + "\n- " + "One two three four. " * 20, False),
        ("| a |\n|---|\n| " + "One two three four. " * 21 + " |", False),
        ("One two three four. " * 20 + "\n| a |\n|---|\n| b |\n" + "One two three four. " * 20, False),
    ],
)
def test_a_paragraph_that_is_too_long_is_found(text: str, is_long: bool) -> None:
    assert bool(long_paragraphs(text)) == is_long


def test_a_sentence_ends_where_its_full_stop_is_followed_by_nothing_but_marks() -> None:
    text = '*So.* It says "no." (Or yes.) See ID-9.1, `fs_uid.x` and 0.5 s! Why? Because: it is so'

    assert sentences(text) == [
        "*So.",
        'It says "no.',
        "(Or yes.",
        "See ID-9.1, CODE and 0.5 s!",
        "Why?",
        "Because: it is so",
    ]


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("`identity/a`", []),
        ("`identity/b`, a part of the rule", []),
        ("`identity/a` `identity/b`", []),
        ("", ["ID-9: no vector for x"]),
        ("identity/a", ["ID-9: no vector for x"]),
        ("`identity/none`", ["ID-9: there is no vector identity/none"]),
        ("`identity/a` `identity/none`", ["ID-9: there is no vector identity/none"]),
        ("`identity/c`", ["ID-9: identity/c does not cover it"]),
    ],
)
def test_a_row_without_a_vector_of_its_rule_is_found(cell: str, wrong: list[str]) -> None:
    text = f"- **ID-9** It depends.\n\n  | a | vector |\n  |---|---|\n  | x | {cell} |\n\n- **ID-91** Other."

    assert rows_without_vectors(text, _COVERED) == wrong


def test_a_decision_table_stands_under_the_last_rule_above_it() -> None:
    table = "| a \\| b | vector |\n|---|---|\n| x | `identity/a` |\n"

    assert rules_with_decisions(f"- **ID-9** A.\n\n{table}\n- **ID-10** B.\n") == {"ID-9"}
    assert rules_with_decisions(f"- **ID-9** A.\n- **ID-10** B.\n\n{table}") == {"ID-10"}
    assert rules_with_decisions("- **ID-9** A.\n\n| a | b |\n|---|---|\n| x | y |\n") == set()
    assert rows_without_vectors(f"- **ID-9** A.\n\n## Other\n\n{table}", _COVERED) == [
        "a table with vectors under no rule: a \\| b | vector"
    ]
