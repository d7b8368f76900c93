"""What all lowerings share: parsing, places and the walk that keeps unknown parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tree_sitter import Language, Parser
from tree_sitter import Node as Tree

from passerby_audit.syntax import Evaluate, Literal, Module, Node, Other, Return, Span

DEPTH_MAX = 160
"""Nesting beyond this is generated code; what lies deeper is not looked at."""


class Lowering:
    """Turns the tree of one file into syntax; one per file, since it holds the text."""

    language = ""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.depth = 0
        self.expressions: dict[str, Callable[[Tree], Node]] = {}
        self.statements: dict[str, Callable[[Tree], list[Node]]] = {}

    def span(self, tree: Tree) -> Span:
        row, column = tree.start_point
        return Span(tree.start_byte, tree.end_byte, row + 1, column + 1)

    def word(self, tree: Tree | None) -> str:
        """The text of a node."""
        return "" if tree is None else self.text[tree.start_byte : tree.end_byte].decode("utf-8", "replace")

    def expression(self, tree: Tree | None) -> Node:
        if tree is None:
            return Literal(Span(0, 0, 1, 1), "undefined", "")
        lower = self.expressions.get(tree.type)
        if self.depth > DEPTH_MAX:
            return Other(self.span(tree), [])
        self.depth += 1
        try:
            if lower is not None:
                return lower(tree)
            return self.unknown(tree)
        finally:
            self.depth -= 1

    def unknown(self, tree: Tree) -> Node:
        """A node without a rule: one part is that part, several are kept in order, statements among them too."""
        parts: list[Node] = []
        for child in tree.named_children:
            parts.extend(self.statement(child))
        parts = [part.value if isinstance(part, Evaluate) else part for part in parts]
        return parts[0] if len(parts) == 1 else Other(self.span(tree), parts)

    def statement(self, tree: Tree) -> list[Node]:
        if tree.type in ("comment", "line_comment", "block_comment", "multiline_comment", "documentation_comment"):
            return []
        lower = self.statements.get(tree.type)
        if self.depth > DEPTH_MAX:
            return []
        if lower is not None:
            self.depth += 1
            try:
                return lower(tree)
            finally:
                self.depth -= 1
        return [Evaluate(self.span(tree), self.expression(tree))]

    def block(self, tree: Tree | None) -> list[Node]:
        """The statements below a node."""
        if tree is None:
            return []
        found: list[Node] = []
        for child in tree.named_children:
            found.extend(self.statement(child))
        return found

    def branch(self, tree: Tree | None) -> list[Node]:
        """A block or a lone statement."""
        return [] if tree is None else self.statement(tree)

    def value_body(self, tree: Tree) -> list[Node]:
        """A body that is one expression."""
        return [Return(self.span(tree), self.expression(tree))]

    def module(self, root: Tree) -> Module:
        return Module(self.span(root), self.language, self.block(root), root.has_error)


def parser_of(language: Any) -> Parser:
    """A parser over the pointer that a grammar's wheel gives."""
    return Parser(Language(language))
