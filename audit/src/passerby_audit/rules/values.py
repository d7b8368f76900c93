"""What an expression given as uid can turn out to be."""

from __future__ import annotations

from collections.abc import Iterator

from passerby_audit import vocabulary
from passerby_audit.program import conditions
from passerby_audit.program.sdk import PLACEHOLDER, Request
from passerby_audit.program.steps import Step
from passerby_audit.program.units import Unit, dotted, last_name
from passerby_audit.program.view import View
from passerby_audit.syntax import Await, Call, Choice, Literal, Member, Name, Node, Operation, Record, Template

_KEEPING = {
    "String", "toString", "trim", "toLowerCase", "toUpperCase", "encodeURIComponent", "decodeURIComponent",
    "lowercase", "uppercased", "lowercased", "str", "replace", "normalize", "slice", "substring", "lower", "strip",
    "toLocaleLowerCase", "valueOf", "btoa", "orEmpty", "format", "description", "uppercase",
}  # fmt: skip
"""Calls whose result still is what they were given, or nearly."""


def alternatives(node: Node | None, view: View, unit: Unit, depth: int = 0) -> Iterator[Node]:
    """The values that an expression may have: both sides of a fallback, both ends of a choice, what a name was
    given."""
    if node is None or depth > 6:
        return
    if isinstance(node, Operation) and node.operator in ("||", "??", "+"):
        for operand in node.operands:
            yield from alternatives(operand, view, unit, depth + 1)
    elif isinstance(node, Choice):
        yield from alternatives(node.yes, view, unit, depth + 1)
        yield from alternatives(node.no, view, unit, depth + 1)
    elif isinstance(node, Template):
        for piece in node.pieces:
            if not isinstance(piece, Literal):
                yield from alternatives(piece, view, unit, depth + 1)
    elif isinstance(node, Await):
        yield from alternatives(node.value, view, unit, depth + 1)
    elif isinstance(node, Call):
        if vocabulary.hashes(last_name(node.callee)):
            return
        if last_name(node.callee) in _KEEPING:
            inner = (
                node.callee.base
                if isinstance(node.callee, Member)
                and not (node.arguments and isinstance(node.callee.base, Name) and node.callee.base.text == "String")
                else None
            )
            if inner is None and node.arguments:
                inner = node.arguments[0].value
            yield from alternatives(inner, view, unit, depth + 1)
        else:
            yield node
    elif isinstance(node, Name):
        value = view.program.constant(node, unit)
        if value is None or value is node or isinstance(value, Name):
            yield value or node
        else:
            yield from alternatives(value, view, unit, depth + 1)
    else:
        yield node


def personal(node: Node | None, view: View, unit: Unit) -> str:
    """The words of personal data that a uid may be, or ''."""
    for value in alternatives(node, view, unit):
        if isinstance(value, Member) and vocabulary.is_personal(value.name):
            return dotted(value)
        if isinstance(value, Name) and vocabulary.is_personal(value.text):
            return value.text
        if (
            isinstance(value, Literal)
            and value.kind == "string"
            and "@" in value.value[1:]
            and "." in value.value.split("@")[-1]
        ):
            return value.value
        if isinstance(value, Call) and vocabulary.is_personal(last_name(value.callee).removeprefix("get")):
            return dotted(value)
    return ""


def fallback(node: Node | None, view: View, unit: Unit, depth: int = 0) -> str | None:
    """What a uid becomes when there is none: '' or a placeholder; None if it has no such end."""
    if node is None or depth > 5:
        return None
    if isinstance(node, Operation) and node.operator in ("||", "??") and len(node.operands) > 1:
        last = view.program.constant(node.operands[-1], unit)
        if isinstance(last, Literal):
            return _empty(last)
        return fallback(node.operands[-1], view, unit, depth + 1)
    if isinstance(node, Choice):
        for side in (node.yes, node.no):
            value = view.program.constant(side, unit)
            if isinstance(value, Literal) and _empty(value) is not None:
                return _empty(value)
        return fallback(node.yes, view, unit, depth + 1) or fallback(node.no, view, unit, depth + 1)
    if isinstance(node, Call):
        name = last_name(node.callee)
        if name == "orEmpty":
            return ""
        if name in _KEEPING:
            inner = (
                node.arguments[0].value
                if node.arguments
                else node.callee.base
                if isinstance(node.callee, Member)
                else None
            )
            return fallback(inner, view, unit, depth + 1)
        return None
    if isinstance(node, Name):
        value = view.program.constant(node, unit)
        if value is not None and value is not node and not isinstance(value, Member):
            return fallback(value, view, unit, depth + 1)
    return None


def _empty(value: Literal) -> str | None:
    if value.kind in ("null", "undefined"):
        return value.kind
    if value.kind == "string" and (not value.value or PLACEHOLDER.match(value.value)):
        return value.value
    return None


def optional(node: Node | None, view: View, unit: Unit) -> Member | None:
    """The access in a uid that stops at null, if there is one."""
    for value in alternatives(node, view, unit):
        if isinstance(node, Operation) and node.operator in ("||", "??"):
            return None
        part: Node | None = value
        while isinstance(part, (Member, Call)):
            if isinstance(part, Call):
                part = part.callee
            elif part.optional:
                return part
            else:
                part = part.base
    return None


def root(node: Node) -> str:
    """The first name of a chain."""
    while isinstance(node, (Member, Call, Await)):
        node = node.base if isinstance(node, Member) else node.callee if isinstance(node, Call) else node.value
    return node.text if isinstance(node, Name) else ""


def guarded(uid: Node, access: Node, step: Step) -> bool:
    """Whether a condition on the way has asked for what the uid is taken from."""
    names = {root(access), root(uid), vocabulary.words(last_name(access))} - {"", "this", "self", "props", "state"}
    chain: set[str] = set()
    part: Node = access
    while isinstance(part, Member):
        chain.add(dotted(part))
        part = part.base
    for condition in step.conditions:
        text = condition.unit.file.text_of(condition.test)
        if conditions.absent(condition.test, condition.taken):
            continue
        if any(name in text for name in names) or any(link in text for link in chain):
            return True
        if conditions.speaks_of_user(condition.test):
            return True
    return False


def uid_text(request: Request | None, unit: Unit) -> str:
    """The text of a uid, as written."""
    return "" if request is None or request.uid is None else unit.file.text_of(request.uid)


def handed(view: View, unit: Unit, uid: Node | None) -> Iterator[tuple[Unit, Call, Node]]:
    """When a uid is a parameter: what callers give for it."""
    if not isinstance(uid, (Name, Member)):
        return
    key = ""
    base: Node = uid
    if isinstance(uid, Member):
        key, base = uid.name, uid.base
    if not isinstance(base, Name):
        return
    binding = unit.lookup(base.text)
    if binding is None or binding.kind != "parameter" or binding.unit is None:
        return
    holder = binding.unit
    for caller, node in view.flow.callers.get(holder, []):
        if (
            not isinstance(node, Call)
            or caller in view.skipped
            or holder not in view.program.target(node.callee, caller).units
        ):
            continue
        value = next((a.value for a in node.arguments if a.label == base.text), None)
        if value is None and 0 <= binding.position < len(node.arguments) and not node.arguments[binding.position].label:
            value = node.arguments[binding.position].value
        if value is None:
            continue
        wanted = binding.key or key
        if wanted:
            made = view.program.constant(value, caller)
            value = made.get(wanted) if isinstance(made, Record) else None
        if value is not None:
            yield caller, node, value
