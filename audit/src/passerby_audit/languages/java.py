"""Java to syntax."""

from __future__ import annotations

from functools import cache

import tree_sitter_java
from tree_sitter import Node as Tree
from tree_sitter import Parser

from passerby_audit.languages.grammar import Lowering, parser_of
from passerby_audit.syntax import (
    Argument,
    Assignment,
    Call,
    Case,
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
    Switch,
    Throw,
    Try,
)


@cache
def parser() -> Parser:
    return parser_of(tree_sitter_java.language())


def lower(text: bytes) -> Module:
    """The syntax of a Java file."""
    return Java(text).module(parser().parse(text).root_node)


class Java(Lowering):
    language = "java"

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self.expressions = {
            "identifier": lambda t: Name(self.span(t), self.word(t)),
            "type_identifier": lambda t: Name(self.span(t), self.word(t)),
            "this": lambda t: Name(self.span(t), "this"),
            "super": lambda t: Name(self.span(t), "super"),
            "null_literal": lambda t: Literal(self.span(t), "null", "null"),
            "true": lambda t: Literal(self.span(t), "boolean", "true"),
            "false": lambda t: Literal(self.span(t), "boolean", "false"),
            "decimal_integer_literal": lambda t: Literal(self.span(t), "number", self.word(t)),
            "string_literal": lambda t: Literal(self.span(t), "string", self.word(t).strip('"')),
            "method_invocation": self.call,
            "method_reference": lambda t: Member(
                self.span(t), self.expression(t.named_children[0]), self.word(t.named_children[-1])
            ),
            "object_creation_expression": self.construct,
            "field_access": self.field,
            "array_access": self.index,
            "lambda_expression": self.lambda_value,
            "ternary_expression": self.choice,
            "binary_expression": self.binary,
            "unary_expression": self.unary,
            "assignment_expression": self.assignment,
            "cast_expression": lambda t: self.expression(t.child_by_field_name("value")),
            "class_literal": lambda t: Name(self.span(t), self.word(t)),
            "switch_expression": lambda t: Other(self.span(t), self.switch(t)),
        }
        self.statements = {
            "program": self.block,
            "block": self.block,
            "constructor_body": self.block,
            "package_declaration": self.nothing,
            "modifiers": self.nothing,
            "import_declaration": self.imports,
            "class_declaration": self.class_declaration,
            "interface_declaration": self.class_declaration,
            "enum_declaration": self.class_declaration,
            "record_declaration": self.class_declaration,
            "method_declaration": self.method,
            "constructor_declaration": self.method,
            "field_declaration": self.variables,
            "local_variable_declaration": self.variables,
            "constant_declaration": self.variables,
            "static_initializer": lambda t: [n for c in t.named_children for n in self.statement(c)],
            "expression_statement": self.evaluate,
            "if_statement": self.condition,
            "for_statement": self.loop,
            "enhanced_for_statement": self.loop,
            "while_statement": self.loop,
            "do_statement": self.loop,
            "try_statement": self.attempt,
            "try_with_resources_statement": self.attempt,
            "switch_expression": self.switch,
            "return_statement": lambda t: [Return(self.span(t), self._only(t))],
            "throw_statement": lambda t: [Throw(self.span(t), self._only(t))],
            "break_statement": lambda t: [Jump(self.span(t))],
            "continue_statement": lambda t: [Jump(self.span(t))],
        }

    def nothing(self, _tree: Tree) -> list[Node]:
        return []

    def _only(self, tree: Tree) -> Node | None:
        child = next((c for c in tree.named_children if "comment" not in c.type), None)
        return None if child is None else self.expression(child)

    def arguments(self, tree: Tree | None) -> list[Argument]:
        if tree is None:
            return []
        return [Argument(self.span(c), self.expression(c)) for c in tree.named_children if "comment" not in c.type]

    def call(self, tree: Tree) -> Node:
        base = tree.child_by_field_name("object")
        name = tree.child_by_field_name("name")
        callee: Node = Name(self.span(tree), self.word(name))
        if base is not None:
            callee = Member(self.span(tree), self.expression(base), self.word(name))
        return Call(self.span(tree), callee, self.arguments(tree.child_by_field_name("arguments")))

    def construct(self, tree: Tree) -> Node:
        """A construction; an anonymous class is the functions that it holds."""
        body = next((c for c in tree.named_children if c.type == "class_body"), None)
        kind = tree.child_by_field_name("type")
        callee = Name(self.span(tree), self.word(kind).split("<")[0])
        if body is None:
            return Call(self.span(tree), callee, self.arguments(tree.child_by_field_name("arguments")), True)
        functions = [m.function for m in self.block(body) if isinstance(m, Define)]
        if len(functions) == 1:
            functions[0].name = ""
            return Lambda(functions[0].span, functions[0])
        return Record(self.span(tree), [Entry(f.span, f.name, Lambda(f.span, f)) for f in functions])

    def field(self, tree: Tree) -> Node:
        base = self.expression(tree.child_by_field_name("object"))
        return Member(self.span(tree), base, self.word(tree.child_by_field_name("field")))

    def index(self, tree: Tree) -> Node:
        base = self.expression(tree.child_by_field_name("array"))
        return Index(self.span(tree), base, self.expression(tree.child_by_field_name("index")))

    def lambda_value(self, tree: Tree) -> Node:
        listed = tree.child_by_field_name("parameters")
        parameters: list[Parameter] = []
        if listed is not None:
            if listed.type == "identifier":
                parameters.append(Parameter(self.span(listed), self.word(listed)))
            else:
                parameters = [self.parameter(c) for c in listed.named_children]
        body = tree.child_by_field_name("body")
        lowered: list[Node] = []
        if body is not None:
            lowered = self.block(body) if body.type == "block" else self.value_body(body)
        return Lambda(self.span(tree), Function(self.span(tree), "", parameters, lowered))

    def parameter(self, tree: Tree) -> Parameter:
        name = tree.child_by_field_name("name")
        kind = self.word(tree.child_by_field_name("type")).split("<")[0]
        return Parameter(self.span(tree), self.word(name) or self.word(tree), kind)

    def choice(self, tree: Tree) -> Node:
        return Choice(
            self.span(tree),
            self.expression(tree.child_by_field_name("condition")),
            self.expression(tree.child_by_field_name("consequence")),
            self.expression(tree.child_by_field_name("alternative")),
        )

    def binary(self, tree: Tree) -> Node:
        left = self.expression(tree.child_by_field_name("left"))
        operator = self.word(tree.child_by_field_name("operator"))
        return Operation(self.span(tree), operator, [left, self.expression(tree.child_by_field_name("right"))])

    def unary(self, tree: Tree) -> Node:
        operand = self.expression(tree.child_by_field_name("operand"))
        return Operation(self.span(tree), "!", [operand]) if self.word(tree).startswith("!") else operand

    def assignment(self, tree: Tree) -> Node:
        target = self.expression(tree.child_by_field_name("left"))
        return Assignment(self.span(tree), target, self.expression(tree.child_by_field_name("right")))

    def evaluate(self, tree: Tree) -> list[Node]:
        value = self._only(tree)
        return [] if value is None else [Evaluate(self.span(tree), value)]

    def variables(self, tree: Tree) -> list[Node]:
        kind = self.word(tree.child_by_field_name("type")).split("<")[0]
        found: list[Node] = []
        for child in tree.named_children:
            if child.type == "variable_declarator":
                value = child.child_by_field_name("value")
                lowered = None if value is None else self.expression(value)
                found.append(Declare(self.span(child), self.word(child.child_by_field_name("name")), lowered, [], kind))
        return found

    def condition(self, tree: Tree) -> list[Node]:
        return [
            If(
                self.span(tree),
                self.expression(tree.child_by_field_name("condition")),
                self.branch(tree.child_by_field_name("consequence")),
                self.branch(tree.child_by_field_name("alternative")),
            )
        ]

    def loop(self, tree: Tree) -> list[Node]:
        heads: list[Node] = []
        for label in ("init", "value", "condition", "update"):
            part = tree.child_by_field_name(label)
            if part is not None:
                heads.extend(self.statement(part))
        named = tree.child_by_field_name("name")
        if named is not None:
            heads.append(Declare(self.span(named), self.word(named), None))
        return [Loop(self.span(tree), heads, self.branch(tree.child_by_field_name("body")))]

    def attempt(self, tree: Tree) -> list[Node]:
        handlers = [self.block(c.child_by_field_name("body")) for c in tree.named_children if c.type == "catch_clause"]
        final = [
            n
            for c in tree.named_children
            if c.type == "finally_clause"
            for b in c.named_children
            for n in self.block(b)
        ]
        return [Try(self.span(tree), self.block(tree.child_by_field_name("body")), handlers, final)]

    def switch(self, tree: Tree) -> list[Node]:
        body = tree.child_by_field_name("body")
        cases: list[Case] = []
        for group in body.named_children if body is not None else []:
            tests: list[Node] = []
            statements: list[Node] = []
            for child in group.named_children:
                if child.type == "switch_label":
                    tests.extend(self.expression(c) for c in child.named_children)
                else:
                    statements.extend(self.statement(child))
            cases.append(Case(self.span(group), tests, statements))
        return [Switch(self.span(tree), self.expression(tree.child_by_field_name("condition")), cases)]

    def imports(self, tree: Tree) -> list[Node]:
        source = next((self.word(c) for c in tree.named_children if c.type in ("scoped_identifier", "identifier")), "")
        last = source.split(".")[-1]
        if any(c.type == "asterisk" for c in tree.named_children):
            return [Import(self.span(tree), source, [])]
        return [Import(self.span(tree), source, [(last, last)])]

    def class_declaration(self, tree: Tree) -> list[Node]:
        bases = [
            word.strip()
            for label in ("superclass", "interfaces")
            for word in self.word(tree.child_by_field_name(label))
            .replace("extends", "")
            .replace("implements", "")
            .split(",")
            if word.strip()
        ]
        members: list[Node] = [
            m for m in self.block(tree.child_by_field_name("body")) if isinstance(m, (Define, Declare, Class))
        ]
        return [Class(self.span(tree), self.word(tree.child_by_field_name("name")), bases, members)]

    def method(self, tree: Tree) -> list[Node]:
        named = tree.child_by_field_name("name")
        name = "constructor" if tree.type == "constructor_declaration" else self.word(named)
        listed = tree.child_by_field_name("parameters")
        parameters = (
            [self.parameter(c) for c in listed.named_children if c.type == "formal_parameter"]
            if listed is not None
            else []
        )
        body = tree.child_by_field_name("body")
        place = None if named is None else self.span(named)
        decorators = [self.word(c) for c in tree.named_children if c.type == "modifiers"]
        if body is None:
            decorators.append("abstract")
        return [
            Define(
                self.span(tree), Function(self.span(tree), name, parameters, self.block(body), False, decorators, place)
            )
        ]
