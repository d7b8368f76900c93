"""Whose function a call runs: across files, classes, hooks, wrappers and dispatches.

What is resolved by structure (scope, import, class, type) is `certain`. Where structure ends (a prop, a context, an
injected service) functions of the same name are taken when their owner fits the receiver; the answer is then not
certain, and what is concluded from it is always in favour of the audited code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from passerby_audit import vocabulary
from passerby_audit.program.files import SCRIPT
from passerby_audit.program.units import Binding, File, Type, Unit, last_name
from passerby_audit.program.values import SELF, Values
from passerby_audit.syntax import Await, Call, Class, Lambda, Member, Name, Node, Operation, Record, Return


@dataclass(slots=True)
class Target:
    """What a callee stands for: functions here, a package outside, or nothing that is known."""

    units: list[Unit] = field(default_factory=list)
    certain: bool = False
    package: str = ""
    delegated: bool = False
    """A parameter, a prop or a local module that is not here: somebody else's doing, unknown."""


class Program(Values):
    """Every file that was read, and the ways between them."""

    def __init__(self, files: list[File]) -> None:
        super().__init__(files)
        self._targets: dict[tuple[int, int], Target] = {}

    def target(self, callee: Node, unit: Unit) -> Target:
        """What a callee stands for inside a unit."""
        key = (id(callee), id(unit))
        known = self._targets.get(key)
        if known is None:
            self._targets[key] = Target()
            known = self._targets[key] = self._resolve(callee, unit, 0)
            known.units = [found for found in known.units if not _is_stub(found)] or known.units
        return known

    def _resolve(self, callee: Node, unit: Unit, depth: int) -> Target:
        if depth > 6:
            return Target()
        if isinstance(callee, Await):
            return self._resolve(callee.value, unit, depth)
        if isinstance(callee, Lambda):
            found = unit.file.by_function.get(id(callee.function))
            return Target([found] if found else [], True)
        if isinstance(callee, Name):
            return self._name(callee.text, unit, depth)
        if isinstance(callee, Member):
            return self._member(callee, unit, depth)
        if isinstance(callee, Call):
            return self._resolve(callee.callee, unit, depth + 1) if depth < 2 else Target()
        if isinstance(callee, Operation) and callee.operands:
            return self._resolve(callee.operands[-1], unit, depth + 1)
        return Target()

    def _name(self, name: str, unit: Unit, depth: int) -> Target:
        binding = unit.lookup(name)
        if binding is None:
            return self._global(name, unit)
        return self._binding(binding, name, unit, depth)

    def _binding(self, binding: Binding, name: str, unit: Unit, depth: int) -> Target:
        if binding.kind == "function" and binding.unit is not None:
            return Target([binding.unit], True)
        if binding.kind == "class":
            return self._constructor(binding.key)
        if binding.kind == "import":
            return self._import(binding, name, unit, depth)
        if binding.kind == "parameter":
            made = self._by_name(binding.key or name, "", unit)
            made.delegated = True
            return made
        if binding.value is None:
            return self._by_name(binding.key or name, binding.type, unit)
        holder = binding.unit or unit
        if binding.key and binding.key != "*":
            return self._taken(binding, name, holder, depth)
        value = binding.value.value if isinstance(binding.value, Await) else binding.value
        if isinstance(value, (Name, Member)) and not (isinstance(value, Name) and value.text == name):
            return self._resolve(value, holder, depth + 1)
        if isinstance(value, Call):
            inner = next((a.value for a in value.arguments if isinstance(a.value, (Name, Member))), None)
            if inner is not None and last_name(value.callee) in (
                "useCallback",
                "debounce",
                "throttle",
                "useAction",
                "useEvent",
                "bindActionCreators",
            ):
                return self._resolve(inner, holder, depth + 1)
        return Target(delegated=True)

    def _taken(self, binding: Binding, name: str, holder: Unit, depth: int) -> Target:
        """A name taken out of a value by a pattern: `const { logout } = useAuth()`."""
        key = binding.key.split(".")[-1]
        value = binding.value.value if isinstance(binding.value, Await) else binding.value
        if isinstance(value, Call) and (key in _MUTATES or key == "0"):
            mutation = self._mutation(value, holder, depth)
            if mutation:
                return Target(mutation, True)
        if isinstance(value, Call):
            hook = self._resolve(value.callee, holder, depth + 1)
            for made in hook.units:
                returned = self.returned(made, key)
                if returned is not None:
                    found = self._resolve(returned, made, depth + 1)
                    if found.units:
                        return found
            if hook.package and not hook.units:
                return Target([], True, hook.package)
            made_by_name = self._by_name(
                key if not key.isdigit() else name, last_name(value.callee), holder, anywhere=True
            )
            made_by_name.delegated = True
            return made_by_name
        if isinstance(value, (Name, Member)):
            return self._resolve(Member(value.span, value, key), holder, depth + 1)
        return self._by_name(key, "", holder)

    def _mutation(self, value: Call, holder: Unit, depth: int) -> list[Unit]:
        """The functions that a mutation hook runs, given here or in a hook of one's own."""
        if "utation" not in last_name(value.callee):
            for hook in self._resolve(value.callee, holder, depth + 1).units:
                for node in hook.function.body:
                    if (
                        isinstance(node, Return)
                        and isinstance(node.value, Call)
                        and "utation" in last_name(node.value.callee)
                    ):
                        return self._mutation(node.value, hook, depth + 1)
            return []
        found: list[Unit] = []
        for argument in value.arguments:
            values = [argument.value]
            if isinstance(argument.value, Record):
                values = [e.value for e in argument.value.entries if e.key in ("mutationFn", "onSuccess", "onSettled")]
            for one in values:
                if isinstance(one, Lambda):
                    found.extend(self._value_units(one, holder, depth))
                elif isinstance(one, (Name, Member)):
                    found.extend(self._resolve(one, holder, depth + 1).units)
        return found

    def returned(self, unit: Unit, key: str) -> Node | None:
        """What a function's returned object holds at a key."""
        for node in unit.function.body:
            if isinstance(node, Return):
                value = node.value
                if isinstance(value, Call) and value.arguments:
                    first = value.arguments[0].value
                    if isinstance(first, Lambda):
                        return self.returned_by(first, key)
                if isinstance(value, Record):
                    return value.get(key)
        return None

    def returned_by(self, value: Lambda, key: str) -> Node | None:
        for node in value.function.body:
            if isinstance(node, Return) and isinstance(node.value, Record):
                return node.value.get(key)
        return None

    def _import(self, binding: Binding, name: str, unit: Unit, depth: int) -> Target:
        file = self.file_of(binding.source, unit.file)
        if file is None:
            if unit.file.language != SCRIPT:
                return self._global(name, unit)
            local = self.is_local(binding.source)
            if local:
                wanted = binding.key if binding.key not in ("default", "*") else name
                same = [
                    u
                    for u in self.by_name.get(wanted, [])
                    if u.parent is not None and u.parent.is_top and u.file is not unit.file
                ]
                if same:
                    return Target(same, False)
                made = self._by_name(wanted, PurePosixPath(binding.source).name, unit)
                made.delegated = True
                return made
            return Target([], True, binding.source)
        if binding.key == "*":
            return Target([], True)
        given = self.exported(file, binding.key)
        if given is None:
            if unit.file.language != SCRIPT:
                return self._global(name, unit)
            here = _of_file(self.by_name.get(binding.key, []), file)
            return Target(
                here or [u for u in self.by_name.get(binding.key, []) if u.parent is not None and u.parent.is_top],
                False,
            )
        home, found = given
        if found.kind == "value" and found.value is not None and not found.key:
            inner = self._value_units(found.value, home.top, depth)
            if inner:
                return Target(inner, True)
        made = self._binding(found, binding.key if binding.key != "default" else name, home.top, depth + 1)
        if not made.units and not made.package:
            made.units = _of_file(self.by_name.get(binding.key if binding.key != "default" else name, []), home)
        return made

    def _value_units(self, value: Node, unit: Unit, depth: int) -> list[Unit]:
        if isinstance(value, Lambda):
            found = unit.file.by_function.get(id(value.function))
            return [found] if found else []
        if isinstance(value, Call):
            for argument in value.arguments:
                if isinstance(argument.value, Lambda):
                    return self._value_units(argument.value, unit, depth)
        return []

    def _constructor(self, name: str) -> Target:
        found = [
            t.members[m]
            for t in self.types.get(name, [])
            for m in ("constructor", "init", "__init__")
            if m in t.members
        ]
        return Target(found, True)

    def _global(self, name: str, unit: Unit) -> Target:
        """A name that nothing here binds: a member without `this` in some languages, else a function elsewhere."""
        if unit.file.language != SCRIPT:
            own = self._own(name, unit)
            if own:
                return Target(own, True)
            if name in self.types:
                return self._constructor(name)
            top = [
                found
                for found in self.by_name.get(name, [])
                if not found.owner and found.parent is not None and found.parent.is_top
            ]
            return Target(top, bool(top))
        top = [
            found
            for found in self.by_name.get(name, [])
            if found.parent is not None and found.parent.is_top and not found.owner and found is not unit
        ]
        return Target(top, len(top) == 1)

    def _own(self, name: str, unit: Unit) -> list[Unit]:
        """Members of the class or object around a unit, its bases and heirs included."""
        around: Unit | None = unit
        while around is not None:
            if around.owner:
                for type_ in self.types.get(around.owner, []):
                    if type_.file is around.file or around.file.language != SCRIPT:
                        found = self._inherited(type_, name)
                        if found:
                            return found
            around = around.parent
        return []

    def _inherited(self, type_: Type, name: str, depth: int = 0) -> list[Unit]:
        own = type_.members.get(name)
        if own is not None and not _is_stub(own):
            return [own]
        found: list[Unit] = []
        if depth < 4:
            for heir in self._heirs.get(type_.name, []):
                if heir is not type_:
                    member = heir.members.get(name)
                    if member is not None:
                        found.append(member)
            if not found:
                for base in type_.bases:
                    for word in re.findall(r"\w+", base):
                        for parent in self.types.get(word, []):
                            if parent is not type_:
                                found.extend(self._inherited(parent, name, depth + 1))
        return found or ([own] if own is not None else [])

    def members(self, type_name: str, name: str) -> list[Unit]:
        """The functions that a member of a type may be."""
        bare = re.sub(r"^\W+|\W+$", "", type_name.split("<")[0]).split(".")[-1]
        found: list[Unit] = []
        for type_ in self.types.get(bare, []):
            found.extend(self._inherited(type_, name))
        if not found:
            for heir in self._heirs.get(bare, []):
                if name in heir.members:
                    found.append(heir.members[name])
        return found

    def _member(self, callee: Member, unit: Unit, depth: int) -> Target:
        base, name = callee.base, callee.name
        if isinstance(base, Await):
            base = base.value
        if isinstance(base, Name) and base.text in SELF:
            own = self._own(name, unit)
            return Target(own, True) if own else self._field(name, unit, depth) or self._by_name(name, "", unit)
        receiver = last_name(base)
        typed = self._typed(base, unit, depth)
        if typed:
            found = self.members(typed, name)
            if found:
                return Target(found, len({unit.file.path for unit in found if unit.owner == typed}) < 2)
        if isinstance(base, Name):
            found_target = self._through(base, name, unit, depth)
            if found_target is not None:
                return found_target
        if isinstance(base, Member) and isinstance(base.base, Name) and base.base.text in ("props", "emit", "actions"):
            made = self._by_name(name, receiver, unit)
            made.delegated = True
            return made
        package = self.package(base, unit)
        if package:
            return Target([], True, package)
        made = self._by_name(name, receiver, unit)
        held = unit.lookup(base.text) if isinstance(base, Name) else None
        if held is not None and held.kind == "parameter":
            made.delegated = True
        if isinstance(base, Member) and last_name(base) in ("props", "$props"):
            made.delegated = True
        if receiver in ("props", "$emit"):
            made.delegated = True
        return made

    def _through(self, base: Name, name: str, unit: Unit, depth: int) -> Target | None:
        binding = unit.lookup(base.text)
        if binding is None:
            found = [t.members[name] for t in self.types.get(base.text, []) if name in t.members]
            return Target(found, True) if found else None
        if binding.kind == "import":
            file = self.file_of(binding.source, unit.file)
            if file is None:
                if unit.file.language != SCRIPT:
                    found = self.members(base.text, name)
                    return Target(found, True) if found else None
                if self.is_local(binding.source):
                    made = self._by_name(name, base.text, unit)
                    made.delegated = not made.units
                    return made
                return Target([], True, binding.source)
            given = self.exported(file, name) if binding.key == "*" else None
            if given is not None:
                return self._binding(given[1], name, given[0].top, depth + 1)
            found = self.members(base.text, name) if binding.key != "*" else []
            local = self._held(file, binding.key, name)
            found = local or found or _of_file(self.by_name.get(name, []), file)
            if found:
                return Target(found, True)
            inner = self.exported(file, binding.key)
            if inner is not None and inner[1].kind == "value" and inner[1].value is not None:
                package = self.package(inner[1].value, inner[0].top)
                if package:
                    return Target([], True, package)
            return self._by_name(name, base.text, unit)
        if binding.kind == "class":
            found = self.members(binding.key, name)
            return Target(found, True) if found else None
        if binding.kind == "value" and binding.value is not None:
            value = binding.value.value if isinstance(binding.value, Await) else binding.value
            if isinstance(value, Record):
                entry = value.get(name)
                if isinstance(entry, Lambda):
                    made_unit = (binding.unit or unit).file.by_function.get(id(entry.function))
                    if made_unit is not None:
                        return Target([made_unit], True)
                if entry is not None:
                    return self._resolve(entry, binding.unit or unit, depth + 1)
            if isinstance(value, Call) and name in _MUTATES:
                mutation = self._mutation(value, binding.unit or unit, depth)
                if mutation:
                    return Target(mutation, True)
            if isinstance(value, Call) and not binding.key:
                hook = self._resolve(value.callee, binding.unit or unit, depth + 1)
                for made_by in hook.units:
                    returned = self.returned(made_by, name)
                    if returned is not None:
                        return self._resolve(returned, made_by, depth + 1)
                if hook.package and not hook.units:
                    return Target([], True, hook.package)
            if isinstance(value, Member) and not binding.key:
                return self._resolve(Member(value.span, value, name), binding.unit or unit, depth + 1)
        return None

    def _held(self, file: File, exported: str, name: str) -> list[Unit]:
        """A member of the object that a file gives out under a name."""
        given = self.exported(file, exported)
        if given is None:
            return []
        home, binding = given
        value = binding.value
        holder = binding.key if binding.kind == "class" else ""
        if isinstance(value, Call) and isinstance(value.callee, Name):
            holder = value.callee.text if value.constructs else holder
        if isinstance(value, Name):
            holder = value.text
        if isinstance(value, Record):
            entry = value.get(name)
            if isinstance(entry, Lambda):
                made = home.by_function.get(id(entry.function))
                return [made] if made else []
            if isinstance(entry, (Name, Member)):
                return self._resolve(entry, home.top, 3).units
        if isinstance(value, Class):
            holder = value.name
        return self.members(holder, name) if holder else []

    def _field(self, name: str, unit: Unit, depth: int) -> Target | None:
        """`this.name()` where the member is a value."""
        for type_ in self.types.get(unit.owner, []):
            binding = type_.fields.get(name)
            if binding is not None and binding.value is not None and not isinstance(binding.value, Lambda):
                return self._resolve(binding.value, binding.unit or type_.file.top, depth + 1)
        return None

    def _typed(self, base: Node, unit: Unit, depth: int) -> str:
        """The written or constructed type of a receiver."""
        binding: Binding | None = None
        holder = unit
        if isinstance(base, Name):
            binding = unit.lookup(base.text)
            if binding is None and unit.file.language != SCRIPT:
                binding = self.field_binding(base.text, unit)
        elif isinstance(base, Member) and isinstance(base.base, Name) and base.base.text in SELF:
            binding = self.field_binding(base.name, unit)
        elif isinstance(base, Call):
            if isinstance(base.callee, Name) and base.callee.text in self.types:
                return base.callee.text
            if (
                last_name(base.callee)
                in ("inject", "get", "useContext", "resolve", "getIt", "read", "of", "koinInject")
                and base.arguments
            ):
                return last_name(base.arguments[0].value)
        elif isinstance(base, Member) and base.name in (
            "shared",
            "instance",
            "INSTANCE",
            "current",
            "default",
            "sharedInstance",
        ):
            return last_name(base.base)
        if binding is None:
            return ""
        if binding.type:
            return binding.type
        value = binding.value
        if value is not None and depth < 4 and not binding.key and value is not base:
            if isinstance(value, Call) and (
                value.constructs or (isinstance(value.callee, Name) and value.callee.text in self.types)
            ):
                return last_name(value.callee)
            if isinstance(value, (Call, Member)):
                return self._typed(value, binding.unit or holder, depth + 1)
        return ""

    def _by_name(self, name: str, receiver: str, unit: Unit, anywhere: bool = False) -> Target:
        """Functions of a name anywhere, when their owner or file fits the receiver or the name says enough by
        itself."""
        if not name or (name in _COMMON and not receiver):
            return Target()
        found: list[Unit] = []
        near = _bare(receiver)
        telling = (
            anywhere
            or vocabulary.is_logout(name)
            or "anonymi" in name.lower()
            or "fullstory" in name.lower()
            or "identif" in name.lower()
        )
        for other in self.by_name.get(name, []):
            if other is unit or other.use == "definition" or _around(unit, other):
                continue
            if other.use == "attribute":
                continue
            if (telling and (name not in _COMMON)) or (
                near
                and any(
                    near in home or home in near
                    for home in (_bare(other.owner), _bare(other.file.path.stem), _bare(other.file.path.parent.name))
                    if len(home) > 2
                )
            ):
                found.append(other)
        return Target(found, False)


_MUTATES = {"mutate", "mutateAsync", "trigger", "execute", "run", "runAsync"}


_COMMON = {
    "clear", "reset", "init", "start", "stop", "close", "open", "get", "set", "remove", "delete", "update", "create",
    "save", "load", "run", "then", "catch", "subscribe", "on", "off", "emit", "push", "replace", "log", "send",
    "post", "fetch", "next", "use", "add", "map", "filter", "forEach", "call", "apply", "render", "setup", "handler",
    "callback", "identify", "event", "track", "restart", "shutdown", "toString", "value", "default", "execute",
    "invoke",
}  # fmt: skip


"""Names so common that they say nothing without their receiver."""


def _bare(name: str) -> str:
    bare = re.sub(r"[^a-z0-9]", "", name.lower())
    return (
        re.sub(
            r"(service|store|manager|provider|context|client|impl|helper|util|utils|api|repository|repo|instance|"
            r"module|slice|actions?|use|interactor|viewmodel)+$",
            "",
            re.sub(r"^(use|i|my|the|inject)(?=[a-z]{4})", "", bare),
        )
        or bare
    )


def _of_file(units: list[Unit], file: File) -> list[Unit]:
    return [unit for unit in units if unit.file is file]


def _around(unit: Unit, other: Unit) -> bool:
    around: Unit | None = unit
    while around is not None:
        if around is other:
            return True
        around = around.parent
    return False


def _is_stub(unit: Unit) -> bool:
    """A declaration without a body, as in an interface."""
    return not unit.function.body and "abstract" in unit.function.decorators
