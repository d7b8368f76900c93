"""Planting a fault: what is tested is imported anew with one text of one module replaced, and forgotten afterwards.

Nothing on disk changes. A fault whose text is not in its module exactly once fails loudly: the code moved on and the
fault has to follow it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Final

import msgspec

SERVER_RUNNER: Final = "tests.vectors.server"
SERVER: Final = ("passerby", SERVER_RUNNER)


class Fault(msgspec.Struct, frozen=True):
    """One small thing that could be wrong, and the vectors that would say so."""

    name: str
    module: str
    text: str
    instead: str
    caught_by: tuple[str, ...]


class _Loader(SourceFileLoader):
    def __init__(self, fault: Fault, path: str) -> None:
        super().__init__(fault.module, path)
        self._fault = fault

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode()
        if source.count(self._fault.text) != 1:
            raise LookupError(f"{self._fault.name}: {fullname} has its text {source.count(self._fault.text)} times")
        return compile(source.replace(self._fault.text, self._fault.instead), self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._fault.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            raise LookupError(f"{self._fault.name}: there is no module {fullname}")
        spec.loader = _Loader(self._fault, spec.origin)
        return spec


@contextmanager
def planted(fault: Fault, runner_name: str = SERVER_RUNNER, ours: Sequence[str] = SERVER) -> Iterator[ModuleType]:
    """The runner of that name, on what has `fault`. `ours` are the modules and packages that are imported anew."""
    set_aside = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_in(name, ours)}
    finder = _Finder(fault)
    sys.meta_path.insert(0, finder)
    try:
        runner = importlib.import_module(runner_name)
        if fault.module not in sys.modules:
            raise LookupError(f"{fault.name}: the runner does not use {fault.module}")
        yield runner
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if _is_in(name, ours)]:
            del sys.modules[name]
        sys.modules.update(set_aside)


def _is_in(name: str, ours: Sequence[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in ours)
