"""The form of the pages of the spec: short sentences, short paragraphs, and tables whose rows name their vectors.

Only the form is judged here. What a row says, and whether its vectors hold it, the runners of the vectors find out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

SENTENCE_WORDS_MAX: Final = 25
PARAGRAPH_WORDS_MAX: Final = 80

_FENCE: Final = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"`+[^`\n]+`+")
_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_RULE: Final = re.compile(r"^\s*- \*\*([A-Z]{2,3}-\d+(?:\.\d+)*)\*\*")
_ITEM: Final = re.compile(r"^\s*(?:[-*]|\d+\.) ")
_END: Final = re.compile(r"(?<=[.!?])[\"')*_]*(?:\s+|$)")
_CELL: Final = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page, with the rule that it stands under (none: it stands under no rule)."""

    rule: str | None
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_of_decisions(self) -> bool:
        """Whether each of its rows says which vectors hold it."""
        return self.header[-1] == "vector"


@dataclass(slots=True)
class Page:
    """What stands on a page: its paragraphs and list items, each as one text, and its tables."""

    paragraphs: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def page(text: str) -> Page:
    """The page that a text in Markdown makes. Code in fences is none of its text."""
    found = Page()
    rule: str | None = None
    prose: list[str] = []
    table: list[tuple[str, ...]] = []
    for line in [*_FENCE.sub("", text).splitlines(), ""]:
        is_row = line.lstrip().startswith("|")
        if table and not is_row:
            found.tables.append(Table(rule, table[0], tuple(table[2:])))
            table = []
        if prose and (is_row or not line.strip() or line.startswith("#") or _ITEM.match(line)):
            found.paragraphs.append(" ".join(prose))
            prose = []
        if begins := _RULE.match(line):
            rule = begins[1]
        if is_row:
            table.append(tuple(cell.strip() for cell in _CELL.split(line.strip())[1:-1]))
        elif line.startswith("#"):
            rule = None
        elif line.strip():
            prose.append(_ITEM.sub("", _RULE.sub("", line), count=1).strip())
    return found


def long_sentences(text: str) -> list[str]:
    """Every sentence, in tables or outside, that has too many words."""
    read = page(text)
    cells = [cell for table in read.tables for row in (table.header, *table.rows) for cell in row]
    said = [sentence for part in [*read.paragraphs, *cells] for sentence in sentences(part)]
    return [sentence for sentence in said if _length(sentence) > SENTENCE_WORDS_MAX]


def long_paragraphs(text: str) -> list[str]:
    """Every paragraph or list item that has too many words. Tables are none."""
    return [part for part in page(text).paragraphs if _length(_plain(part)) > PARAGRAPH_WORDS_MAX]


def sentences(part: str) -> list[str]:
    """The sentences of a paragraph or a cell, with each code span as one word and each link as its text."""
    return [sentence for sentence in _END.split(_plain(part)) if sentence]


def rows_without_vectors(text: str, covered: Mapping[str, set[str]]) -> list[str]:
    """What is wrong with the last cells of decision tables. `covered`: vector ids, each with the rules it covers."""
    return [wrong for table in page(text).tables if table.is_of_decisions for wrong in _wrong(table, covered)]


def rules_with_decisions(text: str) -> set[str]:
    """The rules under which a decision table stands."""
    return {table.rule for table in page(text).tables if table.is_of_decisions and table.rule}


def _wrong(table: Table, covered: Mapping[str, set[str]]) -> Iterator[str]:
    if table.rule is None:
        yield f"a table with vectors under no rule: {' | '.join(table.header)}"
        return
    for row in table.rows:
        named = [span.strip("`") for span in _CODE.findall(row[-1])]
        if not named or len(row) != len(table.header):
            yield f"{table.rule}: no vector for {row[0]}"
        for vector in named:
            if vector not in covered:
                yield f"{table.rule}: there is no vector {vector}"
            elif not any(_is_kin(table.rule, rule) for rule in covered[vector]):
                yield f"{table.rule}: {vector} does not cover it"


def _is_kin(rule: str, other: str) -> bool:
    """Whether the two are one rule, or one is a part of the other, as ID-9.1 is of ID-9."""
    return rule == other or rule.startswith(other + ".") or other.startswith(rule + ".")


def _plain(part: str) -> str:
    return _CODE.sub("CODE", _LINK.sub(r"\1", part))


def _length(sentence: str) -> int:
    return sum(any(character.isalnum() for character in word) for word in sentence.split())
