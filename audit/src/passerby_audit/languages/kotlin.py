"""Kotlin to syntax."""

from __future__ import annotations

from functools import cache

import tree_sitter_kotlin
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
    Sequence,
    Switch,
    Template,
    Throw,
    Try,
)


@cache
def parser() -> Parser:
    return parser_of(tree_sitter_kotlin.language())


def lower(text: bytes) -> Module:
    """The syntax of a Kotlin file."""
    return Kotlin(text).module(parser().parse(text).root_node)


_MAPS = {"mapOf", "hashMapOf", "mutableMapOf", "bundleOf", "linkedMapOf", "mapOfNotNull"}
_LISTS = {"listOf", "arrayOf", "mutableListOf", "setOf", "arrayListOf"}


class Kotlin(Lowering):
    language = "kotlin"

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self.expressions = {
            "identifier": self.identifier,
            "this_expression": lambda t: Name(self.span(t), "this"),
            "super_expression": lambda t: Name(self.span(t), "super"),
            "number_literal": lambda t: Literal(self.span(t), "number", self.word(t)),
            "string_literal": self.string,
            "multiline_string_literal": self.string,
            "navigation_expression": self.navigation,
            "call_expression": self.call,
            "lambda_literal": self.lambda_literal,
            "annotated_lambda": lambda t: self.expression(t.named_children[-1]),
            "anonymous_function": self.anonymous,
            "value_argument": lambda t: self.expression(t.named_children[-1]),
            "parenthesized_expression": lambda t: self.unknown(t),
            "as_expression": lambda t: self.expression(t.named_children[0]),
            "is_expression": self.binary,
            "binary_expression": self.binary,
            "infix_expression": self.infix,
            "unary_expression": self.unary,
            "index_expression": self.index,
            "if_expression": self.choice,
            "object_literal": lambda t: Other(self.span(t), self.members(t)),
            "user_type": lambda t: Name(self.span(t), self.word(t)),
            "type_test": lambda t: Name(self.span(t), self.word(t.named_children[-1])),
        }
        self.statements = {
            "source_file": self.block,
            "block": self.block,
            "package_header": self.nothing,
            "modifiers": self.nothing,
            "type_alias": self.nothing,
            "import": self.imports,
            "class_declaration": self.class_declaration,
            "object_declaration": self.class_declaration,
            "companion_object": self.class_declaration,
            "function_declaration": self.function_declaration,
            "property_declaration": self.property_declaration,
            "if_expression": self.condition,
            "when_expression": self.when,
            "try_expression": self.attempt,
            "for_statement": self.loop,
            "while_statement": self.loop,
            "do_while_statement": self.loop,
            "assignment": self.assignment,
            "return_expression": self.returned,
            "throw_expression": self.thrown,
            "ERROR": self.mended,
        }

    def nothing(self, _tree: Tree) -> list[Node]:
        return []

    def identifier(self, tree: Tree) -> Node:
        word = self.word(tree)
        if word == "null":
            return Literal(self.span(tree), "null", word)
        if word in ("true", "false"):
            return Literal(self.span(tree), "boolean", word)
        return Name(self.span(tree), word.strip("`"))

    def string(self, tree: Tree) -> Node:
        pieces: list[Node] = []
        for child in tree.named_children:
            if child.type == "interpolation":
                pieces.extend(self.expression(c) for c in child.named_children)
            else:
                pieces.append(Literal(self.span(child), "string", self.word(child)))
        if any(not isinstance(piece, Literal) for piece in pieces):
            return Template(self.span(tree), pieces)
        return Literal(self.span(tree), "string", self.word(tree).strip('"'))

    def navigation(self, tree: Tree) -> Node:
        children = tree.named_children
        base = self.expression(children[0])
        optional = any(c.type == "?." for c in tree.children)
        name = self.word(children[-1]) if len(children) > 1 else "class"
        return Member(self.span(tree), base, name, optional)

    def call(self, tree: Tree) -> Node:
        children = tree.named_children
        callee = self.expression(children[0])
        arguments: list[Argument] = []
        for child in children[1:]:
            if child.type == "value_arguments":
                arguments.extend(self.argument(c) for c in child.named_children if c.type == "value_argument")
            elif child.type in ("annotated_lambda", "lambda_literal"):
                arguments.append(Argument(self.span(child), self.expression(child)))
        if (
            isinstance(callee, Call)
            and children[0].type == "call_expression"
            and children[-1].type == "annotated_lambda"
        ):
            return Call(self.span(tree), callee.callee, [*callee.arguments, *arguments], callee.constructs)
        name = callee.text if isinstance(callee, Name) else ""
        if name in _MAPS:
            return self.record(tree, arguments)
        if name in _LISTS:
            return Sequence(self.span(tree), [a.value for a in arguments])
        return Call(self.span(tree), callee, arguments, name[:1].isupper())

    def record(self, tree: Tree, arguments: list[Argument]) -> Node:
        entries: list[Entry] = []
        for argument in arguments:
            pair = argument.value
            if isinstance(pair, Operation) and pair.operator == "to":
                key = pair.operands[0]
                entries.append(Entry(pair.span, key.value if isinstance(key, Literal) else None, pair.operands[1]))
            else:
                entries.append(Entry(pair.span, None, pair))
        return Record(self.span(tree), entries)

    def argument(self, tree: Tree) -> Argument:
        label = self.word(tree.named_children[0]) if any(c.type == "=" for c in tree.children) else None
        return Argument(self.span(tree), self.expression(tree.named_children[-1]), label)

    def lambda_literal(self, tree: Tree) -> Node:
        parameters: list[Parameter] = []
        body: list[Node] = []
        for child in tree.named_children:
            if child.type == "lambda_parameters":
                for one in child.named_children:
                    names = [c for c in one.named_children if c.type == "identifier"]
                    parameters.append(Parameter(self.span(one), self.word(names[0]) if names else self.word(one)))
            else:
                body.extend(self.statement(child))
        return Lambda(self.span(tree), Function(self.span(tree), "", parameters, body))

    def anonymous(self, tree: Tree) -> Node:
        return Lambda(self.span(tree), self.function(tree, ""))

    def binary(self, tree: Tree) -> Node:
        left = tree.child_by_field_name("left") or tree.named_children[0]
        right = tree.child_by_field_name("right") or tree.named_children[-1]
        between = self.text[left.end_byte : right.start_byte].decode("utf-8", "replace").strip()
        broken = next((c for c in tree.named_children if c.type == "ERROR"), None)
        operator = {"?:": "??", "===": "==", "!==": "!=", "is": "is", "!is": "is not"}.get(between, between)
        if broken is not None and "?:" in between:
            mended = self.mended(broken)
            later = [*mended, *self.statement(right)]
            values = [node.value if isinstance(node, Evaluate) else node for node in later]
            pair = Operation(self.span(tree), "??", [self.expression(left), values[0]])
            return Other(self.span(tree), [pair, *values[1:]])
        return Operation(self.span(tree), operator, [self.expression(left), self.expression(right)])

    def infix(self, tree: Tree) -> Node:
        children = tree.named_children
        operator = self.word(children[1]) if len(children) > 2 else ""
        return Operation(self.span(tree), operator, [self.expression(children[0]), self.expression(children[-1])])

    def unary(self, tree: Tree) -> Node:
        operand = self.expression(tree.child_by_field_name("argument") or tree.named_children[-1])
        operator = self.word(tree.children[0])
        return Operation(self.span(tree), "!", [operand]) if operator == "!" else operand

    def index(self, tree: Tree) -> Node:
        base, *rest = tree.named_children
        index = self.expression(rest[0]) if rest else Other(self.span(tree), [])
        if isinstance(index, Literal) and index.kind == "string":
            return Member(self.span(tree), self.expression(base), index.value)
        return Index(self.span(tree), self.expression(base), index)

    def _sides(self, tree: Tree) -> tuple[Tree | None, list[Tree], list[Tree]]:
        """The test, what follows from it, and what follows otherwise."""
        test = tree.child_by_field_name("condition")
        then: list[Tree] = []
        otherwise: list[Tree] = []
        seen_else = False
        for child in tree.children:
            if child.type == "else":
                seen_else = True
            elif child.is_named and child != test and "comment" not in child.type:
                (otherwise if seen_else else then).append(child)
        return test, then, otherwise

    def choice(self, tree: Tree) -> Node:
        test, then, otherwise = self._sides(tree)
        return Choice(self.span(tree), self.expression(test), self._value(then, tree), self._value(otherwise, tree))

    def _value(self, parts: list[Tree], tree: Tree) -> Node:
        nodes: list[Node] = []
        for part in parts:
            nodes.extend(self.statement(part))
        values = [node.value if isinstance(node, Evaluate) else node for node in nodes]
        return values[0] if len(values) == 1 else Other(self.span(tree), values)

    def condition(self, tree: Tree) -> list[Node]:
        test, then, otherwise = self._sides(tree)
        return [
            If(
                self.span(tree),
                self.expression(test),
                [n for part in then for n in self.statement(part)],
                [n for part in otherwise for n in self.statement(part)],
            )
        ]

    def when(self, tree: Tree) -> list[Node]:
        subject: Node | None = None
        cases: list[Case] = []
        for child in tree.named_children:
            if child.type == "when_subject":
                subject = self.expression(child.named_children[-1]) if child.named_children else None
            elif child.type == "when_entry":
                tests = [self.expression(c) for c in child.children_by_field_name("condition")]
                marks = {c.id for c in child.children_by_field_name("condition")}
                body: list[Node] = []
                for part in child.named_children:
                    if part.id not in marks:
                        body.extend(self.statement(part))
                cases.append(Case(self.span(child), tests, body))
        return [Switch(self.span(tree), subject, cases)]

    def attempt(self, tree: Tree) -> list[Node]:
        body: list[Node] = []
        handlers: list[list[Node]] = []
        final: list[Node] = []
        for child in tree.named_children:
            if child.type == "catch_block":
                handlers.append([n for c in child.named_children if c.type == "block" for n in self.block(c)])
            elif child.type == "finally_block":
                final = [n for c in child.named_children for n in self.statement(c)]
            else:
                body.extend(self.statement(child))
        return [Try(self.span(tree), body, handlers, final)]

    def loop(self, tree: Tree) -> list[Node]:
        heads: list[Node] = []
        body: list[Node] = []
        for child in tree.named_children:
            if child.type == "block":
                body.extend(self.block(child))
            elif child.type == "variable_declaration":
                heads.append(Declare(self.span(child), self.word(child.named_children[0]), None))
            else:
                heads.extend(self.statement(child))
        return [Loop(self.span(tree), heads, body)]

    def assignment(self, tree: Tree) -> list[Node]:
        left = tree.child_by_field_name("left") or tree.named_children[0]
        right = tree.child_by_field_name("right") or tree.named_children[-1]
        made = Assignment(self.span(tree), self.expression(left), self.expression(right))
        return [Evaluate(self.span(tree), made)]

    def returned(self, tree: Tree) -> list[Node]:
        value = next((c for c in tree.named_children if c.type != "label"), None)
        return [Return(self.span(tree), None if value is None else self.expression(value))]

    def thrown(self, tree: Tree) -> list[Node]:
        return [Throw(self.span(tree), self.expression(tree.named_children[0]) if tree.named_children else None)]

    def statement(self, tree: Tree) -> list[Node]:
        if tree.type == "identifier" and self.word(tree) in ("break", "continue"):
            return [Jump(self.span(tree))]
        return super().statement(tree)

    def block(self, tree: Tree | None) -> list[Node]:
        """Statements; what the grammar takes for a type, `FS.identify` before its arguments, is put together again."""
        if tree is None:
            return []
        found: list[Node] = []
        children = tree.named_children
        for place, child in enumerate(children):
            if (
                child.type == "ERROR"
                and place + 1 < len(children)
                and children[place + 1].type == "parenthesized_expression"
            ):
                mended = self.mended(child)
                inside = self.expression(children[place + 1])
                for node in mended:
                    value = node.value if isinstance(node, Evaluate) else node
                    if isinstance(value, Call) and not value.arguments:
                        value.arguments.append(Argument(inside.span, inside))
                found.extend(mended)
            else:
                found.extend(self.statement(child))
        return found

    def mended(self, tree: Tree) -> list[Node]:
        """A call that the grammar could not read as one."""
        kind = next((c for c in tree.named_children if c.type == "user_type"), None)
        if kind is None or len(kind.named_children) < 2:
            return self.block(tree) if tree.named_child_count else []
        names = kind.named_children
        callee: Node = Name(self.span(names[0]), self.word(names[0]))
        for name in names[1:]:
            callee = Member(self.span(kind), callee, self.word(name))
        return [Evaluate(self.span(tree), Call(self.span(tree), callee, []))]

    def imports(self, tree: Tree) -> list[Node]:
        path = next((c for c in tree.named_children if c.type == "qualified_identifier"), None)
        if path is None:
            return []
        source = self.word(path)
        last = source.split(".")[-1]
        alias = next((self.word(c) for c in tree.named_children if c.type == "identifier"), last)
        return [Import(self.span(tree), source, [(last, alias)])]

    def members(self, tree: Tree) -> list[Node]:
        found: list[Node] = []
        for body in tree.named_children:
            if body.type in ("class_body", "enum_class_body"):
                for child in body.named_children:
                    if child.type == "companion_object":
                        found.extend(self.members(child))
                    else:
                        found.extend(self.statement(child))
        return found

    def class_declaration(self, tree: Tree) -> list[Node]:
        members: list[Node] = []
        bases: list[str] = []
        parameters: list[Parameter] = []
        starts: list[Node] = []
        for child in tree.named_children:
            if child.type == "primary_constructor":
                for listed in child.named_children:
                    if listed.type == "class_parameters":
                        parameters = [self.parameter(c) for c in listed.named_children if c.type == "class_parameter"]
            elif child.type == "delegation_specifiers":
                bases = [self.word(c).split("(")[0].split("<")[0].strip() for c in child.named_children]
        for member in self.members(tree):
            if isinstance(member, (Define, Declare, Class)):
                members.append(member)
            else:
                starts.append(member)
        if parameters or starts:
            maker = Function(self.span(tree), "constructor", parameters, starts)
            members.insert(0, Define(self.span(tree), maker))
        return [Class(self.span(tree), self.word(tree.child_by_field_name("name")), bases, members)]

    def parameter(self, tree: Tree) -> Parameter:
        names = [c for c in tree.named_children if c.type == "identifier"]
        kind = next((self.word(c) for c in tree.named_children if c.type in ("user_type", "nullable_type")), "")
        return Parameter(self.span(tree), self.word(names[0]) if names else "", kind.rstrip("?").split("<")[0])

    def function(self, tree: Tree, name: str) -> Function:
        parameters: list[Parameter] = []
        body: list[Node] = []
        decorators: list[str] = []
        for child in tree.named_children:
            if child.type == "function_value_parameters":
                parameters = [self.parameter(c) for c in child.named_children if c.type == "parameter"]
            elif child.type == "function_body":
                inner = child.named_children
                one = inner[0] if len(inner) == 1 else None
                body = (
                    self.block(one)
                    if one is not None and one.type == "block"
                    else [n for c in inner for n in self._result(c)]
                )
            elif child.type == "modifiers":
                decorators = [self.word(c) for c in child.named_children]
        has_body = any(c.type == "function_body" for c in tree.named_children)
        if not has_body:
            decorators.append("abstract")
        named = tree.child_by_field_name("name")
        place = None if named is None else self.span(named)
        return Function(self.span(tree), name, parameters, body, "suspend" in decorators, decorators, place)

    def _result(self, tree: Tree) -> list[Node]:
        made = self.statement(tree)
        if len(made) == 1 and isinstance(made[0], Evaluate):
            return [Return(self.span(tree), made[0].value)]
        return made

    def function_declaration(self, tree: Tree) -> list[Node]:
        return [Define(self.span(tree), self.function(tree, self.word(tree.child_by_field_name("name"))))]

    def property_declaration(self, tree: Tree) -> list[Node]:
        name, kind = "", ""
        value: Node | None = None
        found: list[Node] = []
        for child in tree.named_children:
            if child.type == "variable_declaration":
                name = self.word(child.named_children[0]) if child.named_children else self.word(child)
                kind = (
                    self.word(child.named_children[1]).rstrip("?").split("<")[0] if child.named_child_count > 1 else ""
                )
            elif child.type in ("getter", "setter"):
                found.append(Define(self.span(child), self.function(child, name)))
            elif child.type == "property_delegate":
                value = self.unknown(child)
            elif child.type not in ("modifiers", "type_parameters", "user_type", "multi_variable_declaration"):
                value = self.expression(child)
        return [Declare(self.span(tree), name, value, [], kind), *found]
