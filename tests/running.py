"""The real service as a process of its own, for tests that must not share one with it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

_DASHBOARD = re.compile(r"Dashboard\s+(https?://[^/]+)/ui/([^/]+)/")
_LAST_LINE_OF_WELCOME = re.compile(r"init\(|always use https")


class RunningService(msgspec.Struct, frozen=True):
    """A service that listens. `welcome` is all it printed before it began to serve."""

    base: str
    org: str
    welcome: str
    process: subprocess.Popen[str]


def clean_environment() -> dict[str, str]:
    """The environment without this machine's own Passerby settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PASSERBY_")}


@contextmanager
def running_service(data: Path | str, *flags: str, command: str = "serve", **settings: str) -> Iterator[RunningService]:
    """`passerby serve`, or another command that serves, on a free port, until the block ends.

    `settings` go in as PASSERBY_*.
    """
    environment = clean_environment() | {f"PASSERBY_{name.upper()}": value for name, value in settings.items()}
    line = [sys.executable, "-u", "-m", "passerby", command, "--port", "0", "--data", str(data), *flags]
    process = subprocess.Popen(
        line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield _welcomed(process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _welcomed(process: subprocess.Popen[str]) -> RunningService:
    """Waits for the whole welcome: the listener is bound before it is printed."""
    assert process.stdout is not None
    welcome = ""
    for line in process.stdout:
        welcome += line
        if _LAST_LINE_OF_WELCOME.search(line):
            break
    found = _DASHBOARD.search(welcome)
    if found is None:
        raise AssertionError(f"the service did not start:\n{welcome}")
    return RunningService(found[1], found[2], welcome, process)
