"""Findings for programs: JSON, SARIF 2.1.0, and GitHub's annotations."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from passerby_audit import __version__
from passerby_audit.audit import Result
from passerby_audit.program.findings import Finding
from passerby_audit.rules.registry import RULES
from passerby_audit.rules.rule import Rule

_LEVELS = {"error": "error", "warning": "warning", "hint": "note"}


def fingerprint(finding: Finding) -> str:
    """The same for the same mistake after lines have moved: code, file, function and the line's text."""
    begin = finding.file.text.rfind(b"\n", 0, finding.span.start) + 1
    end = finding.file.text.find(b"\n", finding.span.start)
    line = finding.file.text[begin : end if end >= 0 else None].strip()
    said = "\0".join((finding.code, finding.path, finding.where, line.decode("utf-8", "replace")))
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _end(finding: Finding) -> tuple[int, int]:
    text = finding.file.text[finding.span.start : finding.span.end]
    lines = text.count(b"\n")
    column = finding.span.column + len(text) if lines == 0 else len(text) - text.rfind(b"\n")
    return finding.span.line + lines, column


def as_json(result: Result) -> str:
    """One object: `findings`, `suppressed`, `passed`, `notes`, `summary`."""
    document = {
        "tool": "passerby-audit",
        "version": __version__,
        "findings": [_object(f) for f in result.findings],
        "suppressed": [_object(f) for f in result.suppressed],
        "passed": [{"path": path, "reason": reason} for path, reason in result.passed],
        "notes": result.notes,
        "summary": {
            "files": result.files,
            "parsed": result.parsed,
            "lines": result.lines,
            "identifies": result.identifies,
            "baseline": len(result.known),
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _object(finding: Finding) -> dict[str, Any]:
    line, column = _end(finding)
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        "path": finding.path,
        "line": finding.span.line,
        "column": finding.span.column,
        "end_line": line,
        "end_column": column,
        "where": finding.where,
        "instead": finding.instead,
        "fixable": bool(finding.edits),
        "fingerprint": fingerprint(finding),
    }


def as_sarif(result: Result, rules: tuple[Rule, ...] = RULES) -> str:
    """A SARIF 2.1.0 log with one run; suppressed findings are in it, marked as such."""
    numbers = {rule.code: place for place, rule in enumerate(rules)}
    results = [_sarif(f, numbers, False) for f in result.findings] + [
        _sarif(f, numbers, True) for f in result.suppressed
    ]
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "passerby-audit",
                        "version": __version__,
                        "rules": [
                            {
                                "id": rule.code,
                                "name": "".join(word.title() for word in rule.name.split("-")),
                                "shortDescription": {"text": rule.title + "."},
                                "fullDescription": {"text": rule.page.strip()},
                                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
                                "help": {"text": rule.page.strip(), "markdown": rule.page.strip()},
                            }
                            for rule in rules
                        ],
                    }
                },
                "columnKind": "utf16CodeUnits",
                "results": results,
            }
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _sarif(finding: Finding, numbers: dict[str, int], suppressed: bool) -> dict[str, Any]:
    line, column = _end(finding)
    made: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": numbers[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": finding.path, "uriBaseId": "%SRCROOT%"},
                    "region": {
                        "startLine": finding.span.line,
                        "startColumn": finding.span.column,
                        "endLine": line,
                        "endColumn": max(column, 1),
                    },
                }
            }
        ],
        "partialFingerprints": {"passerby/v1": fingerprint(finding)},
        "properties": {"confidence": finding.confidence},
    }
    if suppressed:
        made["suppressions"] = [{"kind": "inSource"}]
    return made


def as_github(result: Result) -> str:
    """One workflow command per finding."""
    return "\n".join(_annotation(f) for f in result.findings)


def _annotation(finding: Finding) -> str:
    line, column = _end(finding)
    kind = {"error": "error", "warning": "warning", "hint": "notice"}[finding.severity]
    begin = f"line={finding.span.line},col={finding.span.column}"
    place = f"file={_property(finding.path)},{begin},endLine={line},endColumn={column}"
    return f"::{kind} {place},title={_property(f'{finding.code} {finding.name}')}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
