"""The processes of a browser."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


@contextlib.contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that writes to `output`, until the block ends."""
    with (
        output.open("wb") as lines,
        subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=lines, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def kill_below(parent: int, *names: str) -> None:
    """End at once every process that comes from `parent` and whose name begins like one of these."""
    parents: dict[int, tuple[int, str]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, _, rest = stat.read_text().partition(" (")
            name, _, after = rest.rpartition(") ")
            parents[int(pid)] = (int(after.split()[1]), name)
    for child, (_, named) in parents.items():
        if named.startswith(names) and _comes_from(child, parent, parents):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def _comes_from(pid: int, ancestor: int, parents: Mapping[int, tuple[int, str]]) -> bool:
    while pid in parents and pid != ancestor:
        pid = parents[pid][0]
    return pid == ancestor


def bare_environment(home: Path) -> dict[str, str]:
    """This environment without a proxy, and with another home."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "LIBGL_ALWAYS_SOFTWARE": "1"}
