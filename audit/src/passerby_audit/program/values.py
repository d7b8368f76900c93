"""What a value is: the constant behind a name, the package that it comes from, the field that holds it."""

from __future__ import annotations

from passerby_audit.program.files import SCRIPT, Files
from passerby_audit.program.units import Binding, Unit, last_name
from passerby_audit.syntax import Await, Call, Literal, Member, Name, Node, Record

SELF = ("this", "self", "that", "vm", "cls", "it")


class Values(Files):
    """Values over the files of one program."""

    def field_binding(self, name: str, unit: Unit) -> Binding | None:
        around: Unit | None = unit
        while around is not None:
            for type_ in self.types.get(around.owner, []) if around.owner else []:
                if name in type_.fields:
                    return type_.fields[name]
            around = around.parent
        return None

    def package(self, node: Node, unit: Unit, depth: int = 0) -> str:
        """The package outside that a value comes from, or ''."""
        if depth > 5:
            return ""
        if isinstance(node, (Await, Call)):
            return self.package(node.value if isinstance(node, Await) else node.callee, unit, depth + 1)
        if isinstance(node, Member):
            return self.package(node.base, unit, depth + 1)
        if isinstance(node, Name):
            binding = unit.lookup(node.text)
            if binding is None:
                return self._foreign(node.text, unit)
            if binding.kind == "import":
                if self.file_of(binding.source, unit.file) is None and not self.is_local(binding.source):
                    return binding.source
                return ""
            if binding.kind == "value" and binding.value is not None and binding.value is not node:
                value = binding.value
                if isinstance(value, Call) and last_name(value.callee) == "require" and value.arguments:
                    first = value.arguments[0].value
                    if isinstance(first, Literal) and not first.value.startswith("."):
                        return first.value
                return self.package(value, binding.unit or unit, depth + 1)
        return ""

    def _foreign(self, name: str, unit: Unit) -> str:
        """A name that nothing here binds is a library's: a class that is not here, or a global of the page."""
        if name in self.types or name in SELF or name in ("window", "globalThis", "document", "console", ""):
            return ""
        if unit.file.language == SCRIPT:
            return "" if name in self.by_name or name.startswith("$") else name
        return name if name[:1].isupper() else ""

    def constant(self, node: Node | None, unit: Unit, depth: int = 0) -> Node | None:
        """A value behind names that are given it once: `const id = email`, `Keys.TOKEN`."""
        if depth > 5 or node is None:
            return node
        if isinstance(node, Name):
            binding = unit.lookup(node.text)
            if binding is None and unit.file.language != SCRIPT:
                binding = self.field_binding(node.text, unit)
            if binding is None:
                return node
            if binding.kind == "import":
                file = self.file_of(binding.source, unit.file)
                given = self.exported(file, binding.key) if file is not None else None
                if given is not None and given[1].kind == "value" and given[1].value is not None and not given[1].key:
                    return self.constant(given[1].value, given[0].top, depth + 1)
                return node
            if binding.kind == "value" and binding.value is not None:
                if binding.key:
                    if "." in binding.key or binding.key == "*" or binding.key.isdigit():
                        return node
                    return Member(node.span, binding.value, binding.key)
                return self.constant(binding.value, binding.unit or unit, depth + 1)
            return node
        if isinstance(node, Member):
            base = self.constant(node.base, unit, depth + 1) if isinstance(node.base, (Name, Member)) else None
            if isinstance(base, Record):
                return self.constant(base.get(node.name), unit, depth + 1) or node
        return node
