"""Functions with their place: who holds them, what names mean inside them, and what they are handed to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from passerby_audit.syntax import (
    Argument,
    Assignment,
    Await,
    Call,
    Choice,
    Class,
    Declare,
    Define,
    Element,
    Export,
    Function,
    Import,
    Index,
    Lambda,
    Literal,
    Member,
    Module,
    Name,
    Node,
    Operation,
    Parameter,
    Reactive,
    Record,
    Return,
)


@dataclass(slots=True)
class Binding:
    """What a name means: `kind` is import, parameter, value, function or class.

    `key` is the name taken from `value` by a pattern, or the name imported; `source` is a module, `type` a written
    type.
    """

    kind: str
    value: Node | None = None
    key: str = ""
    source: str = ""
    type: str = ""
    unit: Unit | None = None
    position: int = -1


@dataclass(slots=True, eq=False, repr=False)
class Unit:
    """One function (or a file's top level) in its place.

    `owner` is the class, object or component whose member it is. `use` says what it was handed to: `argument` with
    the callee in `to` and its position, `attribute` or `entry` with the key in `to`, `effect`, `definition` (it
    defines the SDK itself).
    """

    file: File
    function: Function
    name: str
    owner: str = ""
    parent: Unit | None = None
    use: str = ""
    to: str = ""
    position: int = 0
    call: Call | None = None
    keys: tuple[str, ...] = ()
    names: dict[str, Binding] = field(default_factory=dict)
    children: list[Unit] = field(default_factory=list)

    @property
    def is_top(self) -> bool:
        return self.parent is None

    def lookup(self, name: str) -> Binding | None:
        """What a name means here, or further out."""
        unit: Unit | None = self
        while unit is not None:
            binding = unit.names.get(name)
            if binding is not None:
                return binding
            unit = unit.parent
        return None

    def named(self) -> Unit:
        """This function, or the nearest one around it that has a name."""
        unit = self
        while not unit.name and unit.parent is not None:
            unit = unit.parent
        return unit

    @property
    def owner_is_class(self) -> bool:
        """Whether a class, rather than an object or a component, holds this function."""
        type_ = self.file.types.get(self.owner)
        return type_ is not None and type_.is_class

    @property
    def title(self) -> str:
        """How people would call it."""
        if self.is_top:
            return self.file.path.name
        name = self.name or "(anonymous)"
        return f"{self.owner}.{name}" if self.owner and self.owner != self.file.path.stem else name


@dataclass(slots=True, eq=False, repr=False)
class Type:
    """A class, interface, protocol or object literal with its members."""

    name: str
    bases: list[str]
    file: File
    members: dict[str, Unit] = field(default_factory=dict)
    fields: dict[str, Binding] = field(default_factory=dict)
    is_class: bool = False


@dataclass(slots=True, eq=False, repr=False)
class File:
    """A file that was read and lowered; paths are relative to the audited root, in POSIX form."""

    path: PurePosixPath
    text: bytes
    module: Module
    top: Unit = field(init=False)
    units: list[Unit] = field(default_factory=list)
    types: dict[str, Type] = field(default_factory=dict)
    exports: dict[str, tuple[str, str | None, Node | None]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    by_function: dict[int, Unit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.top = Unit(self, Function(self.module.span, "", [], self.module.body), "")
        self.units.append(self.top)
        _Placing(self).place()

    @property
    def language(self) -> str:
        return self.module.language

    def text_of(self, node: Node) -> str:
        return self.text[node.span.start : node.span.end].decode("utf-8", "replace")


NAMING = {
    "useCallback", "useMemo", "memo", "useEvent", "useEffectEvent", "useEventCallback", "forwardRef", "debounce",
    "throttle", "createAsyncThunk", "action", "flow", "once", "asyncHandler", "catchAsync", "useMutation",
    "createAction", "observer", "useMemoizedFn", "withErrorHandling", "async", "useThrottledCallback",
    "useDebouncedCallback", "takeLatest", "callable", "server$", "$", "connect", "defineStore", "thunk", "batch",
    "withRetry", "inject", "mutation", "cache",
}  # fmt: skip
"""Calls whose result is called as their first function would be."""


def dotted(node: Node) -> str:
    """`a.b.c` of a callee; a call in it is written `a().b`."""
    if isinstance(node, Name):
        return node.text
    if isinstance(node, Member):
        return f"{dotted(node.base)}.{node.name}"
    if isinstance(node, Call):
        return f"{dotted(node.callee)}()"
    if isinstance(node, Await):
        return dotted(node.value)
    if isinstance(node, Index):
        return f"{dotted(node.base)}[]"
    if isinstance(node, Operation) and node.operands:
        return dotted(node.operands[-1] if node.operator in ("&&", "!!") else node.operands[0])
    if isinstance(node, Literal):
        return repr(node.value)
    return "?"


def last_name(node: Node) -> str:
    """`c` of `a.b.c`."""
    if isinstance(node, Name):
        return node.text
    if isinstance(node, Member):
        return node.name
    if isinstance(node, (Call, Await)):
        return last_name(node.callee if isinstance(node, Call) else node.value)
    return ""


class _Placing:
    """One walk over a file that makes its units, types, bindings and exports."""

    def __init__(self, file: File) -> None:
        self.file = file

    def place(self) -> None:
        for node in self.file.module.body:
            self.visit(node, self.file.top, "", "", ())

    def unit(self, function: Function, name: str, owner: str, parent: Unit, keys: tuple[str, ...] = ()) -> Unit:
        unit = Unit(self.file, function, name, owner, parent, keys=keys)
        parent.children.append(unit)
        self.file.units.append(unit)
        self.file.by_function[id(function)] = unit
        for position, parameter in enumerate(function.parameters):
            self._parameter(unit, parameter, position)
        for parameter in function.parameters:
            if parameter.default is not None:
                self.visit(parameter.default, unit, "", owner, ())
        for node in function.body:
            self.visit(node, unit, "", owner, ())
        return unit

    def _parameter(self, unit: Unit, parameter: Parameter, position: int) -> None:
        if parameter.name:
            unit.names[parameter.name] = Binding("parameter", parameter.default, "", "", parameter.type, unit, position)
        for key, local in parameter.pattern:
            unit.names[local] = Binding("parameter", None, key, "", "", unit, position)

    def visit(self, node: Node, unit: Unit, name: str, owner: str, keys: tuple[str, ...]) -> None:
        """`name` is what a function found here is called; `keys` is the way through object literals down to it."""
        if isinstance(node, Lambda):
            made = self.unit(node.function, node.function.name or name, owner, unit, keys)
            if node.function.name and node.function.name not in made.names:
                made.names[node.function.name] = Binding("function", unit=made)
        elif isinstance(node, Define):
            made = self.unit(node.function, node.function.name, owner, unit, keys)
            unit.names[node.function.name] = Binding("function", unit=made)
        elif isinstance(node, Class):
            self._class(node, unit)
        elif isinstance(node, Declare):
            self._declare(node, unit, owner)
        elif isinstance(node, Assignment):
            self._assign(node, unit, owner)
        elif isinstance(node, Import):
            for there, here in node.bindings:
                unit.names[here] = Binding("import", None, there, node.source)
        elif isinstance(node, Export):
            self._export(node, unit, owner)
        elif isinstance(node, Call):
            self._call(node, unit, name, owner)
        elif isinstance(node, Record):
            self._record(node, unit, name, owner, keys)
        elif isinstance(node, Element):
            for attribute in node.attributes:
                before = len(unit.children)
                self.visit(attribute.value, unit, "", owner, ())
                for made in unit.children[before:]:
                    made.use, made.to = made.use or "attribute", made.to or (attribute.key or "")
            for child in node.children:
                self.visit(child, unit, "", owner, ())
        elif isinstance(node, Reactive):
            function = Function(node.span, "", [], node.body, False, [])
            made = self.unit(function, "", owner, unit)
            made.use, made.to = "effect", "$"
            for local, binding in made.names.items():
                unit.names.setdefault(local, binding)
        elif isinstance(node, Return) and isinstance(node.value, Lambda):
            self.visit(node.value, unit, _of_made(unit), owner, ())
        else:
            for part in node.parts():
                self.visit(
                    part, unit, name if isinstance(node, (Argument, Await, Choice, Operation)) else "", owner, ()
                )

    def _class(self, node: Class, unit: Unit) -> None:
        made = Type(node.name, node.bases, self.file, is_class=True)
        name = node.name or self.file.path.stem
        existing = self.file.types.get(name)
        if existing is not None:
            made = existing
            made.bases = made.bases + node.bases
        self.file.types[name] = made
        unit.names[name] = Binding("class", node, name)
        for member in node.members:
            if isinstance(member, Define):
                child = self.unit(member.function, member.function.name, name, unit)
                made.members[member.function.name] = child
                if member.function.name in ("constructor", "init", "__init__", name):
                    for parameter in member.function.parameters:
                        made.fields.setdefault(parameter.name, Binding("parameter", None, "", "", parameter.type))
            elif isinstance(member, Declare):
                binding = Binding("value", member.value, "", "", member.type)
                made.fields[member.name] = binding
                if member.value is not None:
                    before = len(unit.children)
                    self.visit(member.value, unit, member.name, name, ())
                    for child in unit.children[before:]:
                        if child.name == member.name:
                            made.members[member.name] = child
            else:
                self.visit(member, unit, "", name, ())

    def _declare(self, node: Declare, unit: Unit, owner: str) -> None:
        if node.name:
            unit.names[node.name] = Binding("value", node.value, "", "", node.type, unit)
        for key, local in node.pattern:
            unit.names[local] = Binding("value", node.value, key, "", "", unit)
        if node.value is None:
            return
        before = len(unit.children)
        self.visit(node.value, unit, node.name, owner, ())
        for made in unit.children[before:]:
            if node.name and made.name == node.name and made.owner == owner and not made.keys:
                unit.names[node.name] = Binding("function", node.value, "", "", "", made)

    def _assign(self, node: Assignment, unit: Unit, owner: str) -> None:
        target = node.target
        name = last_name(target)
        if isinstance(target, Name) and unit.lookup(target.text) is None:
            self.file.top.names[target.text] = Binding("value", node.value, "", "", "", unit)
        elif isinstance(target, Name):
            known = unit.lookup(target.text)
            if known is not None and known.kind == "value" and known.value is None:
                known.value = node.value
        is_module = dotted(target) in ("module.exports", "exports.default")
        before = len(unit.children)
        self.visit(node.value, unit, "" if is_module else name, self.file.path.stem if is_module else owner, ())
        self.visit(target, unit, "", owner, ())
        for made in unit.children[before:]:
            if isinstance(target, Member) and last_name(target.base).lower().lstrip("$_") in ("fs", "fullstory"):
                made.use, made.to = "definition", name
        if is_module:
            local = node.value.text if isinstance(node.value, Name) else ""
            self.file.exports["default"] = (local, None, node.value)
            if isinstance(node.value, Record):
                for entry in node.value.entries:
                    if entry.key:
                        self.file.exports[entry.key] = (last_name(entry.value), None, entry.value)
        elif dotted(target).startswith(("exports.", "module.exports.")):
            self.file.exports[name] = (last_name(node.value), None, node.value)

    def _export(self, node: Export, unit: Unit, owner: str) -> None:
        for here, outside in node.bindings:
            if outside == "*" and node.source is not None:
                self.file.stars.append(node.source)
            else:
                self.file.exports[outside] = (here, node.source, node.value)
        if node.value is not None:
            name = "" if isinstance(node.value, Record) else self.file.path.stem
            self.visit(
                node.value, unit, name, self.file.path.stem if isinstance(node.value, (Record, Call)) else owner, ()
            )

    def _call(self, node: Call, unit: Unit, name: str, owner: str) -> None:
        self.visit(node.callee, unit, "", owner, ())
        to = dotted(node.callee)
        naming = last_name(node.callee) in NAMING
        given = False
        for position, argument in enumerate(node.arguments):
            before = len(unit.children)
            inner = name if naming and not given else ""
            if isinstance(argument.value, Record):
                self._record(argument.value, unit, name, owner or self.file.path.stem, ())
            else:
                self.visit(argument, unit, inner, owner, ())
            for made in unit.children[before:]:
                if isinstance(argument.value, Lambda) and made.function is argument.value.function:
                    given = True
                    made.position, made.call = position, node
                    if argument.label is not None and argument.label[:2] in ("on", "ac"):
                        made.use, made.to = "attribute", argument.label
                    made.use, made.to = made.use or "argument", made.to or to
                elif made.call is None:
                    made.to, made.call = made.to or to, node

    def _record(self, node: Record, unit: Unit, name: str, owner: str, keys: tuple[str, ...]) -> None:
        """An object literal: a type of its own when it has a name, else its functions belong to what holds it."""
        holder = name or owner or self.file.path.stem
        made = self.file.types.setdefault(holder, Type(holder, [], self.file))
        for entry in node.entries:
            before = len(unit.children)
            key = entry.key or ""
            if isinstance(entry.value, Record):
                self._record(entry.value, unit, "", holder, (*keys, key))
            elif isinstance(entry.value, Call) and isinstance(entry.value.callee, (Name, Member)):
                self.visit(entry.value, unit, key, holder, (*keys, key))
            else:
                self.visit(entry.value, unit, key, holder, (*keys, key))
            for child in unit.children[before:]:
                if child.name == key and not isinstance(entry.value, Record):
                    child.use, child.to = child.use or "entry", child.to or key
                    child.keys = child.keys or (*keys, key)
                    made.members.setdefault(key, child)
            if not isinstance(entry.value, (Record, Lambda)):
                made.fields.setdefault(key, Binding("value", entry.value, "", "", "", unit))


def _of_made(unit: Unit) -> str:
    """What a function that another one makes and gives back is called: as its maker, `useLogout` giving `logout`."""
    name = unit.name
    if name.startswith("use") and name[3:4].isupper():
        return name[3:4].lower() + name[4:]
    return name
