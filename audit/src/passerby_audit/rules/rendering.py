"""Which functions run each time something is drawn."""

from __future__ import annotations

from passerby_audit.program.units import Unit
from passerby_audit.syntax import Element, Lambda, Node, Return


def is_render(unit: Unit) -> bool:
    """A component's body, a hook's body, a class's render, a widget's build, a composable."""
    if unit.file.language == "javascript":
        if unit.name == "render" and unit.owner:
            return True
        if unit.name[:1].isupper() and not unit.owner_is_class:
            return _draws(unit.function.body)
        is_hook = unit.name.startswith("use") and unit.name[3:4].isupper()
        return is_hook and unit.use != "entry" and not unit.owner_is_class
    if unit.file.language == "dart":
        return unit.name == "build" and any(p.type == "BuildContext" for p in unit.function.parameters)
    if unit.file.language == "kotlin":
        return any("Composable" in d for d in unit.function.decorators)
    if unit.file.language == "swift":
        return unit.name == "body" and bool(unit.owner)
    return False


def _draws(nodes: list[Node]) -> bool:
    """Whether statements give back markup."""
    for node in nodes:
        if isinstance(node, Return) and node.value is not None and _has_element(node.value):
            return True
        if not isinstance(node, Lambda) and any(
            _draws([part]) for part in node.parts() if not isinstance(part, Lambda)
        ):
            return True
    return False


def _has_element(node: Node) -> bool:
    if isinstance(node, Element):
        return True
    return not isinstance(node, Lambda) and any(_has_element(part) for part in node.parts())
