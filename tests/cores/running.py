"""Cores that perform scripts: Python's, in this process, and any other's, behind a command (README.md)."""

from __future__ import annotations

import json
import queue
import shlex
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from sdk.python.tests.runner import Run

JS: Final = Path(__file__).parents[2] / "sdk" / "js"
OTHER: Final = Path(__file__).with_name("other.ts")
_OTHERS: Final = frozenset({"v", "org", "key", "sdk"})
PATIENCE_S: Final = 60
"""How long a script may take, on a machine that does much else."""


class Core(Protocol):
    name: str

    def take(self, lines: Sequence[str]) -> None:
        """Scripts to perform, each a line of JSON."""
        ...

    def give(self) -> list[str]:
        """What came of the scripts taken, a line each, in order."""
        ...


class Here:
    """The Python core, or the one that another runner has: a fault may be planted in it (`tests/faults`)."""

    def __init__(self, run: Callable[[Any], Any] = Run, name: str = "python") -> None:
        self.name = name
        self._run = run
        self._taken: list[str] = []

    def take(self, lines: Sequence[str]) -> None:
        self._taken += lines

    def give(self) -> list[str]:
        taken, self._taken = self._taken, []
        return [self._perform(json.loads(line)) for line in taken]

    def _perform(self, script: dict[str, Any]) -> str:
        found: list[str] = []
        try:
            run = self._run({**script, "id": "", "covers": []})
            found.extend(json.dumps(_bare(run.outcome(step))) for step in script["steps"])
        except Exception as error:
            found.append(json.dumps({"escaped": f"{type(error).__name__}: {error}"}))
        return f"[{','.join(found)}]"


def _bare(outcome: dict[str, Any]) -> dict[str, Any]:
    """Without those members of the queue that are no operation's own: bundles show them."""
    queue = [{name: value for name, value in op.items() if name not in _OTHERS} for op in outcome["queue"]]
    return {**outcome, "queue": queue}


class Command:
    """A core that reads a script a line and writes a line of outcomes for each."""

    def __init__(self, command: str) -> None:
        words = shlex.split(command)
        self.name = "js" if words[0] == "node" else Path(words[0]).name
        self._words = words
        self._waiting = 0
        self._start()

    def _start(self) -> None:
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", bufsize=1 << 20
        )
        threading.Thread(target=self._listen, args=(self._process, self._said), daemon=True).start()

    @staticmethod
    def _listen(process: subprocess.Popen[str], said: queue.SimpleQueue[str]) -> None:
        """It must never wait for us to read, while we wait for it to read."""
        assert process.stdout is not None
        for line in iter(process.stdout.readline, ""):
            said.put(line)
        said.put("")

    def take(self, lines: Sequence[str]) -> None:
        assert self._process.stdin is not None
        self._waiting += len(lines)
        try:
            self._process.stdin.write("".join(f"{line}\n" for line in lines))
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # `give` finds that it has ended.

    def give(self) -> list[str]:
        waiting, self._waiting = self._waiting, 0
        found: list[str] = []
        while len(found) < waiting:
            try:
                line, why = self._said.get(timeout=PATIENCE_S), "it ended"
            except queue.Empty:
                line, why = "", f"no answer within {PATIENCE_S} s"
            if not line:
                self.close()
                self._start()
                rest = ["not performed"] * (waiting - len(found) - 1)
                return [*found, *(json.dumps([{"escaped": text}]) for text in (why, *rest))]
            found.append(line)
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def js_core(folder: Path) -> str:
    """The command of the JavaScript core, built into that folder."""
    built = folder / "other.mjs"
    options = ["--bundle", "--platform=node", "--format=esm", f"--outfile={built}", "--log-level=warning"]
    subprocess.run([JS / "node_modules/.bin/esbuild", OTHER, *options], check=True)
    return shlex.join(["node", str(built)])


def scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="cores-")
