"""Dart to syntax.

The grammar lays a chain of accesses and calls flat beside its first name (`identifier selector selector`); `fold`
makes it deep.
"""

from __future__ import annotations

from functools import cache

import tree_sitter_dart
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
    Span,
    Switch,
    Template,
    Throw,
    Try,
)


@cache
def parser() -> Parser:
    return parser_of(tree_sitter_dart.language())


def lower(text: bytes) -> Module:
    """The syntax of a Dart file."""
    tree = parser().parse(text)
    if tree.root_node.has_error and b"import" not in text and b"class " not in text:
        wrapped = _OPENING + text + b"\n}"
        inside = parser().parse(wrapped)
        if not inside.root_node.has_error:
            return Dart(wrapped, len(_OPENING)).module(inside.root_node)
    return Dart(text).module(tree.root_node)


_OPENING = b"f(){"
"""What makes an excerpt, statements without a function around them, a file that the grammar can read."""

_SILENT = {
    "comment", "documentation_comment", "type_identifier", "type_arguments", "final_builtin", "const_builtin",
    "inferred_type", "void_type", "annotation", "nullable_type", "label", "combinator", "case_builtin",
    "break_builtin", "late", "late_builtin", "required", "equality_operator", "relational_operator",
    "additive_operator", "as_operator", "is_operator", "type_cast", "type_test", "prefix_operator",
    "negation_operator", "logical_and_operator", "logical_or_operator", "type_parameters", "assignment_operator",
    "multiplicative_operator", "postfix_operator", "import_or_export_", "static", "catch_parameters", "async",
    "script_tag", "part_of_directive", "part_directive",
}  # fmt: skip
_BINARY = {
    "if_null_expression": "??",
    "logical_and_expression": "&&",
    "logical_or_expression": "||",
    "equality_expression": "",
    "relational_expression": "<",
    "additive_expression": "+",
    "multiplicative_expression": "*",
    "bitwise_or_expression": "|",
}


class Dart(Lowering):
    language = "dart"

    def __init__(self, text: bytes, shift: int = 0) -> None:
        super().__init__(text)
        self.shift = shift
        self.expressions = {
            "identifier": lambda t: Name(self.span(t), self.word(t)),
            "this": lambda t: Name(self.span(t), "this"),
            "super": lambda t: Name(self.span(t), "super"),
            "null_literal": lambda t: Literal(self.span(t), "null", "null"),
            "true": lambda t: Literal(self.span(t), "boolean", "true"),
            "false": lambda t: Literal(self.span(t), "boolean", "false"),
            "decimal_integer_literal": lambda t: Literal(self.span(t), "number", self.word(t)),
            "decimal_floating_point_literal": lambda t: Literal(self.span(t), "number", self.word(t)),
            "string_literal": self.string,
            "type_identifier": lambda t: Name(self.span(t), self.word(t)),
            "await_expression": lambda t: Await(self.span(t), self.folded(t)),
            "unary_expression": self.unary,
            "conditional_expression": self.choice,
            "assignment_expression": self.assignment,
            "function_expression": self.lambda_value,
            "const_object_expression": self.construct,
            "new_expression": self.construct,
            "set_or_map_literal": self.record,
            "list_literal": lambda t: Sequence(self.span(t), self.fold(t.named_children)),
            "throw_expression": lambda t: Other(self.span(t), [Throw(self.span(t), self.folded(t))]),
            "type_cast_expression": self.first,
            "type_test_expression": self.first,
            "qualified": self.qualified,
            "constant_pattern": self.folded,
        }
        for kind in _BINARY:
            self.expressions[kind] = self.binary
        self.statements = {
            "program": self.block,
            "block": self.block,
            "class_body": self.block,
            "extension_body": self.block,
            "enum_body": self.block,
            "import_or_export": self.imports,
            "class_definition": self.class_definition,
            "mixin_declaration": self.class_definition,
            "extension_declaration": self.class_definition,
            "enum_declaration": self.class_definition,
            "declaration": self.declaration,
            "static_final_declaration_list": self.declaration,
            "initialized_identifier_list": self.declaration,
            "local_variable_declaration": self.variable,
            "initialized_variable_definition": self.variable,
            "expression_statement": self.evaluate,
            "if_statement": self.condition,
            "switch_statement": self.switch,
            "try_statement": self.attempt,
            "for_statement": self.loop,
            "while_statement": self.loop,
            "do_statement": self.loop,
            "return_statement": self.returned,
            "break_statement": lambda t: [Jump(self.span(t))],
            "continue_statement": lambda t: [Jump(self.span(t))],
        }
        for kind in _SILENT:
            self.statements[kind] = self.nothing

    def span(self, tree: Tree) -> Span:
        row, column = tree.start_point
        start = max(tree.start_byte - self.shift, 0)
        aside = self.shift if row == 0 else 0
        return Span(start, max(tree.end_byte - self.shift, 0), row + 1, max(column - aside, 0) + 1)

    def nothing(self, _tree: Tree) -> list[Node]:
        return []

    def fold(self, children: list[Tree]) -> list[Node]:
        """Expressions from names and the selectors that follow them."""
        made: list[Node] = []
        for child in children:
            if child.type == "selector" and made:
                made[-1] = self.selected(made[-1], child)
            elif child.type in ("unconditional_assignable_selector", "conditional_assignable_selector") and made:
                made[-1] = self.accessed(made[-1], child)
            elif child.type == "argument_part" and made:
                made[-1] = self.called(made[-1], child)
            elif child.type == "cascade_section" and made:
                base = made[-1]
                calls = base.items if isinstance(base, Other) else []
                root = base.items[0] if isinstance(base, Other) and base.items else base
                step = self.cascaded(root, child)
                made[-1] = Other(base.span, [*(calls or [base]), step])
            elif child.type not in _SILENT or child.type == "type_identifier":
                made.append(self.expression(child))
        return made

    def folded(self, tree: Tree) -> Node:
        made = self.fold(tree.named_children)
        return made[0] if len(made) == 1 else Other(self.span(tree), made)

    def unknown(self, tree: Tree) -> Node:
        if any(child.type in self.statements and child.type not in _SILENT for child in tree.named_children):
            return super().unknown(tree)
        return self.folded(tree)

    def first(self, tree: Tree) -> Node:
        made = self.fold([c for c in tree.named_children if c.type not in ("type_cast", "type_test")])
        return made[0] if made else Other(self.span(tree), [])

    def _to(self, base: Node, tree: Tree) -> Span:
        return Span(base.span.start, max(tree.end_byte - self.shift, 0), base.span.line, base.span.column)

    def selected(self, base: Node, tree: Tree) -> Node:
        for part in tree.named_children:
            if part.type == "argument_part":
                base = self.called(base, part)
            elif part.type.endswith("assignable_selector"):
                base = self.accessed(base, part)
        return base

    def accessed(self, base: Node, tree: Tree) -> Node:
        name = next((c for c in tree.named_children if c.type == "identifier"), None)
        if name is None:
            index = self.folded(tree)
            if isinstance(index, Literal) and index.kind == "string":
                return Member(self._to(base, tree), base, index.value)
            return Index(self._to(base, tree), base, index)
        return Member(self._to(base, tree), base, self.word(name), tree.type.startswith("conditional"))

    def called(self, base: Node, tree: Tree) -> Node:
        arguments: list[Argument] = []
        for part in tree.named_children:
            if part.type == "arguments":
                arguments.extend(
                    self.argument(c) for c in part.named_children if c.type in ("argument", "named_argument")
                )
        constructs = isinstance(base, Name) and base.text.lstrip("_")[:1].isupper() and base.text != "Timer"
        return Call(self._to(base, tree), base, arguments, constructs)

    def cascaded(self, base: Node, tree: Tree) -> Node:
        made = base
        for part in tree.named_children:
            if part.type == "cascade_selector":
                name = part.named_children[0] if part.named_children else part
                made = Member(self.span(tree), made, self.word(name))
            elif part.type == "argument_part":
                made = self.called(made, part)
            elif part.type.endswith("selector"):
                made = self.accessed(made, part)
        return made

    def argument(self, tree: Tree) -> Argument:
        label = next((self.word(c).rstrip(":") for c in tree.named_children if c.type == "label"), None)
        made = self.fold([c for c in tree.named_children if c.type != "label"])
        return Argument(self.span(tree), made[0] if made else Other(self.span(tree), []), label)

    def string(self, tree: Tree) -> Node:
        pieces: list[Node] = []
        inside = [c for c in tree.named_children if c.type == "template_substitution"]
        for child in inside:
            pieces.extend(self.fold(child.named_children))
        if pieces:
            word = self.word(tree)
            return Template(
                self.span(tree), [Literal(self.span(tree), "string", word.split("$")[0].strip("'\"")), *pieces]
            )
        return Literal(self.span(tree), "string", self.word(tree).removeprefix("r").strip("'\""))

    def unary(self, tree: Tree) -> Node:
        made = self.fold([c for c in tree.named_children if c.type != "prefix_operator"])
        value = made[0] if made else Other(self.span(tree), [])
        return Operation(self.span(tree), "!", [value]) if self.word(tree).startswith("!") else value

    def binary(self, tree: Tree) -> Node:
        operands = self.fold(tree.named_children)
        operator = _BINARY[tree.type]
        if tree.type == "equality_expression":
            operator = next((self.word(c) for c in tree.named_children if c.type == "equality_operator"), "==")
        return Operation(self.span(tree), operator, operands or [Other(self.span(tree), [])])

    def choice(self, tree: Tree) -> Node:
        sides: dict[str, list[Tree]] = {"": [], "consequence": [], "alternative": []}
        for place, child in enumerate(tree.children):
            if child.is_named:
                field = tree.field_name_for_child(place) or ""
                sides[field if field in sides else ""].append(child)
        parts = [self.fold(side) for side in sides.values()]
        values = [part[0] if part else Other(self.span(tree), []) for part in parts]
        return Choice(self.span(tree), values[0], values[1], values[2])

    def assignment(self, tree: Tree) -> Node:
        left = tree.child_by_field_name("left")
        target = Other(self.span(tree), []) if left is None else self.folded(left)
        right = self.fold(
            [c for p, c in enumerate(tree.children) if c.is_named and tree.field_name_for_child(p) == "right"]
        )
        return Assignment(self.span(tree), target, right[0] if right else Other(self.span(tree), []))

    def construct(self, tree: Tree) -> Node:
        name = next((c for c in tree.named_children if c.type in ("type_identifier", "identifier")), None)
        callee = Name(self.span(tree), self.word(name))
        arguments: list[Argument] = []
        for part in tree.named_children:
            if part.type == "arguments":
                arguments.extend(
                    self.argument(c) for c in part.named_children if c.type in ("argument", "named_argument")
                )
        return Call(self.span(tree), callee, arguments, True)

    def record(self, tree: Tree) -> Node:
        entries: list[Entry] = []
        for pair in tree.named_children:
            if pair.type != "pair":
                continue
            sides: dict[str, list[Tree]] = {"key": [], "value": []}
            for place, child in enumerate(pair.children):
                field = pair.field_name_for_child(place)
                if child.is_named and field in sides:
                    sides[field].append(child)
            keys, values = self.fold(sides["key"]), self.fold(sides["value"])
            if not keys or not values:
                continue
            key = keys[0].value if isinstance(keys[0], Literal) else None
            entries.append(Entry(self.span(pair), key, values[0]))
        return Record(self.span(tree), entries)

    def qualified(self, tree: Tree) -> Node:
        names = tree.named_children
        made: Node = Name(self.span(tree), self.word(names[0]))
        for name in names[1:]:
            made = Member(self.span(tree), made, self.word(name))
        return made

    def lambda_value(self, tree: Tree) -> Node:
        parameters = self.parameters(tree.child_by_field_name("parameters"))
        body = self.body(tree.child_by_field_name("body"))
        return Lambda(self.span(tree), Function(self.span(tree), "", parameters, body))

    def body(self, tree: Tree | None) -> list[Node]:
        """A block's statements, or a value given back."""
        if tree is None:
            return []
        inner = next((c for c in tree.named_children if c.type == "block"), None)
        if inner is not None:
            return self.block(inner)
        made = self.fold(tree.named_children)
        return [Return(self.span(tree), made[0])] if made else []

    def parameters(self, tree: Tree | None) -> list[Parameter]:
        found: list[Parameter] = []
        stack = [] if tree is None else [tree]
        while stack:
            node = stack.pop(0)
            if node.type == "formal_parameter":
                found.append(self.parameter(node))
            elif node.type in ("formal_parameter_list", "optional_formal_parameters", "normal_formal_parameters"):
                stack = [*node.named_children, *stack]
        return found

    def parameter(self, tree: Tree) -> Parameter:
        named = tree.child_by_field_name("name")
        kind = next((self.word(c) for c in tree.named_children if c.type == "type_identifier"), "")
        if named is None:
            stack = [tree]
            while stack:
                node = stack.pop(0)
                if node.type == "identifier":
                    named = node
                stack = [*node.named_children, *stack]
        return Parameter(self.span(tree), self.word(named), kind)

    def block(self, tree: Tree | None) -> list[Node]:
        """Statements; a signature goes together with the body that follows it."""
        if tree is None:
            return []
        found: list[Node] = []
        pending: Tree | None = None
        for child in tree.named_children:
            if child.type in (
                "method_signature",
                "function_signature",
                "getter_signature",
                "setter_signature",
                "local_function_declaration",
                "lambda_expression",
            ):
                if pending is not None:
                    found.append(self.define(pending, None))
                pending = child
                continue
            if child.type == "function_body" and pending is not None:
                found.append(self.define(pending, child))
                pending = None
                continue
            if pending is not None and child.type not in ("comment", "documentation_comment", "annotation"):
                found.append(self.define(pending, None))
                pending = None
            found.extend(self.statement(child))
        if pending is not None:
            found.append(self.define(pending, None))
        return found

    def define(self, tree: Tree, body: Tree | None) -> Node:
        signature = tree
        while (
            signature.type in ("method_signature", "local_function_declaration", "lambda_expression", "declaration")
            and signature.named_children
        ):
            inner = next(
                (c for c in signature.named_children if c.type.endswith(("signature", "lambda_expression"))), None
            )
            if inner is None:
                break
            body = body or next((c for c in signature.named_children if c.type == "function_body"), None)
            signature = inner
        names = signature.children_by_field_name("name")
        if signature.type == "constructor_signature":
            name = "constructor" if len(names) < 2 else self.word(names[-1])
        else:
            name = self.word(names[0]) if names else ""
        listed = signature.child_by_field_name("parameters") or next(
            (c for c in signature.named_children if c.type == "formal_parameter_list"), None
        )
        start = self.span(tree)
        span = Span(start.start, self.span(body or tree).end, start.line, start.column)
        place = self.span(names[-1]) if names else None
        is_async = body is not None and self.word(body)[:6].startswith("async")
        decorators = ["abstract"] if body is None else []
        return Define(span, Function(span, name, self.parameters(listed), self.body(body), is_async, decorators, place))

    def declaration(self, tree: Tree) -> list[Node]:
        """Fields, and constructors without a body."""
        signature = next((c for c in tree.named_children if c.type.endswith("signature")), None)
        if signature is not None:
            made = self.define(signature, None)
            if isinstance(made, Define) and signature.type != "function_signature":
                made.function.decorators = []
            return [made]
        kind = next((self.word(c) for c in tree.named_children if c.type == "type_identifier"), "")
        found: list[Node] = []
        stack = list(tree.named_children)
        while stack:
            node = stack.pop(0)
            if node.type in ("initialized_identifier_list", "static_final_declaration_list"):
                stack = [*node.named_children, *stack]
            elif node.type in ("initialized_identifier", "static_final_declaration"):
                made_values = self.fold(node.named_children[1:])
                name = self.word(node.named_children[0])
                found.append(Declare(self.span(node), name, made_values[0] if made_values else None, [], kind))
        return found

    def variable(self, tree: Tree) -> list[Node]:
        if tree.type == "local_variable_declaration":
            return [n for c in tree.named_children for n in self.statement(c)]
        named = tree.child_by_field_name("name")
        kind = next((self.word(c) for c in tree.named_children if c.type == "type_identifier"), "")
        values = self.fold(
            [c for p, c in enumerate(tree.children) if c.is_named and tree.field_name_for_child(p) == "value"]
        )
        return [Declare(self.span(tree), self.word(named), values[0] if values else None, [], kind)]

    def evaluate(self, tree: Tree) -> list[Node]:
        return [n if isinstance(n, Throw) else Evaluate(self.span(tree), n) for n in self.fold(tree.named_children)]

    def condition(self, tree: Tree) -> list[Node]:
        tests: list[Tree] = []
        for place, child in enumerate(tree.children):
            if child.is_named and tree.field_name_for_child(place) not in ("consequence", "alternative"):
                tests.append(child)
        made = self.fold(tests)
        return [
            If(
                self.span(tree),
                made[0] if made else Other(self.span(tree), []),
                self.branch(tree.child_by_field_name("consequence")),
                self.branch(tree.child_by_field_name("alternative")),
            )
        ]

    def switch(self, tree: Tree) -> list[Node]:
        subject = tree.child_by_field_name("condition")
        body = tree.child_by_field_name("body")
        cases: list[Case] = []
        for entry in body.named_children if body is not None else []:
            tests: list[Node] = []
            statements: list[Node] = []
            for child in entry.named_children:
                if child.type in self.statements:
                    statements.extend(self.statement(child))
                else:
                    tests.append(self.expression(child))
            cases.append(Case(self.span(entry), [] if entry.type.endswith("default") else tests, statements))
        return [Switch(self.span(tree), None if subject is None else self.folded(subject), cases)]

    def attempt(self, tree: Tree) -> list[Node]:
        handlers: list[list[Node]] = []
        final: list[Node] = []
        caught = False
        for place, child in enumerate(tree.children):
            if child.type in ("catch_clause", "on_clause") or (child.type == "type_identifier"):
                caught = True
            elif child.type == "finally_clause":
                final = [n for c in child.named_children for n in self.statement(c)]
            elif child.type == "block" and tree.field_name_for_child(place) != "body" and caught:
                handlers.append(self.block(child))
        return [Try(self.span(tree), self.block(tree.child_by_field_name("body")), handlers, final)]

    def loop(self, tree: Tree) -> list[Node]:
        heads: list[Node] = []
        body: list[Node] = []
        for place, child in enumerate(tree.children):
            if tree.field_name_for_child(place) == "body":
                body.extend(self.statement(child))
            elif child.type == "for_loop_parts":
                named = child.child_by_field_name("name")
                if named is not None:
                    heads.append(Declare(self.span(named), self.word(named), None))
                values = [
                    c
                    for p, c in enumerate(child.children)
                    if c.is_named and child.field_name_for_child(p) in ("value", "condition")
                ]
                heads.extend(self.fold(values))
            elif child.is_named:
                heads.extend(self.fold([child]))
        return [Loop(self.span(tree), heads, body)]

    def returned(self, tree: Tree) -> list[Node]:
        made = self.fold(tree.named_children)
        return [Return(self.span(tree), made[0] if made else None)]

    def imports(self, tree: Tree) -> list[Node]:
        uri = ""
        alias = ""
        stack = [tree]
        while stack:
            node = stack.pop(0)
            if node.type == "string_literal" and not uri:
                uri = self.word(node).strip("'\"")
            elif node.type == "identifier" and node.parent is not None and node.parent.type == "import_specification":
                alias = self.word(node)
            stack = [*node.named_children, *stack]
        return [Import(self.span(tree), uri, [("*", alias)] if alias else [])]

    def class_definition(self, tree: Tree) -> list[Node]:
        name = tree.child_by_field_name("name") or next(
            (c for c in tree.named_children if c.type in ("identifier", "type_identifier")), None
        )
        bases: list[str] = []
        for child in tree.named_children:
            if child.type in ("superclass", "interfaces", "mixins"):
                bases.extend(
                    part.strip()
                    for part in self.word(child)
                    .replace("extends", "")
                    .replace("implements", "")
                    .replace("with", ",")
                    .split(",")
                )
        target = tree.child_by_field_name("class")
        if target is not None:
            name = target
        body = tree.child_by_field_name("body") or next(
            (c for c in tree.named_children if c.type == "class_body"), None
        )
        members: list[Node] = [m for m in self.block(body) if isinstance(m, (Define, Declare, Class))]
        return [Class(self.span(tree), self.word(name).split("<")[0], [b for b in bases if b], members)]
