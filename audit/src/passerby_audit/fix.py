"""Corrections that are safe to make by machine, shown as a diff before they are made."""

from __future__ import annotations

import difflib
from collections import defaultdict
from pathlib import Path

from passerby_audit.audit import Result
from passerby_audit.program.findings import Edit
from passerby_audit.program.units import File
from passerby_audit.rules.insertion import applied


def corrected(result: Result) -> dict[Path, tuple[str, bytes, bytes]]:
    """Files to change: place → (path shown, text before, text after). A file that was recoded in reading is left
    alone."""
    edits: dict[File, list[Edit]] = defaultdict(list)
    for finding in result.findings:
        source = result.sources[finding.file.path]
        if not finding.edits or source.recoded:
            continue
        if all(_apart(edit, other) for edit in finding.edits for other in edits[finding.file]):
            edits[finding.file].extend(finding.edits)
    changed = {}
    for file, made in edits.items():
        if made:
            changed[result.sources[file.path].place] = (str(file.path), file.text, applied(file, made))
    return changed


def _apart(one: Edit, other: Edit) -> bool:
    return one.end <= other.start or other.end <= one.start


def diff(changed: dict[Path, tuple[str, bytes, bytes]]) -> str:
    """A unified diff of the corrections."""
    parts: list[str] = []
    for shown, before, after in changed.values():
        parts.extend(
            difflib.unified_diff(
                before.decode("utf-8", "replace").splitlines(keepends=True),
                after.decode("utf-8", "replace").splitlines(keepends=True),
                f"a/{shown}",
                f"b/{shown}",
            )
        )
    return "".join(parts)


def write(changed: dict[Path, tuple[str, bytes, bytes]]) -> int:
    """Make the corrections; returns how many files were changed. A file that has changed since it was read is left
    alone."""
    count = 0
    for place, (_, before, after) in changed.items():
        if place.read_bytes() == before:
            place.write_bytes(after)
            count += 1
    return count
