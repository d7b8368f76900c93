"""The one form that every language is lowered to.

Rules, name resolution and flow know these nodes and no grammar. The form keeps what matters to identity: who is
called with what, in which order, under which condition; types, operators' precedence and layout are gone. A lowering
that meets something it does not know keeps its parts in `Other`, so that calls inside are still seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Span(NamedTuple):
    """Where a node stands: byte offsets, and the line (from 1) and column (from 1) of its start."""

    start: int
    end: int
    line: int
    column: int


@dataclass(slots=True, eq=False)
class Node:
    """Anything with a place in a file."""

    span: Span

    def parts(self) -> Iterator[Node]:
        """The nodes directly below, in the order of evaluation."""
        return iter(())


@dataclass(slots=True, eq=False)
class Name(Node):
    """A variable, `this` and `super` included."""

    text: str


@dataclass(slots=True, eq=False)
class Member(Node):
    """`base.name`; `optional` when the access stops at null."""

    base: Node
    name: str
    optional: bool = False

    def parts(self) -> Iterator[Node]:
        yield self.base


@dataclass(slots=True, eq=False)
class Index(Node):
    """`base[index]` with an index that is no literal name."""

    base: Node
    index: Node

    def parts(self) -> Iterator[Node]:
        yield self.base
        yield self.index


@dataclass(slots=True, eq=False)
class Literal(Node):
    """kind is one of string, number, boolean, null, undefined."""

    kind: str
    value: str


@dataclass(slots=True, eq=False)
class Template(Node):
    """A string with values in it."""

    pieces: list[Node]

    def parts(self) -> Iterator[Node]:
        yield from self.pieces


@dataclass(slots=True, eq=False)
class Argument(Node):
    """One argument; `label` where the language names it."""

    value: Node
    label: str | None = None

    def parts(self) -> Iterator[Node]:
        yield self.value


@dataclass(slots=True, eq=False)
class Call(Node):
    """A call or a construction."""

    callee: Node
    arguments: list[Argument]
    constructs: bool = False

    def parts(self) -> Iterator[Node]:
        yield self.callee
        yield from self.arguments


@dataclass(slots=True, eq=False)
class Entry(Node):
    """One entry of a record; `key` is None for a spread or a computed key."""

    key: str | None
    value: Node

    def parts(self) -> Iterator[Node]:
        yield self.value


@dataclass(slots=True, eq=False)
class Record(Node):
    """An object, map or dictionary literal."""

    entries: list[Entry]

    def parts(self) -> Iterator[Node]:
        yield from self.entries

    def get(self, key: str) -> Node | None:
        """The value at a key, if it is written here."""
        for entry in self.entries:
            if entry.key == key:
                return entry.value
        return None


@dataclass(slots=True, eq=False)
class Sequence(Node):
    """A list literal."""

    items: list[Node]

    def parts(self) -> Iterator[Node]:
        yield from self.items


@dataclass(slots=True, eq=False)
class Operation(Node):
    """An operator with its operands; `not`, `and`, `or`, `else` are spelt `!`, `&&`, `||`, `??` in every language."""

    operator: str
    operands: list[Node]

    def parts(self) -> Iterator[Node]:
        yield from self.operands


@dataclass(slots=True, eq=False)
class Choice(Node):
    """`test ? yes : no`."""

    test: Node
    yes: Node
    no: Node

    def parts(self) -> Iterator[Node]:
        yield self.test
        yield self.yes
        yield self.no


@dataclass(slots=True, eq=False)
class Await(Node):
    """A value waited for; `throws` when the language marks it as one that can fail."""

    value: Node
    throws: bool = True

    def parts(self) -> Iterator[Node]:
        yield self.value


@dataclass(slots=True, eq=False)
class Assignment(Node):
    """`target = value`."""

    target: Node
    value: Node

    def parts(self) -> Iterator[Node]:
        yield self.value
        yield self.target


@dataclass(slots=True, eq=False)
class Element(Node):
    """Markup in code: attributes are what handlers hang on."""

    name: str
    attributes: list[Entry]
    children: list[Node]

    def parts(self) -> Iterator[Node]:
        yield from self.attributes
        yield from self.children


@dataclass(slots=True, eq=False)
class Lambda(Node):
    """A function as a value."""

    function: Function

    def parts(self) -> Iterator[Node]:
        yield self.function


@dataclass(slots=True, eq=False)
class Other(Node):
    """Something without a meaning of its own here."""

    items: list[Node]

    def parts(self) -> Iterator[Node]:
        yield from self.items


@dataclass(slots=True, eq=False)
class Parameter(Node):
    """A parameter: a name or a pattern of names, its type's last name if written, its default."""

    name: str
    type: str = ""
    default: Node | None = None
    pattern: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Function(Node):
    """A function, method or lambda. `body` is statements; a lambda's value is a `Return`."""

    name: str
    parameters: list[Parameter]
    body: list[Node]
    is_async: bool = False
    decorators: list[str] = field(default_factory=list)
    name_span: Span | None = None

    def parts(self) -> Iterator[Node]:
        for parameter in self.parameters:
            if parameter.default is not None:
                yield parameter.default
        yield from self.body


@dataclass(slots=True, eq=False)
class Evaluate(Node):
    """An expression as a statement."""

    value: Node

    def parts(self) -> Iterator[Node]:
        yield self.value


@dataclass(slots=True, eq=False)
class Declare(Node):
    """A variable; with a pattern, pairs of (key taken, local name)."""

    name: str
    value: Node | None
    pattern: list[tuple[str, str]] = field(default_factory=list)
    type: str = ""

    def parts(self) -> Iterator[Node]:
        if self.value is not None:
            yield self.value


@dataclass(slots=True, eq=False)
class If(Node):
    """A condition and what follows from it."""

    test: Node
    then: list[Node]
    otherwise: list[Node]

    def parts(self) -> Iterator[Node]:
        yield self.test
        yield from self.then
        yield from self.otherwise


@dataclass(slots=True, eq=False)
class Loop(Node):
    """What runs many times."""

    heads: list[Node]
    body: list[Node]

    def parts(self) -> Iterator[Node]:
        yield from self.heads
        yield from self.body


@dataclass(slots=True, eq=False)
class Try(Node):
    """What may fail, what is done then, and what is done always."""

    body: list[Node]
    handlers: list[list[Node]]
    final: list[Node]

    def parts(self) -> Iterator[Node]:
        yield from self.body
        for handler in self.handlers:
            yield from handler
        yield from self.final


@dataclass(slots=True, eq=False)
class Case(Node):
    """One branch of a switch; no tests means otherwise."""

    tests: list[Node]
    body: list[Node]

    def parts(self) -> Iterator[Node]:
        yield from self.tests
        yield from self.body


@dataclass(slots=True, eq=False)
class Switch(Node):
    """A subject and its cases."""

    subject: Node | None
    cases: list[Case]

    def parts(self) -> Iterator[Node]:
        if self.subject is not None:
            yield self.subject
        yield from self.cases


@dataclass(slots=True, eq=False)
class Return(Node):
    """The end of a function with its value."""

    value: Node | None

    def parts(self) -> Iterator[Node]:
        if self.value is not None:
            yield self.value


@dataclass(slots=True, eq=False)
class Throw(Node):
    """The end of a path by an error."""

    value: Node | None

    def parts(self) -> Iterator[Node]:
        if self.value is not None:
            yield self.value


@dataclass(slots=True, eq=False)
class Jump(Node):
    """break or continue."""


@dataclass(slots=True, eq=False)
class Define(Node):
    """A named function as a statement or a class's member."""

    function: Function
    static: bool = False

    def parts(self) -> Iterator[Node]:
        yield self.function


@dataclass(slots=True, eq=False)
class Class(Node):
    """A class, interface, object or extension; members are `Define` and `Declare`."""

    name: str
    bases: list[str]
    members: list[Node]
    decorators: list[str] = field(default_factory=list)

    def parts(self) -> Iterator[Node]:
        yield from self.members


@dataclass(slots=True, eq=False)
class Import(Node):
    """Names taken from elsewhere: pairs of (name there, name here); `*` is the whole module, `default` its main
    thing."""

    source: str
    bindings: list[tuple[str, str]]


@dataclass(slots=True, eq=False)
class Export(Node):
    """Names given out: pairs of (name here, name outside); with a source they come from there."""

    bindings: list[tuple[str, str]]
    source: str | None = None
    value: Node | None = None

    def parts(self) -> Iterator[Node]:
        if self.value is not None:
            yield self.value


@dataclass(slots=True, eq=False)
class Reactive(Node):
    """Statements that run again whenever what they read has changed."""

    body: list[Node]

    def parts(self) -> Iterator[Node]:
        yield from self.body


@dataclass(slots=True, eq=False)
class Module(Node):
    """One file: its statements, the language, and how many places its grammar could not read."""

    language: str
    body: list[Node]
    broken: bool = False

    def parts(self) -> Iterator[Node]:
        yield from self.body


def descend(node: Node) -> Iterator[Node]:
    """A node and everything below it, in the order of the text."""
    yield node
    for part in node.parts():
        yield from descend(part)
