"""Corrected code, made from the code that is there."""

from __future__ import annotations

import re

from passerby_audit.program.findings import Edit
from passerby_audit.program.steps import Path
from passerby_audit.program.units import File, Unit
from passerby_audit.syntax import Declare, Evaluate, Node, Return, Throw, descend

_LINES_MAX = 4
_BEFORE = re.compile(rb"^\s*((const|let|var|val|final|await|void|export)\s+)*$")
_AFTER = re.compile(rb"^\s*[;,]?\s*(//.*)?$")


def line_bounds(text: bytes, start: int, end: int) -> tuple[int, int]:
    """The bytes of the whole lines around a range, without the last newline."""
    begin = text.rfind(b"\n", 0, start) + 1
    stop = text.find(b"\n", end)
    return begin, len(text) if stop < 0 else stop


def indent_of(text: bytes, at: int) -> str:
    begin = text.rfind(b"\n", 0, at) + 1
    line = text[begin:at]
    return line[: len(line) - len(line.lstrip())].decode("utf-8", "replace")


def before_leaving(unit: Unit, node: Node, leak: Path, release: str) -> str:
    """The statement that ends the session with a release after it, or the one that leaves with a release before it."""
    file = unit.file
    site = next((s.site for s in leak.steps if s.kind == "navigate" and _inside(s.site, unit)), None)
    place = site or node
    statement = _statement(unit, place)
    is_value = _is_value(file, statement)
    before = site is not None or (isinstance(statement, (Return, Throw)) and not is_value)
    if is_value or not _alone(file, statement):
        first, *more = file.text_of(statement).rstrip(";").splitlines()
        said = f"{first} …" if more else first
        both = f"{release}; {said};" if before else f"{said}; {release};"
        return f"{{ {both} }}" if is_value else both
    begin, stop = line_bounds(file.text, statement.span.start, statement.span.end)
    text = file.text[begin:stop].decode("utf-8", "replace")
    pad = indent_of(file.text, statement.span.start)
    inserted = f"{pad}{release}{';' if text.rstrip().endswith(';') else ''}"
    shown = _shortened(text.splitlines(), pad)
    return f"{inserted}\n{shown}" if before else f"{shown}\n{inserted}"


def on_press(file: File, attribute: Node, release: str) -> str:
    """The line of a link's address with a release when the link is pressed, where a handler can hold one."""
    begin, stop = line_bounds(file.text, attribute.span.start, attribute.span.end)
    before = file.text[begin : attribute.span.end].decode("utf-8", "replace")
    after = file.text[attribute.span.end : stop].decode("utf-8", "replace")
    handler = "onSubmit" if file.text_of(attribute).startswith("action") else "onClick"
    if file.path.suffix in (".html", ".htm"):
        return f'{before} {handler.lower()}="{release}"{after}'
    if file.path.suffix in (".vue", ".svelte"):
        return ""
    return f"{before} {handler}={{() => {release}}}{after}"


def _statement(unit: Unit, place: Node) -> Node:
    """The innermost statement that holds a place; else the place itself."""
    found = place
    for node in descend(unit.function):
        if (
            isinstance(node, (Evaluate, Declare, Return, Throw))
            and node.span.start <= place.span.start
            and place.span.end <= node.span.end
        ):
            found = node
    return found


def _alone(file: File, statement: Node) -> bool:
    """Whether a statement has its lines to itself, or is too long to be shown amid one."""
    begin, stop = line_bounds(file.text, statement.span.start, statement.span.end)
    before = file.text[begin : statement.span.start]
    after = file.text[statement.span.end : stop]
    said = file.text[statement.span.start : statement.span.end]
    return b"\n" in said or (_BEFORE.match(before) is not None and _AFTER.match(after) is not None)


def _is_value(file: File, statement: Node) -> bool:
    """Whether a statement is the one expression that a function gives back: `onClick={() => signOut()}`."""
    return isinstance(statement, Return) and not file.text_of(statement).startswith("return")


def _shortened(lines: list[str], pad: str) -> str:
    """A statement on at most four lines."""
    return "\n".join(lines if len(lines) <= _LINES_MAX else [*lines[: _LINES_MAX - 2], f"{pad}…", lines[-1]])


def _inside(node: Node, unit: Unit) -> bool:
    return unit.function.span.start <= node.span.start and node.span.end <= unit.function.span.end


def applied(file: File, edits: list[Edit]) -> bytes:
    """A file's text with edits made; they may not overlap."""
    text = file.text
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        text = text[: edit.start] + edit.text.encode() + text[edit.end :]
    return text


def without_line(file: File, node: Node) -> Edit | None:
    """The removal of a statement that has its lines to itself."""
    begin, stop = line_bounds(file.text, node.span.start, node.span.end)
    before = file.text[begin : node.span.start].strip()
    after = file.text[node.span.end : stop].strip()
    if before in (b"", b"await", b"void") and after in (b"", b";"):
        return Edit(begin, min(stop + 1, len(file.text)), "")
    return None
