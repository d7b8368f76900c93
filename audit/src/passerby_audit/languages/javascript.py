"""JavaScript, TypeScript, JSX and TSX to syntax."""

from __future__ import annotations

from functools import cache

import tree_sitter_javascript
import tree_sitter_typescript
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
    Element,
    Entry,
    Evaluate,
    Export,
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
    Reactive,
    Record,
    Return,
    Sequence,
    Switch,
    Template,
    Throw,
    Try,
)


@cache
def parser(dialect: str) -> Parser:
    """dialect is javascript, typescript or tsx."""
    if dialect == "javascript":
        return parser_of(tree_sitter_javascript.language())
    if dialect == "tsx":
        return parser_of(tree_sitter_typescript.language_tsx())
    return parser_of(tree_sitter_typescript.language_typescript())


def lower(text: bytes, dialect: str = "javascript") -> Module:
    """The syntax of a script."""
    tree = parser(dialect).parse(text)
    return Script(text).module(tree.root_node)


_TRANSPARENT = {
    "parenthesized_expression",
    "as_expression",
    "satisfies_expression",
    "non_null_expression",
    "type_assertion",
    "instantiation_expression",
    "spread_element",
    "jsx_expression",
    "jsx_fragment",
}
_TYPE_ONLY = {
    "type_alias_declaration",
    "interface_declaration",
    "ambient_declaration",
    "type_arguments",
    "type_annotation",
    "empty_statement",
    "hash_bang_line",
    "type_parameters",
    "function_signature",
    "method_signature",
    "abstract_method_signature",
    "decorator",
    "accessibility_modifier",
    "override_modifier",
    "optional_chain",
}


class Script(Lowering):
    language = "javascript"

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self.expressions = {
            "identifier": self.name,
            "this": self.name,
            "super": self.name,
            "shorthand_property_identifier": self.name,
            "property_identifier": self.name,
            "private_property_identifier": self.name,
            "undefined": lambda t: Literal(self.span(t), "undefined", "undefined"),
            "null": lambda t: Literal(self.span(t), "null", "null"),
            "true": lambda t: Literal(self.span(t), "boolean", "true"),
            "false": lambda t: Literal(self.span(t), "boolean", "false"),
            "number": lambda t: Literal(self.span(t), "number", self.word(t)),
            "string": self.string,
            "template_string": self.template,
            "member_expression": self.member,
            "subscript_expression": self.subscript,
            "call_expression": self.call,
            "new_expression": self.construct,
            "arrow_function": self.function_value,
            "function_expression": self.function_value,
            "function": self.function_value,
            "generator_function": self.function_value,
            "object": self.record,
            "array": self.sequence,
            "binary_expression": self.binary,
            "unary_expression": self.unary,
            "ternary_expression": self.choice,
            "await_expression": lambda t: Await(self.span(t), self.expression(t.named_children[-1])),
            "yield_expression": self.yielded,
            "assignment_expression": self.assignment,
            "augmented_assignment_expression": self.assignment,
            "jsx_element": self.element,
            "jsx_self_closing_element": self.element,
            "jsx_text": lambda t: Other(self.span(t), []),
            "regex": lambda t: Other(self.span(t), []),
            "class": lambda t: Other(self.span(t), self.class_declaration(t)),
        }
        self.statements = {
            "program": self.block,
            "statement_block": self.block,
            "expression_statement": self.evaluate,
            "lexical_declaration": self.variables,
            "variable_declaration": self.variables,
            "function_declaration": self.function_declaration,
            "generator_function_declaration": self.function_declaration,
            "class_declaration": self.class_declaration,
            "abstract_class_declaration": self.class_declaration,
            "if_statement": self.condition,
            "for_statement": self.loop,
            "for_in_statement": self.loop,
            "while_statement": self.loop,
            "do_statement": self.loop,
            "try_statement": self.attempt,
            "switch_statement": self.switch,
            "return_statement": lambda t: [Return(self.span(t), self._only(t))],
            "throw_statement": lambda t: [Throw(self.span(t), self._only(t))],
            "break_statement": lambda t: [Jump(self.span(t))],
            "continue_statement": lambda t: [Jump(self.span(t))],
            "labeled_statement": self.labeled,
            "import_statement": self.imports,
            "export_statement": self.export,
            "internal_module": lambda t: self.block(t.child_by_field_name("body")),
            "else_clause": self.block,
        }
        for kind in _TYPE_ONLY:
            self.statements[kind] = self.nothing
        for kind in _TRANSPARENT:
            self.expressions[kind] = self.inner

    def nothing(self, _tree: Tree) -> list[Node]:
        return []

    def _only(self, tree: Tree) -> Node | None:
        for child in tree.named_children:
            if child.type != "comment":
                return self.expression(child)
        return None

    def inner(self, tree: Tree) -> Node:
        children = [c for c in tree.named_children if c.type != "comment"]
        if tree.type == "jsx_fragment":
            return Other(self.span(tree), [self.expression(c) for c in children])
        if tree.type == "type_assertion":
            return self.expression(children[-1])
        return self.expression(children[0]) if children else Other(self.span(tree), [])

    def name(self, tree: Tree) -> Node:
        return Name(self.span(tree), self.word(tree))

    def string(self, tree: Tree) -> Node:
        return Literal(self.span(tree), "string", self.word(tree)[1:-1])

    def template(self, tree: Tree) -> Node:
        pieces: list[Node] = []
        for child in tree.named_children:
            if child.type == "template_substitution":
                pieces.extend(self.expression(c) for c in child.named_children)
            else:
                pieces.append(Literal(self.span(child), "string", self.word(child)))
        if all(isinstance(piece, Literal) for piece in pieces):
            return Literal(self.span(tree), "string", self.word(tree)[1:-1])
        return Template(self.span(tree), pieces)

    def member(self, tree: Tree) -> Node:
        optional = tree.child_by_field_name("optional_chain") is not None
        name = self.word(tree.child_by_field_name("property"))
        return Member(self.span(tree), self.expression(tree.child_by_field_name("object")), name, optional)

    def subscript(self, tree: Tree) -> Node:
        base = self.expression(tree.child_by_field_name("object"))
        index = self.expression(tree.child_by_field_name("index"))
        if isinstance(index, Literal) and index.kind == "string":
            optional = tree.child_by_field_name("optional_chain") is not None
            return Member(self.span(tree), base, index.value, optional)
        return Index(self.span(tree), base, index)

    def arguments(self, tree: Tree | None) -> list[Argument]:
        if tree is None:
            return []
        if tree.type == "template_string":
            return [Argument(self.span(tree), self.expression(tree))]
        return [Argument(self.span(c), self.expression(c)) for c in tree.named_children if c.type != "comment"]

    def call(self, tree: Tree) -> Node:
        callee = self.expression(tree.child_by_field_name("function"))
        return Call(self.span(tree), callee, self.arguments(tree.child_by_field_name("arguments")))

    def construct(self, tree: Tree) -> Node:
        callee = self.expression(tree.child_by_field_name("constructor"))
        return Call(self.span(tree), callee, self.arguments(tree.child_by_field_name("arguments")), True)

    def function_value(self, tree: Tree) -> Node:
        return Lambda(self.span(tree), self.function(tree, self.word(tree.child_by_field_name("name"))))

    def function(self, tree: Tree, name: str) -> Function:
        parameters: list[Parameter] = []
        single = tree.child_by_field_name("parameter")
        if single is not None:
            parameters.append(Parameter(self.span(single), self.word(single)))
        listed = tree.child_by_field_name("parameters")
        if listed is not None:
            parameters.extend(self.parameter(c) for c in listed.named_children if c.type != "comment")
        body = tree.child_by_field_name("body")
        lowered: list[Node] = []
        if body is not None:
            lowered = self.block(body) if body.type == "statement_block" else self.value_body(body)
        is_async = any(c.type == "async" for c in tree.children[:4])
        named = tree.child_by_field_name("name")
        return Function(
            self.span(tree), name, parameters, lowered, is_async, [], None if named is None else self.span(named)
        )

    def parameter(self, tree: Tree) -> Parameter:
        if tree.type in ("required_parameter", "optional_parameter"):
            pattern = tree.child_by_field_name("pattern")
            kind = self._type(tree.child_by_field_name("type"))
            value = tree.child_by_field_name("value")
        elif tree.type == "assignment_pattern":
            pattern, kind, value = tree.child_by_field_name("left"), "", tree.child_by_field_name("right")
        else:
            pattern, kind, value = tree, "", None
        default = None if value is None else self.expression(value)
        if pattern is None:
            return Parameter(self.span(tree), "", kind, default)
        if pattern.type in ("object_pattern", "array_pattern"):
            return Parameter(self.span(tree), "", kind, default, self.pattern(pattern))
        if pattern.type == "rest_pattern" and pattern.named_children:
            pattern = pattern.named_children[0]
        return Parameter(self.span(tree), self.word(pattern), kind, default)

    def _type(self, tree: Tree | None) -> str:
        return self.word(tree).lstrip(": ").split("<")[0].split("|")[0].strip()

    def pattern(self, tree: Tree, prefix: str = "") -> list[tuple[str, str]]:
        """Pairs of (key taken, local name); a nested key is dotted, a position is its number."""
        found: list[tuple[str, str]] = []
        for place, child in enumerate(c for c in tree.named_children if c.type != "comment"):
            kind = child.type
            if kind == "object_assignment_pattern" or kind == "assignment_pattern":
                left = child.child_by_field_name("left")
                if left is None:
                    continue
                child, kind = left, left.type
            if kind == "shorthand_property_identifier_pattern":
                found.append((prefix + self.word(child), self.word(child)))
            elif kind == "pair_pattern":
                key = self.word(child.child_by_field_name("key")).strip("'\"")
                value = child.child_by_field_name("value")
                if value is not None and value.type == "assignment_pattern":
                    value = value.child_by_field_name("left")
                if value is None:
                    continue
                if value.type in ("object_pattern", "array_pattern"):
                    found.extend(self.pattern(value, f"{prefix}{key}."))
                else:
                    found.append((prefix + key, self.word(value)))
            elif kind == "identifier":
                found.append((f"{prefix}{place}", self.word(child)))
            elif kind in ("object_pattern", "array_pattern"):
                found.extend(self.pattern(child, f"{prefix}{place}."))
            elif kind == "rest_pattern" and child.named_children:
                found.append(("*", self.word(child.named_children[0])))
        return found

    def record(self, tree: Tree) -> Node:
        entries: list[Entry] = []
        for child in tree.named_children:
            span = self.span(child)
            if child.type == "pair":
                key = child.child_by_field_name("key")
                value = self.expression(child.child_by_field_name("value"))
                computed = key is not None and key.type == "computed_property_name"
                name = None if computed else self.word(key).strip("'\"`")
                if computed and key is not None:
                    name = self.word(key)
                entries.append(Entry(span, name, value))
            elif child.type == "shorthand_property_identifier":
                entries.append(Entry(span, self.word(child), self.name(child)))
            elif child.type == "method_definition":
                name = self.word(child.child_by_field_name("name")).strip("'\"")
                entries.append(Entry(span, name, Lambda(span, self.function(child, name))))
            elif child.type == "spread_element":
                entries.append(Entry(span, None, self.inner(child)))
        return Record(self.span(tree), entries)

    def sequence(self, tree: Tree) -> Node:
        return Sequence(self.span(tree), [self.expression(c) for c in tree.named_children if c.type != "comment"])

    def binary(self, tree: Tree) -> Node:
        operator = self.word(tree.child_by_field_name("operator"))
        operator = {"===": "==", "!==": "!="}.get(operator, operator)
        left = self.expression(tree.child_by_field_name("left"))
        return Operation(self.span(tree), operator, [left, self.expression(tree.child_by_field_name("right"))])

    def unary(self, tree: Tree) -> Node:
        operator = self.word(tree.child_by_field_name("operator"))
        operand = self.expression(tree.child_by_field_name("argument"))
        if operator == "void":
            if isinstance(operand, Literal):
                return Literal(self.span(tree), "undefined", "undefined")
            return operand
        return Operation(self.span(tree), operator, [operand])

    def choice(self, tree: Tree) -> Node:
        return Choice(
            self.span(tree),
            self.expression(tree.child_by_field_name("condition")),
            self.expression(tree.child_by_field_name("consequence")),
            self.expression(tree.child_by_field_name("alternative")),
        )

    def yielded(self, tree: Tree) -> Node:
        return Await(self.span(tree), self._only(tree) or Other(self.span(tree), []))

    def assignment(self, tree: Tree) -> Node:
        target = tree.child_by_field_name("left")
        value = self.expression(tree.child_by_field_name("right"))
        if target is not None and target.type in ("object_pattern", "array_pattern"):
            return Assignment(self.span(tree), Other(self.span(target), []), value)
        return Assignment(self.span(tree), self.expression(target), value)

    def element(self, tree: Tree) -> Node:
        opening = tree.child_by_field_name("open_tag") or tree
        name = self.word(opening.child_by_field_name("name"))
        attributes: list[Entry] = []
        for child in opening.named_children:
            if child.type == "jsx_attribute":
                parts = child.named_children
                value = self.expression(parts[1]) if len(parts) > 1 else Literal(self.span(child), "boolean", "true")
                attributes.append(Entry(self.span(child), self.word(parts[0]), value))
            elif child.type == "jsx_expression":
                attributes.append(Entry(self.span(child), None, self.inner(child)))
        children: list[Node] = []
        if opening is not tree:
            for child in tree.named_children:
                if child.type in ("jsx_element", "jsx_self_closing_element", "jsx_expression", "jsx_fragment"):
                    children.append(self.expression(child))
        return Element(self.span(tree), name, attributes, children)

    def evaluate(self, tree: Tree) -> list[Node]:
        value = self._only(tree)
        return [] if value is None else [Evaluate(self.span(tree), value)]

    def variables(self, tree: Tree) -> list[Node]:
        found: list[Node] = []
        for child in tree.named_children:
            if child.type != "variable_declarator":
                continue
            name = child.child_by_field_name("name")
            value = child.child_by_field_name("value")
            lowered = None if value is None else self.expression(value)
            kind = self._type(child.child_by_field_name("type"))
            if name is not None and name.type in ("object_pattern", "array_pattern"):
                found.append(Declare(self.span(child), "", lowered, self.pattern(name), kind))
            else:
                found.append(Declare(self.span(child), self.word(name), lowered, [], kind))
        return found

    def function_declaration(self, tree: Tree) -> list[Node]:
        return [Define(self.span(tree), self.function(tree, self.word(tree.child_by_field_name("name"))))]

    def class_declaration(self, tree: Tree) -> list[Node]:
        members: list[Node] = []
        body = tree.child_by_field_name("body")
        decorators = [self.word(c) for c in tree.named_children if c.type == "decorator"]
        pending: list[str] = []
        for child in body.named_children if body is not None else []:
            name = self.word(child.child_by_field_name("name") or child.child_by_field_name("property"))
            static = any(c.type == "static" for c in child.children[:4])
            if child.type == "decorator":
                pending.append(self.word(child))
                continue
            if child.type == "method_definition":
                function = self.function(child, name)
                function.decorators = pending
                members.append(Define(self.span(child), function, static))
            elif child.type in ("public_field_definition", "field_definition"):
                value = child.child_by_field_name("value")
                lowered = None if value is None else self.expression(value)
                kind = self._type(child.child_by_field_name("type"))
                members.append(Declare(self.span(child), name, lowered, [], kind))
            elif child.type == "class_static_block":
                members.extend(self.block(child.child_by_field_name("body")))
            pending = []
        bases: list[str] = []
        for child in tree.named_children:
            if child.type == "class_heritage":
                bases.append(self.word(child).replace("extends", "").split("{")[0].strip())
        return [Class(self.span(tree), self.word(tree.child_by_field_name("name")), bases, members, decorators)]

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
        for label in ("initializer", "right", "condition", "increment"):
            part = tree.child_by_field_name(label)
            if part is not None:
                heads.extend(self.statement(part))
        left = tree.child_by_field_name("left")
        if left is not None:
            names = self.pattern(left) if left.type.endswith("_pattern") else []
            heads.append(Declare(self.span(left), self.word(left) if not names else "", None, names))
        return [Loop(self.span(tree), heads, self.branch(tree.child_by_field_name("body")))]

    def attempt(self, tree: Tree) -> list[Node]:
        handler = tree.child_by_field_name("handler")
        final = tree.child_by_field_name("finalizer")
        return [
            Try(
                self.span(tree),
                self.block(tree.child_by_field_name("body")),
                [] if handler is None else [self.block(handler.child_by_field_name("body"))],
                [] if final is None else self.block(final.child_by_field_name("body")),
            )
        ]

    def switch(self, tree: Tree) -> list[Node]:
        cases: list[Case] = []
        body = tree.child_by_field_name("body")
        for child in body.named_children if body is not None else []:
            value = child.child_by_field_name("value")
            tests = [] if value is None else [self.expression(value)]
            statements: list[Node] = []
            for part in child.children_by_field_name("body"):
                statements.extend(self.statement(part))
            cases.append(Case(self.span(child), tests, statements))
        return [Switch(self.span(tree), self.expression(tree.child_by_field_name("value")), cases)]

    def labeled(self, tree: Tree) -> list[Node]:
        body = self.branch(tree.child_by_field_name("body"))
        if self.word(tree.child_by_field_name("label")) == "$":
            return [Reactive(self.span(tree), body)]
        return body

    def imports(self, tree: Tree) -> list[Node]:
        source = self.word(tree.child_by_field_name("source")).strip("'\"")
        bindings: list[tuple[str, str]] = []
        for clause in tree.named_children:
            if clause.type == "import_require_clause":
                source = self.word(clause.child_by_field_name("source")).strip("'\"")
                bindings.append(("*", self.word(clause.named_children[0])))
            if clause.type != "import_clause":
                continue
            for child in clause.named_children:
                if child.type == "identifier":
                    bindings.append(("default", self.word(child)))
                elif child.type == "namespace_import":
                    bindings.append(("*", self.word(child.named_children[0])))
                elif child.type == "named_imports":
                    for item in child.named_children:
                        name = self.word(item.child_by_field_name("name"))
                        bindings.append((name, self.word(item.child_by_field_name("alias")) or name))
        return [Import(self.span(tree), source, bindings)]

    def export(self, tree: Tree) -> list[Node]:
        span = self.span(tree)
        origin = tree.child_by_field_name("source")
        source = None if origin is None else self.word(origin).strip("'\"")
        declaration = tree.child_by_field_name("declaration")
        default = any(c.type == "default" for c in tree.children[:3])
        if declaration is not None:
            lowered = self.statement(declaration)
            names: list[tuple[str, str]] = []
            for node in lowered:
                if isinstance(node, Define):
                    names.append((node.function.name, "default" if default else node.function.name))
                elif isinstance(node, Class):
                    names.append((node.name, "default" if default else node.name))
                elif isinstance(node, Declare):
                    names.extend((n, n) for n in ([node.name] if node.name else [p[1] for p in node.pattern]))
            return [*lowered, Export(span, names)]
        value = tree.child_by_field_name("value")
        if value is not None:
            lowered_value = self.expression(value)
            local = lowered_value.text if isinstance(lowered_value, Name) else ""
            return [Export(span, [(local, "default")], None, lowered_value)]
        bindings: list[tuple[str, str]] = []
        for clause in tree.named_children:
            if clause.type == "export_clause":
                for item in clause.named_children:
                    name = self.word(item.child_by_field_name("name"))
                    bindings.append((name, self.word(item.child_by_field_name("alias")) or name))
            elif clause.type == "namespace_export":
                bindings.append(("*", self.word(clause.named_children[0])))
        if source is not None and not bindings:
            bindings.append(("*", "*"))
        return [Export(span, bindings, source)]
