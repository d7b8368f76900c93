"""The logout paths of an app, one line each: where, of which kind, and what releases the identity on it."""

from __future__ import annotations

import json

import click

from passerby_audit.audit import Result
from passerby_audit.program.logout import LogoutPath

_SAID = {
    "here": "releases the identity",
    "callers": "its callers release the identity",
    "watched": "the identity is released by what watches the user",
    "elsewhere": "released elsewhere, as far as can be seen",
    "": "DOES NOT RELEASE the identity",
}


def render(result: Result, as_json: bool) -> str:
    """The report as text or JSON."""
    paths = [p for p in result.logouts if p.confident]
    if as_json:
        return json.dumps({"identifies": result.identifies, "logout_paths": [_object(p) for p in paths]}, indent=2)
    if not result.identifies:
        return "Nobody is identified in this code, so there is nothing to release."
    if not paths:
        return "No logout path was found."
    lines = [_line(p) for p in paths]
    open_ = sum(not p.released for p in paths)
    lines.append(f"{len(paths)} logout paths, {open_} of them without a release.")
    return "\n".join(lines)


def _line(path: LogoutPath) -> str:
    said = _SAID[path.released]
    if path.leak is not None and path.partly and not path.released:
        said = "releases the identity on some ways through it only"
    by = f" ({path.by.title}, {path.by.file.path}:{path.by.function.span.line})" if path.by is not None else ""
    place = f"{path.unit.named().title} at {path.unit.file.path}:{path.node.span.line}"
    mark = click.style("ok ", fg="green") if path.released else click.style("NO ", fg="red")
    return f"{mark} {path.kind:<8} {place}: {said}{by}"


def _object(path: LogoutPath) -> dict[str, object]:
    return {
        "path": str(path.unit.file.path),
        "line": path.node.span.line,
        "where": path.unit.named().title,
        "kind": path.kind,
        "released": path.released or None,
        "partly": path.partly,
        "by": None if path.by is None else path.by.title,
    }
