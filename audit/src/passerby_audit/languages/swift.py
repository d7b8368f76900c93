"""Swift to syntax."""

from __future__ import annotations

from functools import cache

import tree_sitter_swift
from tree_sitter import Node as Tree
from tree_sitter import Parser

from passerby_audit.languages.grammar import Lowering, parser_of
from passerby_audit.syntax import (
    Argument,
    Assignment,
    Await,
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
    return parser_of(tree_sitter_swift.language())


def lower(text: bytes) -> Module:
    """The syntax of a Swift file."""
    return Swift(text).module(parser().parse(text).root_node)


class Swift(Lowering):
    language = "swift"

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self.expressions = {
            "simple_identifier": lambda t: Name(self.span(t), self.word(t).strip("`")),
            "self_expression": lambda t: Name(self.span(t), "self"),
            "super_expression": lambda t: Name(self.span(t), "super"),
            "nil_literal": lambda t: Literal(self.span(t), "null", "nil"),
            "nil": lambda t: Literal(self.span(t), "null", "nil"),
            "boolean_literal": lambda t: Literal(self.span(t), "boolean", self.word(t)),
            "integer_literal": lambda t: Literal(self.span(t), "number", self.word(t)),
            "real_literal": lambda t: Literal(self.span(t), "number", self.word(t)),
            "line_string_literal": self.string,
            "multi_line_string_literal": self.string,
            "navigation_expression": self.navigation,
            "call_expression": self.call,
            "lambda_literal": self.lambda_literal,
            "try_expression": self.tried,
            "await_expression": self.awaited,
            "prefix_expression": self.prefix,
            "postfix_expression": lambda t: self.expression(t.child_by_field_name("target")),
            "as_expression": lambda t: self.expression(t.child_by_field_name("expr") or t.named_children[0]),
            "tuple_expression": self.unknown,
            "nil_coalescing_expression": self.coalescing,
            "ternary_expression": self.choice,
            "equality_expression": self.binary,
            "comparison_expression": self.binary,
            "additive_expression": self.binary,
            "multiplicative_expression": self.binary,
            "conjunction_expression": self.binary,
            "disjunction_expression": self.binary,
            "directly_assignable_expression": self.unknown,
            "dictionary_literal": self.record,
            "array_literal": lambda t: Sequence(self.span(t), [self.expression(c) for c in t.named_children]),
            "user_type": lambda t: Name(self.span(t), self.word(t)),
            "type_identifier": lambda t: Name(self.span(t), self.word(t)),
            "pattern": self.pattern,
            "switch_pattern": self.unknown,
            "selector_expression": self.unknown,
            "if_statement": lambda t: Other(self.span(t), self.condition(t)),
            "switch_statement": lambda t: Other(self.span(t), self.switch(t)),
        }
        self.statements = {
            "source_file": self.block,
            "statements": self.block,
            "function_body": self.block,
            "import_declaration": self.imports,
            "class_declaration": self.class_declaration,
            "protocol_declaration": self.class_declaration,
            "function_declaration": self.function_declaration,
            "protocol_function_declaration": self.function_declaration,
            "init_declaration": self.function_declaration,
            "deinit_declaration": self.function_declaration,
            "property_declaration": self.property_declaration,
            "if_statement": self.condition,
            "guard_statement": self.guard,
            "switch_statement": self.switch,
            "do_statement": self.attempt,
            "for_statement": self.loop,
            "while_statement": self.loop,
            "repeat_while_statement": self.loop,
            "assignment": self.assignment,
            "control_transfer_statement": self.transfer,
            "modifiers": self.nothing,
            "attribute": self.nothing,
            "typealias_declaration": self.nothing,
            "protocol_property_declaration": self.nothing,
            "enum_entry": self.nothing,
            "capture_list": self.nothing,
            "value_binding_pattern": self.nothing,
            "else": self.nothing,
            "directive": self.nothing,
        }

    def nothing(self, _tree: Tree) -> list[Node]:
        return []

    def string(self, tree: Tree) -> Node:
        pieces: list[Node] = []
        for child in tree.named_children:
            if child.type == "interpolated_expression":
                pieces.extend(self.expression(c) for c in child.named_children)
            elif child.type != "interpolation":
                pieces.append(Literal(self.span(child), "string", self.word(child)))
            else:
                pieces.append(self.unknown(child))
        if any(not isinstance(piece, Literal) for piece in pieces):
            return Template(self.span(tree), pieces)
        return Literal(self.span(tree), "string", self.word(tree).strip('"'))

    def navigation(self, tree: Tree) -> Node:
        target = tree.child_by_field_name("target") or tree.named_children[0]
        suffix = tree.child_by_field_name("suffix") or tree.named_children[-1]
        inner = suffix.child_by_field_name("suffix") or suffix
        between = self.text[target.start_byte : inner.start_byte]
        optional = between.rstrip(b" .\n\t").endswith(b"?")
        return Member(self.span(tree), self.expression(target), self.word(inner), optional)

    def call(self, tree: Tree) -> Node:
        callee = self.expression(tree.named_children[0])
        arguments: list[Argument] = []
        for suffix in tree.named_children[1:]:
            for child in suffix.named_children:
                if child.type == "value_arguments":
                    arguments.extend(self.argument(c) for c in child.named_children if c.type == "value_argument")
                elif child.type == "lambda_literal":
                    arguments.append(Argument(self.span(child), self.lambda_literal(child)))
        if isinstance(callee, Name) and callee.text == "defer" and arguments:
            value = arguments[0].value
            return Other(self.span(tree), [Lambda(value.span, value.function)] if isinstance(value, Lambda) else [])
        constructs = isinstance(callee, Name) and callee.text[:1].isupper() and callee.text not in ("Task", "Timer")
        return Call(self.span(tree), callee, arguments, constructs)

    def argument(self, tree: Tree) -> Argument:
        label = tree.child_by_field_name("name")
        value = tree.child_by_field_name("value")
        if value is None:
            value = tree.named_children[-1] if tree.named_children else tree
        return Argument(self.span(tree), self.expression(value), None if label is None else self.word(label))

    def lambda_literal(self, tree: Tree) -> Node:
        parameters: list[Parameter] = []
        body: list[Node] = []
        kind = tree.child_by_field_name("type")
        stack = [] if kind is None else [kind]
        while stack:
            node = stack.pop(0)
            if node.type == "lambda_parameter":
                name = node.child_by_field_name("name") or node
                parameters.append(Parameter(self.span(node), self.word(name)))
            else:
                stack = [*node.named_children, *stack]
        for child in tree.named_children:
            if child.type == "statements":
                body.extend(self.block(child))
        return Lambda(self.span(tree), Function(self.span(tree), "", parameters, body))

    def tried(self, tree: Tree) -> Node:
        value = self.expression(tree.child_by_field_name("expr") or tree.named_children[-1])
        if isinstance(value, Await):
            value = value.value
        quiet = self.word(tree.named_children[0]).endswith("?") if tree.named_children else False
        return Await(self.span(tree), value, not quiet)

    def awaited(self, tree: Tree) -> Node:
        return Await(
            self.span(tree), self.expression(tree.child_by_field_name("expr") or tree.named_children[-1]), False
        )

    def prefix(self, tree: Tree) -> Node:
        target = self.expression(tree.child_by_field_name("target"))
        if self.word(tree).startswith("!"):
            return Operation(self.span(tree), "!", [target])
        if self.word(tree).startswith(".") and isinstance(target, Name):
            return Member(self.span(tree), Name(self.span(tree), ""), target.text)
        return target

    def pattern(self, tree: Tree) -> Node:
        word = self.word(tree).lstrip(".")
        return Name(self.span(tree), word.split("(")[0])

    def coalescing(self, tree: Tree) -> Node:
        left = self.expression(tree.child_by_field_name("value"))
        return Operation(self.span(tree), "??", [left, self.expression(tree.child_by_field_name("if_nil"))])

    def choice(self, tree: Tree) -> Node:
        return Choice(
            self.span(tree),
            self.expression(tree.child_by_field_name("condition")),
            self.expression(tree.child_by_field_name("if_true")),
            self.expression(tree.child_by_field_name("if_false")),
        )

    def binary(self, tree: Tree) -> Node:
        left = tree.child_by_field_name("lhs") or tree.named_children[0]
        right = tree.child_by_field_name("rhs") or tree.named_children[-1]
        operator = self.text[left.end_byte : right.start_byte].decode("utf-8", "replace").strip()
        operator = {"===": "==", "!==": "!="}.get(operator, operator)
        return Operation(self.span(tree), operator, [self.expression(left), self.expression(right)])

    def record(self, tree: Tree) -> Node:
        entries: list[Entry] = []
        keys = tree.children_by_field_name("key")
        for key, value in zip(keys, tree.children_by_field_name("value"), strict=False):
            lowered = self.expression(key)
            name = lowered.value if isinstance(lowered, Literal) else None
            entries.append(Entry(self.span(key), name, self.expression(value)))
        return Record(self.span(tree), entries)

    def _tests(self, tree: Tree) -> tuple[Node, list[Declare]]:
        """The conditions of an `if` or `guard` as one, and the names that they bind; `let x = y` asks whether y is
        there."""
        tests: list[Node] = []
        bound: list[Declare] = []
        name: Tree | None = None
        for place, child in enumerate(tree.children):
            field = tree.field_name_for_child(place)
            if child.type in ("statements", "else", "{"):
                break
            if field == "bound_identifier" or (child.type == "pattern" and field != "condition"):
                if name is not None:
                    tests.append(self.expression(name))
                name = child
            elif field == "condition" and child.is_named and child.type != "value_binding_pattern":
                value = self.expression(child)
                tests.append(value)
                if name is not None:
                    bound.append(Declare(self.span(name), self.word(name), value))
                name = None
        if name is not None:
            tests.append(self.expression(name))
        if not tests:
            return Other(self.span(tree), []), bound
        made = tests[0]
        for test in tests[1:]:
            made = Operation(self.span(tree), "&&", [made, test])
        return made, bound

    def condition(self, tree: Tree) -> list[Node]:
        test, bound = self._tests(tree)
        then: list[Node] = [*bound]
        otherwise: list[Node] = []
        seen_else = False
        for child in tree.children:
            if child.type == "else":
                seen_else = True
            elif child.type == "statements":
                (otherwise if seen_else else then).extend(self.block(child))
            elif child.type == "if_statement" and seen_else:
                otherwise.extend(self.condition(child))
        return [If(self.span(tree), test, then, otherwise)]

    def guard(self, tree: Tree) -> list[Node]:
        test, bound = self._tests(tree)
        failed = [n for c in tree.named_children if c.type == "statements" for n in self.block(c)]
        return [If(self.span(tree), test, [], failed), *bound]

    def switch(self, tree: Tree) -> list[Node]:
        subject = tree.child_by_field_name("expr")
        cases: list[Case] = []
        for entry in tree.named_children:
            if entry.type != "switch_entry":
                continue
            tests = [self.expression(c) for c in entry.named_children if c.type == "switch_pattern"]
            body = [n for c in entry.named_children if c.type == "statements" for n in self.block(c)]
            cases.append(Case(self.span(entry), tests, body))
        return [Switch(self.span(tree), None if subject is None else self.expression(subject), cases)]

    def attempt(self, tree: Tree) -> list[Node]:
        body: list[Node] = []
        handlers: list[list[Node]] = []
        for child in tree.named_children:
            if child.type == "catch_block":
                handlers.append([n for c in child.named_children if c.type == "statements" for n in self.block(c)])
            elif child.type == "statements":
                body.extend(self.block(child))
        return [Try(self.span(tree), body, handlers, [])] if handlers else body

    def loop(self, tree: Tree) -> list[Node]:
        heads: list[Node] = []
        body: list[Node] = []
        for place, child in enumerate(tree.children):
            if child.type == "statements":
                body.extend(self.block(child))
            elif tree.field_name_for_child(place) == "item":
                heads.append(Declare(self.span(child), self.word(child), None))
            elif child.is_named and child.type not in ("where_clause", "type_annotation"):
                heads.extend(self.statement(child))
        return [Loop(self.span(tree), heads, body)]

    def assignment(self, tree: Tree) -> list[Node]:
        target = self.expression(tree.child_by_field_name("target"))
        value = self.expression(tree.child_by_field_name("result"))
        return [Evaluate(self.span(tree), Assignment(self.span(tree), target, value))]

    def transfer(self, tree: Tree) -> list[Node]:
        word = self.word(tree)
        values = [c for c in tree.named_children if c.type not in ("throw_keyword",)]
        value = self.expression(values[-1]) if values else None
        if word.startswith("throw"):
            return [Throw(self.span(tree), value)]
        if word.startswith("return"):
            return [Return(self.span(tree), value)]
        return [Jump(self.span(tree))]

    def imports(self, tree: Tree) -> list[Node]:
        source = self.word(tree.named_children[-1]) if tree.named_children else ""
        return [Import(self.span(tree), source, [])]

    def class_declaration(self, tree: Tree) -> list[Node]:
        name = tree.child_by_field_name("name")
        bases = [self.word(c) for c in tree.named_children if c.type == "inheritance_specifier"]
        body = tree.child_by_field_name("body")
        members: list[Node] = [m for m in self.block(body) if isinstance(m, (Define, Declare, Class))]
        return [Class(self.span(tree), self.word(name).split("<")[0].split(".")[-1], bases, members)]

    def function_declaration(self, tree: Tree) -> list[Node]:
        named = tree.child_by_field_name("name")
        name = self.word(named)
        if tree.type == "init_declaration":
            name, named = "init", None
        if tree.type == "deinit_declaration":
            name, named = "deinit", None
        parameters: list[Parameter] = []
        for child in tree.named_children:
            if child.type == "parameter":
                names = child.children_by_field_name("name")
                kind = self.word(names[1]).rstrip("?") if len(names) > 1 else ""
                parameters.append(Parameter(self.span(child), self.word(names[0]) if names else "", kind.split("<")[0]))
        body = tree.child_by_field_name("body")
        decorators = ["abstract"] if body is None else []
        is_async = any(c.type == "async" for c in tree.children)
        place = None if named is None else self.span(named)
        made = Function(self.span(tree), name, parameters, self.block(body), is_async, decorators, place)
        return [Define(self.span(tree), made, b"static" in self.text[tree.start_byte : tree.start_byte + 60])]

    def property_declaration(self, tree: Tree) -> list[Node]:
        pattern = tree.child_by_field_name("name")
        name = self.word(pattern)
        kind = ""
        for child in tree.named_children:
            if child.type == "type_annotation":
                kind = self.word(child).lstrip(": ").rstrip("?!").split("<")[0]
        value = tree.child_by_field_name("value")
        found: list[Node] = [
            Declare(
                self.span(tree), name, None if value is None else self.expression(value), [], kind.removeprefix("any ")
            )
        ]
        computed = tree.child_by_field_name("computed_value")
        observers = [c for c in tree.named_children if c.type == "willset_didset_block"]
        if computed is not None:
            body = self.unknown(computed)
            found.append(Define(self.span(tree), Function(self.span(tree), name, [], [body])))
        for observer in observers:
            body = self.unknown(observer)
            found.append(
                Define(self.span(tree), Function(self.span(tree), f"on{name[:1].upper()}{name[1:]}Changed", [], [body]))
            )
        return found
