"""The files of a program, and what an import names among them."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath

from passerby_audit.program.units import Binding, File, Type, Unit
from passerby_audit.syntax import Lambda

SCRIPT = "javascript"


class Files:
    """Every file that was read, by its names."""

    def __init__(self, files: list[File]) -> None:
        self.files = files
        self.by_stem: dict[str, list[File]] = defaultdict(list)
        self.by_name: dict[str, list[Unit]] = defaultdict(list)
        self.types: dict[str, list[Type]] = defaultdict(list)
        self.folders = {part for file in files for part in file.path.parent.parts}
        for file in files:
            self.by_stem[file.path.stem].append(file)
            if file.path.stem in ("index", "__init__"):
                self.by_stem[file.path.parent.name].append(file)
            for unit in file.units:
                if unit.name:
                    self.by_name[unit.name].append(unit)
            for type_ in file.types.values():
                self.types[type_.name].append(type_)
        self._heirs: dict[str, list[Type]] = defaultdict(list)
        for types in self.types.values():
            for type_ in types:
                for base in type_.bases:
                    for word in re.findall(r"\w+", base):
                        self._heirs[word].append(type_)

    def is_local(self, source: str) -> bool:
        """Whether an import names a file of this code base, here to be read or not, rather than a package."""
        if source.startswith((".", "@/", "~", "src/", "#")):
            return True
        first = source.split("/")[0].lstrip("@")
        return "/" in source and first in self.folders

    def file_of(self, source: str, near: File) -> File | None:
        """The file that an import names, if it is among those read."""
        stem = PurePosixPath(source).name
        candidates = (
            self.by_stem.get(stem)
            or self.by_stem.get(re.sub(r"\.(js|ts|jsx|tsx|mjs|vue|svelte|dart)$", "", stem))
            or []
        )
        if source.startswith("."):
            parts: list[str] = list(near.path.parent.parts)
            for part in source.split("/"):
                if part == "..":
                    parts = parts[:-1]
                elif part != ".":
                    parts.append(part)
            wanted = "/".join(parts)
            if not parts or stem in (".", ".."):
                candidates = self.by_stem.get(parts[-1] if parts else "index", [])
            for file in candidates:
                if self._leads_to(wanted, file):
                    return file
            return None
        if "/" not in source and not source.startswith(("@", "~", "#")):
            return None
        if re.match(r"^@[\w.-]+/[\w.-]+$", source) and not source.startswith(
            (
                "@/",
                "@libs",
                "@src",
                "@app",
                "@lib",
                "@util",
                "@services",
                "@store",
                "@context",
                "@hooks",
                "@components",
                "@common",
                "@core",
                "@shared",
            )
        ):
            tail = source
        else:
            tail = re.sub(r"^(@|~|#|src|app|package:\w+)/", "", source)
        for wanted in (tail, "/".join(tail.split("/")[1:])):
            if not wanted:
                continue
            found = [file for file in candidates if self._leads_to(wanted, file, loose=True)]
            if found:
                return found[0]
        return None

    def _leads_to(self, wanted: str, file: File, loose: bool = False) -> bool:
        path = str(file.path)
        for form in (path, str(file.path.parent) if file.path.stem in ("index", "__init__") else path):
            bare = re.sub(
                r"(\.(native|web|ios|android|client|server))?\.(tsx?|jsx?|mjs|cjs|mts|vue|svelte|dart|py)$", "", form
            )
            for end in (form, bare):
                if end == wanted or (loose and end.endswith("/" + wanted)):
                    return True
        return False

    def exported(self, file: File, name: str, depth: int = 0) -> tuple[File, Binding] | None:
        """What a file gives out under a name."""
        if depth > 6:
            return None
        found = file.exports.get(name)
        if found is not None:
            here, source, value = found
            if source is not None:
                other = self.file_of(source, file)
                return None if other is None else self.exported(other, here, depth + 1)
            binding = file.top.names.get(here) if here else None
            if binding is not None:
                if binding.kind == "import":
                    other = self.file_of(binding.source, file)
                    if other is not None and binding.key != "*":
                        return self.exported(other, binding.key, depth + 1)
                return file, binding
            if isinstance(value, Lambda):
                return file, Binding("function", unit=file.by_function.get(id(value.function)))
            if value is not None:
                return file, Binding("value", value, "", "", "", file.top)
            return None
        for source in file.stars:
            other = self.file_of(source, file)
            if other is not None and other is not file:
                inner = self.exported(other, name, depth + 1)
                if inner is not None:
                    return inner
        if file.language != SCRIPT:
            binding = file.top.names.get(name)
            if binding is not None:
                return file, binding
        return None
