"""Findings that are known already: a file that lets a code base start clean and keeps new ones out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from passerby_audit.audit import Result
from passerby_audit.report.structured import fingerprint
from passerby_audit.settings import SettingsError


def write(path: Path, result: Result) -> int:
    """Keep what was found; returns how many."""
    found = [{"code": f.code, "path": f.path, "where": f.where, "fingerprint": fingerprint(f)} for f in result.findings]
    path.write_text(json.dumps({"version": 1, "findings": found}, indent=2) + "\n", "utf-8")
    return len(found)


def apply(path: Path, result: Result) -> None:
    """Move what the file knows from `findings` to `known`. Raises SettingsError for a file that is none."""
    try:
        document = json.loads(path.read_text("utf-8"))
        known = Counter(str(entry["fingerprint"]) for entry in document["findings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path} is no baseline: {error}") from error
    fresh = []
    for finding in result.findings:
        mark = fingerprint(finding)
        if known[mark] > 0:
            known[mark] -= 1
            result.known.append(finding)
        else:
            fresh.append(finding)
    result.findings = fresh
