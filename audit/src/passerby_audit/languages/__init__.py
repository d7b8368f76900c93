"""Files to syntax, one module per grammar; what a file is follows from its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from passerby_audit.languages import dart, java, javascript, kotlin, markup, python, swift
from passerby_audit.syntax import Module

_LOWERINGS: dict[str, Callable[[bytes], Module]] = {
    ".js": lambda text: javascript.lower(text, "javascript"),
    ".jsx": lambda text: javascript.lower(text, "javascript"),
    ".mjs": lambda text: javascript.lower(text, "javascript"),
    ".cjs": lambda text: javascript.lower(text, "javascript"),
    ".ts": lambda text: javascript.lower(text, "typescript"),
    ".mts": lambda text: javascript.lower(text, "typescript"),
    ".cts": lambda text: javascript.lower(text, "typescript"),
    ".tsx": lambda text: javascript.lower(text, "tsx"),
    ".vue": markup.lower,
    ".svelte": markup.lower,
    ".html": markup.lower,
    ".htm": markup.lower,
    ".kt": kotlin.lower,
    ".kts": kotlin.lower,
    ".swift": swift.lower,
    ".java": java.lower,
    ".dart": dart.lower,
    ".py": python.lower,
}


def is_known(path: PurePosixPath) -> bool:
    """Whether a file's language is one of those read here; type declarations hold no code."""
    return path.suffix in _LOWERINGS and not path.name.endswith(
        (".d.ts", ".min.js", ".g.dart", ".freezed.dart", ".gradle.kts")
    )


def lower(path: PurePosixPath, text: bytes) -> Module:
    """The syntax of a file whose name `is_known`."""
    return _LOWERINGS[path.suffix](text)
