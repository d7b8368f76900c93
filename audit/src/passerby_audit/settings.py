"""What an audit is told: from `[tool.passerby-audit]` in pyproject.toml, or passerby-audit.toml, and then from the
command line."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from passerby_audit.program.findings import CONFIDENCES
from passerby_audit.rules.rule import Rule
from passerby_audit.sources import FILE_BYTES_MAX


class SettingsError(Exception):
    """A setting that cannot be; the text says which and what may be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`select` and `ignore` hold codes or names; an empty `select` is every rule."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    confidence: str = "high"
    hints: bool = False
    assume_identified: bool = False
    baseline: str = ""
    file_bytes_max: int = FILE_BYTES_MAX

    def wants(self, rule: Rule) -> bool:
        names = {rule.code, rule.name}
        return not (names & set(self.ignore)) and (not self.select or bool(names & set(self.select)))


_KINDS: dict[str, type] = {
    "select": list,
    "ignore": list,
    "exclude": list,
    "confidence": str,
    "hints": bool,
    "assume-identified": bool,
    "baseline": str,
    "max-file-bytes": int,
}
_FIELDS = {"assume-identified": "assume_identified", "max-file-bytes": "file_bytes_max"}


def discover(start: Path) -> Path | None:
    """The nearest settings file at or above a place."""
    here = start.absolute()
    for folder in (here, *here.parents) if here.is_dir() else here.parents:
        own = folder / "passerby-audit.toml"
        if own.is_file():
            return own
        project = folder / "pyproject.toml"
        if project.is_file():
            try:
                if "passerby-audit" in tomllib.loads(project.read_text("utf-8")).get("tool", {}):
                    return project
            except (OSError, ValueError):
                continue
    return None


def load(path: Path | None) -> Settings:
    """Settings from a file; none without one. Raises SettingsError."""
    if path is None:
        return Settings()
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path.name} cannot be read: {error}") from error
    table = document.get("tool", {}).get("passerby-audit", {}) if path.name == "pyproject.toml" else document
    return override(Settings(), table, path.name)


def override(settings: Settings, table: dict[str, Any], source: str) -> Settings:
    """Settings with those of a table in their place. Raises SettingsError."""
    given: dict[str, Any] = {}
    for key, value in table.items():
        kind = _KINDS.get(key)
        if kind is None:
            raise SettingsError(f"{source}: there is no setting `{key}`; there are {', '.join(_KINDS)}")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise SettingsError(f"{source}: `{key}` has to be a {kind.__name__}")
        given[_FIELDS.get(key, key)] = tuple(str(v) for v in value) if isinstance(value, list) else value
    if given.get("confidence", "high") not in CONFIDENCES:
        raise SettingsError(f"{source}: `confidence` has to be one of {', '.join(CONFIDENCES)}")
    return replace(settings, **given)
