"""Findings for people at a terminal: the place, the code, and the corrected code beside it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from passerby_audit.audit import Result
from passerby_audit.program.findings import Finding

_COLOURS = {"error": "red", "warning": "yellow", "hint": "blue"}
_WIDTH_MAX = 110


def render(result: Result) -> str:
    """The whole report."""
    parts = [_finding(finding) for finding in result.findings]
    parts.extend(click.style(note, fg="yellow") for note in result.notes)
    parts.append("\n".join(_summary(result)))
    return "\n\n".join(part for part in parts if part)


def _finding(finding: Finding) -> str:
    head = (
        f"{click.style(f'{finding.path}:{finding.span.line}:{finding.span.column}', bold=True)}: "
        f"{click.style(f'{finding.severity} {finding.code}', fg=_COLOURS[finding.severity])} {finding.name}"
        f"{f' (in {finding.where})' if finding.where else ''}"
        f"{'' if finding.confidence == 'high' else f' [{finding.confidence} confidence]'}"
    )
    lines = [head, f"  {finding.message}", *_code(finding)]
    return "\n".join(lines)


def _code(finding: Finding) -> Iterator[str]:
    text = finding.file.text.decode("utf-8", "replace").splitlines()
    first = finding.span.line
    last = min(first + finding.file.text[finding.span.start : finding.span.end].count(b"\n"), first + 3)
    wide = len(str(last))
    for number in range(first, last + 1):
        if number <= len(text):
            yield f"  {number:>{wide}} | {text[number - 1][:_WIDTH_MAX]}"
    if finding.instead:
        for line in finding.instead.splitlines()[:8]:
            yield click.style(f"  {'+':>{wide}} | {line[:_WIDTH_MAX]}", fg="green")


def _summary(result: Result) -> Iterator[str]:
    counts = {severity: sum(f.severity == severity for f in result.findings) for severity in _COLOURS}
    said = ", ".join(f"{count} {severity}{'' if count == 1 else 's'}" for severity, count in counts.items() if count)
    answered = f", {len(result.suppressed)} suppressed" if result.suppressed else ""
    known = f", {len(result.known)} in the baseline" if result.known else ""
    found = f"{said or 'Nothing found'}{answered}{known}"
    yield f"{found} in {result.files} files ({result.lines} lines; {result.parsed} mattered)."
    whole = [p for p in result.passed if not p[1].startswith("has syntax errors")]
    if whole:
        yield f"Passed over: {len(whole)} (say --passed to see which and why)."
    fixable = sum(bool(f.edits) for f in result.findings)
    if fixable:
        yield f"{fixable} can be corrected by --fix."
