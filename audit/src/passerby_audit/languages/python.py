"""Python to syntax."""

from __future__ import annotations

from functools import cache

import tree_sitter_python
from tree_sitter import Node as Tree
from tree_sitter import Parser

from passerby_audit.languages.grammar import Lowering, parser_of
from passerby_audit.syntax import (
    Argument,
    Assignment,
    Await,
    Call,
    Choice,
    Class,
    Declare,
    Define,
    Entry,
    Evaluate,
    Function,
    If,
    Import,
    Index,
    Jump,
    Lambda,
    Literal,
    Loop,
    Member,
    Module,
    Name,
    Node,
    Operation,
    Other,
    Parameter,
    Record,
    Return,
    Sequence,
    Template,
    Throw,
    Try,
)


@cache
def parser() -> Parser:
    return parser_of(tree_sitter_python.language())


def lower(text: bytes) -> Module:
    """The syntax of a Python file."""
    return Python(text).module(parser().parse(text).root_node)


_OPERATORS = {"and": "&&", "or": "||", "is": "==", "is not": "!="}


class Python(Lowering):
    language = "python"

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self.expressions = {
            "identifier": lambda t: Name(self.span(t), self.word(t)),
            "none": lambda t: Literal(self.span(t), "null", "None"),
            "true": lambda t: Literal(self.span(t), "boolean", "true"),
            "false": lambda t: Literal(self.span(t), "boolean", "false"),
            "integer": lambda t: Literal(self.span(t), "number", self.word(t)),
            "float": lambda t: Literal(self.span(t), "number", self.word(t)),
            "string": self.string,
            "attribute": self.attribute,
            "subscript": self.subscript,
            "call": self.call,
            "await": lambda t: Await(self.span(t), self.expression(t.named_children[-1])),
            "lambda": self.lambda_value,
            "conditional_expression": self.choice,
            "boolean_operator": self.operation,
            "binary_operator": self.operation,
            "comparison_operator": self.comparison,
            "not_operator": lambda t: Operation(
                self.span(t), "!", [self.expression(t.child_by_field_name("argument"))]
            ),
            "dictionary": self.record,
            "list": lambda t: Sequence(self.span(t), [self.expression(c) for c in t.named_children]),
            "tuple": lambda t: Sequence(self.span(t), [self.expression(c) for c in t.named_children]),
            "assignment": self.assigned,
            "named_expression": self.assigned,
            "type": lambda t: Other(self.span(t), []),
        }
        self.statements = {
            "module": self.block,
            "block": self.block,
            "expression_statement": self.evaluate,
            "import_statement": self.imports,
            "import_from_statement": self.imports,
            "function_definition": self.function_definition,
            "class_definition": self.class_definition,
            "decorated_definition": self.decorated,
            "if_statement": self.condition,
            "for_statement": self.loop,
            "while_statement": self.loop,
            "try_statement": self.attempt,
            "with_statement": self.within,
            "return_statement": lambda t: [Return(self.span(t), self._only(t))],
            "raise_statement": lambda t: [Throw(self.span(t), self._only(t))],
            "break_statement": lambda t: [Jump(self.span(t))],
            "continue_statement": lambda t: [Jump(self.span(t))],
            "pass_statement": self.nothing,
            "global_statement": self.nothing,
        }

    def nothing(self, _tree: Tree) -> list[Node]:
        return []

    def _only(self, tree: Tree) -> Node | None:
        child = next((c for c in tree.named_children if c.type != "comment"), None)
        return None if child is None else self.expression(child)

    def string(self, tree: Tree) -> Node:
        pieces: list[Node] = []
        for child in tree.named_children:
            if child.type == "interpolation":
                pieces.append(self.expression(child.child_by_field_name("expression") or child.named_children[0]))
            elif child.type == "string_content":
                pieces.append(Literal(self.span(child), "string", self.word(child)))
        if any(not isinstance(piece, Literal) for piece in pieces):
            return Template(self.span(tree), pieces)
        return Literal(self.span(tree), "string", "".join(p.value for p in pieces if isinstance(p, Literal)))

    def attribute(self, tree: Tree) -> Node:
        base = self.expression(tree.child_by_field_name("object"))
        return Member(self.span(tree), base, self.word(tree.child_by_field_name("attribute")))

    def subscript(self, tree: Tree) -> Node:
        base = self.expression(tree.child_by_field_name("value"))
        index = self.expression(tree.child_by_field_name("subscript"))
        if isinstance(index, Literal) and index.kind == "string":
            return Member(self.span(tree), base, index.value)
        return Index(self.span(tree), base, index)

    def call(self, tree: Tree) -> Node:
        callee = self.expression(tree.child_by_field_name("function"))
        listed = tree.child_by_field_name("arguments")
        arguments: list[Argument] = []
        for child in listed.named_children if listed is not None else []:
            if child.type == "keyword_argument":
                value = self.expression(child.child_by_field_name("value"))
                arguments.append(Argument(self.span(child), value, self.word(child.child_by_field_name("name"))))
            elif child.type != "comment":
                arguments.append(Argument(self.span(child), self.expression(child)))
        return Call(self.span(tree), callee, arguments, isinstance(callee, Name) and callee.text[:1].isupper())

    def lambda_value(self, tree: Tree) -> Node:
        listed = tree.child_by_field_name("parameters")
        parameters = [self.parameter(c) for c in listed.named_children] if listed is not None else []
        body = tree.child_by_field_name("body")
        lowered = [] if body is None else self.value_body(body)
        return Lambda(self.span(tree), Function(self.span(tree), "", parameters, lowered))

    def parameter(self, tree: Tree) -> Parameter:
        name = tree.child_by_field_name("name") or (tree if tree.type == "identifier" else None)
        if name is None:
            name = next((c for c in tree.named_children if c.type == "identifier"), tree)
        value = tree.child_by_field_name("value")
        kind = self.word(tree.child_by_field_name("type")).split("[")[0]
        return Parameter(self.span(tree), self.word(name), kind, None if value is None else self.expression(value))

    def choice(self, tree: Tree) -> Node:
        yes, test, no = (self.expression(c) for c in tree.named_children[:3])
        return Choice(self.span(tree), test, yes, no)

    def operation(self, tree: Tree) -> Node:
        operator = self.word(tree.child_by_field_name("operator"))
        left = self.expression(tree.child_by_field_name("left"))
        right = self.expression(tree.child_by_field_name("right"))
        return Operation(self.span(tree), _OPERATORS.get(operator, operator), [left, right])

    def comparison(self, tree: Tree) -> Node:
        operands = tree.named_children
        between = self.text[operands[0].end_byte : operands[-1].start_byte].decode("utf-8", "replace").strip()
        left, right = self.expression(operands[0]), self.expression(operands[-1])
        return Operation(self.span(tree), _OPERATORS.get(between, between), [left, right])

    def record(self, tree: Tree) -> Node:
        entries: list[Entry] = []
        for child in tree.named_children:
            if child.type == "pair":
                key = self.expression(child.child_by_field_name("key"))
                value = self.expression(child.child_by_field_name("value"))
                entries.append(Entry(self.span(child), key.value if isinstance(key, Literal) else None, value))
            elif child.type == "dictionary_splat":
                entries.append(Entry(self.span(child), None, self.unknown(child)))
        return Record(self.span(tree), entries)

    def assigned(self, tree: Tree) -> Node:
        target = tree.child_by_field_name("left") or tree.child_by_field_name("name")
        value = tree.child_by_field_name("right") or tree.child_by_field_name("value")
        lowered = Literal(self.span(tree), "undefined", "") if value is None else self.expression(value)
        return Assignment(self.span(tree), self.expression(target), lowered)

    def evaluate(self, tree: Tree) -> list[Node]:
        found: list[Node] = []
        for child in tree.named_children:
            if child.type == "assignment":
                target = child.child_by_field_name("left")
                value = child.child_by_field_name("right")
                if target is not None and target.type == "identifier" and value is not None:
                    kind = self.word(child.child_by_field_name("type")).split("[")[0]
                    nothing = value.type in ("none", "false")
                    if not nothing:
                        found.append(Declare(self.span(child), self.word(target), self.expression(value), [], kind))
                        continue
            if child.type != "comment":
                found.append(Evaluate(self.span(tree), self.expression(child)))
        return found

    def imports(self, tree: Tree) -> list[Node]:
        module = tree.child_by_field_name("module_name")
        source = self.word(module)
        if source.startswith("."):
            dots = len(source) - len(source.lstrip("."))
            source = ("./" if dots == 1 else "../" * (dots - 1)) + source[dots:].replace(".", "/")
        bindings: list[tuple[str, str]] = []
        found: list[Node] = []
        for child in tree.children_by_field_name("name"):
            name = child.child_by_field_name("name") if child.type == "aliased_import" else child
            alias = child.child_by_field_name("alias") if child.type == "aliased_import" else None
            word = self.word(name)
            if module is None:
                found.append(Import(self.span(tree), word, [("*", self.word(alias) or word.split(".")[0])]))
            else:
                bindings.append((word, self.word(alias) or word))
        return found or [Import(self.span(tree), source, bindings)]

    def function(self, tree: Tree, decorators: list[str]) -> Function:
        named = tree.child_by_field_name("name")
        listed = tree.child_by_field_name("parameters")
        parameters = (
            [self.parameter(c) for c in listed.named_children if c.type != "comment"] if listed is not None else []
        )
        is_async = any(c.type == "async" for c in tree.children[:2])
        body = self.block(tree.child_by_field_name("body"))
        place = None if named is None else self.span(named)
        return Function(self.span(tree), self.word(named), parameters, body, is_async, decorators, place)

    def function_definition(self, tree: Tree) -> list[Node]:
        return [Define(self.span(tree), self.function(tree, []))]

    def decorated(self, tree: Tree) -> list[Node]:
        decorators = [self.word(c) for c in tree.named_children if c.type == "decorator"]
        definition = tree.child_by_field_name("definition")
        if definition is None:
            return []
        if definition.type == "function_definition":
            return [Define(self.span(tree), self.function(definition, decorators))]
        return self.statement(definition)

    def class_definition(self, tree: Tree) -> list[Node]:
        listed = tree.child_by_field_name("superclasses")
        bases = [self.word(c) for c in listed.named_children] if listed is not None else []
        members: list[Node] = [
            m for m in self.block(tree.child_by_field_name("body")) if isinstance(m, (Define, Declare, Class))
        ]
        return [Class(self.span(tree), self.word(tree.child_by_field_name("name")), bases, members)]

    def condition(self, tree: Tree) -> list[Node]:
        otherwise: list[Node] = []
        for clause in reversed(tree.children_by_field_name("alternative")):
            if clause.type == "elif_clause":
                test = self.expression(clause.child_by_field_name("condition"))
                body = self.block(clause.child_by_field_name("consequence"))
                otherwise = [If(self.span(clause), test, body, otherwise)]
            else:
                otherwise = self.block(clause.child_by_field_name("body"))
        test = self.expression(tree.child_by_field_name("condition"))
        return [If(self.span(tree), test, self.block(tree.child_by_field_name("consequence")), otherwise)]

    def loop(self, tree: Tree) -> list[Node]:
        heads: list[Node] = []
        left = tree.child_by_field_name("left")
        for label in ("right", "condition"):
            part = tree.child_by_field_name(label)
            if part is not None:
                heads.append(self.expression(part))
        if left is not None and left.type == "identifier":
            heads.append(Declare(self.span(left), self.word(left), None))
        return [Loop(self.span(tree), heads, self.block(tree.child_by_field_name("body")))]

    def attempt(self, tree: Tree) -> list[Node]:
        handlers: list[list[Node]] = []
        body = self.block(tree.child_by_field_name("body"))
        final: list[Node] = []
        for child in tree.named_children:
            blocks = [c for c in child.named_children if c.type == "block"]
            if child.type in ("except_clause", "except_group_clause"):
                handlers.append([n for b in blocks for n in self.block(b)])
            elif child.type == "finally_clause":
                final = [n for b in blocks for n in self.block(b)]
            elif child.type == "else_clause":
                body.extend(n for b in blocks for n in self.block(b))
        return [Try(self.span(tree), body, handlers, final)]

    def within(self, tree: Tree) -> list[Node]:
        heads: list[Node] = []
        for child in tree.named_children:
            if child.type == "with_clause":
                heads.append(Evaluate(self.span(child), self.unknown(child)))
        return [*heads, *self.block(tree.child_by_field_name("body"))]
