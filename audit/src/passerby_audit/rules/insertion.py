"""Corrected code, made from the code that is there."""

from __future__ import annotations

from passerby_audit.program.findings import Edit
from passerby_audit.program.steps import Path
from passerby_audit.program.units import File, Unit
from passerby_audit.syntax import Node


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
    """The line that ends the session, or leaves, with a release before it."""
    file = unit.file
    site = next((s.site for s in leak.steps if s.kind == "navigate" and _inside(s.site, unit)), None)
    place = site or node
    begin, stop = line_bounds(file.text, place.span.start, place.span.start)
    line = file.text[begin:stop].decode("utf-8", "replace")
    pad = indent_of(file.text, place.span.start)
    mark = (
        ";"
        if line.rstrip().endswith(";") or (file.language == "javascript" and release.endswith(")") and ";" in line)
        else ""
    )
    inserted = f"{pad}{release}{mark}"
    return f"{inserted}\n{line}" if site is not None else f"{line}\n{inserted}"


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
