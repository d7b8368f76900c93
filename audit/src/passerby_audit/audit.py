"""One audit: paths in, findings out. The only place that knows all the parts."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from passerby_audit import languages
from passerby_audit.program.findings import CONFIDENCES, Finding
from passerby_audit.program.logout import LogoutPath
from passerby_audit.program.units import File
from passerby_audit.program.view import View
from passerby_audit.rules.registry import RULES
from passerby_audit.rules.rule import Rule, run
from passerby_audit.settings import Settings
from passerby_audit.sources import Gathered, Source, gather, speaks_of_ending, speaks_of_sdk
from passerby_audit.suppressions import Suppressions

_RECURSION_MAX = 12_000
_COMMON_NAMES = {
    "index", "main", "app", "utils", "helpers", "common", "types", "constants", "config", "init", "reset", "clear",
    "identify", "track", "event", "log", "start", "stop", "render", "constructor", "default", "setup", "handler",
    "update", "create", "load", "logout", "login", "signOut", "signIn", "on", "get", "set", "run", "use", "call",
    "then",
}  # fmt: skip


@dataclass(slots=True)
class Result:
    """What an audit found.

    `findings` are to be shown; `suppressed` were answered by a comment with a reason, `known` by the baseline.
    `passed` are files that were not judged, with the reason. `notes` are what is wrong with the comments themselves.
    """

    findings: list[Finding] = field(default_factory=list)
    suppressed: list[Finding] = field(default_factory=list)
    known: list[Finding] = field(default_factory=list)
    passed: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    logouts: list[LogoutPath] = field(default_factory=list)
    identifies: bool = False
    sources: dict[PurePosixPath, Source] = field(default_factory=dict)
    files: int = 0
    parsed: int = 0
    lines: int = 0


def audit(
    paths: list[Path], settings: Settings, rules: tuple[Rule, ...] = RULES, progress: Callable[[], None] | None = None
) -> Result:
    """Audit everything below some paths."""
    if sys.getrecursionlimit() < _RECURSION_MAX:
        sys.setrecursionlimit(_RECURSION_MAX)
    gathered = gather(paths, settings.exclude, settings.file_bytes_max, progress)
    result = Result(passed=gathered.passed, files=len(gathered.sources))
    result.sources = {source.path: source for source in gathered.sources}
    result.lines = sum(source.text.count(b"\n") + 1 for source in gathered.sources)
    files = _Reading(gathered, result, settings.assume_identified).files()
    result.parsed = len(files)
    if not files:
        return result
    view = View(files, settings.assume_identified or _is_excerpt(gathered, files))
    result.logouts = view.logouts.paths
    result.identifies = view.logouts.identifies
    chosen = [rule for rule in rules if settings.wants(rule)]
    suppressions = {file: Suppressions(file) for file in files}
    for finding in run(chosen, view):
        if not _is_shown(finding, settings):
            continue
        if suppressions[finding.file].answer(finding):
            result.suppressed.append(finding)
        else:
            result.findings.append(finding)
    for file, found in suppressions.items():
        result.notes.extend(f"{file.path}:{line}: {text}" for line, text in found.complaints())
    result.findings.sort(key=lambda f: (f.path, f.span.start, f.code))
    return result


def _is_shown(finding: Finding, settings: Settings) -> bool:
    if finding.severity == "hint" and not settings.hints:
        return False
    return CONFIDENCES.index(finding.confidence) <= CONFIDENCES.index(settings.confidence)


def _is_excerpt(gathered: Gathered, files: list[File]) -> bool:
    """Single files that are named, not found, and mention the SDK are excerpts of an app whose identify may be
    elsewhere."""
    return (
        bool(files)
        and all(file.path in gathered.named for file in files)
        and any(speaks_of_sdk(file.text) for file in files)
    )


class _Reading:
    """Which of the files are parsed, in rounds: those that speak of the SDK or of a logout, then those that name what
    leads there."""

    def __init__(self, gathered: Gathered, result: Result, assume_identified: bool = False) -> None:
        self.assumed = assume_identified
        self.gathered = gathered
        self.result = result
        self.read: dict[PurePosixPath, File] = {}

    def files(self) -> list[File]:
        speaking = [s for s in self.gathered.sources if speaks_of_sdk(s.text)]
        if not speaking and not self.assumed:
            return []
        for source in speaking:
            self._parse(source)
        chosen = {s.path for s in speaking}
        for source in self.gathered.sources:
            if source.path not in chosen and speaks_of_ending(source.text.lower()):
                chosen.add(source.path)
                self._parse(source)
        fresh = [self.read[s.path] for s in speaking if s.path in self.read]
        rest = [s for s in self.gathered.sources if s.path not in chosen]
        for _ in range(2):
            names = self._names(fresh)
            if not names or not rest:
                break
            pattern = re.compile(rb"\b(" + b"|".join(re.escape(n.encode()) for n in sorted(names)) + rb")\b")
            found = [s for s in rest if pattern.search(s.text)]
            rest = [s for s in rest if s not in found]
            before = set(self.read)
            for source in found:
                self._parse(source)
            fresh = [file for path, file in self.read.items() if path not in before]
        return sorted(self.read.values(), key=lambda f: f.path)

    def _names(self, files: list[File]) -> set[str]:
        names: set[str] = set()
        for file in files:
            if not speaks_of_sdk(file.text) or (file.module.broken and len(file.text) > 200_000):
                continue
            for unit in file.units:
                said = file.text[unit.function.span.start : unit.function.span.end]
                telling = len(unit.name) > 4 and unit.name not in _COMMON_NAMES
                reachable = unit.parent is None or unit.parent.is_top or unit.owner
                if telling and reachable and (b"FS" in said or b"ull" in said):
                    names.add(unit.name)
            if file.path.stem.lower() not in _COMMON_NAMES and re.search(
                r"story|analytic|track|telemetry|identity", file.path.stem, re.IGNORECASE
            ):
                names.add(file.path.stem)
        return names

    def _parse(self, source: Source) -> None:
        if source.path in self.read:
            return
        try:
            module = languages.lower(source.path, source.text)
            self.read[source.path] = File(source.path, source.text, module)
        except RecursionError:
            self.result.passed.append((str(source.path), "nested too deeply"))
            return
        if module.broken:
            self.result.passed.append((str(source.path), "has syntax errors; judged by the rest"))
