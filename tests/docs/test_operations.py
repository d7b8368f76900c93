"""The page for operators is typed, command by command, on a clean clone; systemd takes what it is handed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from passerby.cli.commands import main as passerby
from passerby.config import load
from tests.docs.pages import ROOT
from tests.running import clean_environment

_PAGE: Final = ROOT / "docs/operations.md"
_FENCE: Final = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PLAYED: Final = ("install", "runuser", "systemctl", "useradd")
_NEEDED: Final = ("bash", "curl", "git", "openssl")
_TIMEOUT_S: Final = 900


def typed() -> str:
    """All that the page has an operator type."""
    return "".join(_FENCE.findall(_PAGE.read_text()))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Machine:
    """A folder that stands for an empty machine."""

    def __init__(self, folder: Path) -> None:
        self.root, self.bin = folder / "machine", folder / "bin"
        for path in (self.root / "etc/systemd/system", self.root / "var/lib/passerby", self.bin):
            path.mkdir(parents=True)
        (self.root / "var/lib/passerby").chmod(0o700)  # systemd's StateDirectory
        for name in ("opt", "var/backups"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.environment = {
            **clean_environment(),
            "MACHINE": str(self.root),
            "MACHINE_PORTS": f"8000={free_port()} 9464={free_port()}",
            "PATH": f"{self.bin}:{os.environ['PATH']}",
        }
        for name in _PLAYED:
            played = self.bin / name
            program = shlex.join([sys.executable, str(Path(__file__).with_name("machine.py")), name])
            played.write_text(f'#!/bin/sh\nexec {program} "$@"\n')
            played.chmod(0o755)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Type it all, until something fails."""
        program = "import runpy, sys; here = runpy.run_path(sys.argv[1])['here']; print(here(sys.stdin.read()), end='')"
        machine = str(Path(__file__).with_name("machine.py"))
        here = subprocess.run(
            [sys.executable, "-c", program, machine],
            input=script, env=self.environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", here.replace("REPOSITORY", str(ROOT))],
            env=self.environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    lacking = [name for name in _NEEDED if shutil.which(name) is None]
    if lacking or not (ROOT / ".git").exists():
        pytest.skip(f"it needs a git clone, and {', '.join(_NEEDED)}")
    made = Machine(tmp_path)
    yield made
    made.run("systemctl stop passerby")


@pytest.mark.slow
@pytest.mark.timeout(_TIMEOUT_S)
def test_an_operator_gets_from_an_empty_machine_to_a_service_that_was_put_back_and_updated(machine: Machine) -> None:
    done = machine.run(typed())
    journal = (machine.root / "journal").read_text() if (machine.root / "journal").exists() else ""
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{journal}"
    assert done.stdout.count('{"status":"ready"}') == 3
    assert done.stdout.count("All is well.") == 2
    assert "passerby_build" in done.stdout
    assert "up to date" in done.stdout
    data, backups = machine.root / "var/lib/passerby", machine.root / "var/backups/passerby"
    assert sorted(entry.name for entry in data.iterdir() if not entry.name.startswith("passerby.db-")) == [
        "passerby.db",
        "passerby.lock",
    ]
    assert len(list(backups.glob("passerby-*.db"))) >= 1
    assert (backups / "before-update.db").exists()
    kept = [path for folder in (data, backups) for path in (folder, *folder.iterdir())]
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in kept} == {path.name: "0o0" for path in kept}
    secrets = machine.root / "etc/passerby/secrets.env"
    assert secrets.stat().st_mode & 0o077 == 0
    values = [line.split("=", 1)[1] for line in secrets.read_text().splitlines()]
    assert [value for value in values if value in journal + done.stdout] == []
    lines = [json.loads(line) for line in journal.splitlines() if line.startswith("{")]
    assert {"/healthz", "/readyz"} <= {line.get("route") for line in lines}
    assert "Traceback" not in journal


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on PATH")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in (ROOT / "deploy").glob("passerby*.*"):
        if unit.suffix in (".service", ".timer"):
            text = unit.read_text().replace("/opt/passerby/.venv/bin/passerby", "/bin/true")
            (tmp_path / unit.name).write_text(re.sub(r"^(User|Group)=passerby$", r"\1=root", text, flags=re.M))
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    ours = [line for line in told.stderr.splitlines() if "passerby" in line]
    assert ours == []


def _lines_of_ours() -> list[list[str]]:
    units = [unit.read_text() for unit in (ROOT / "deploy").glob("*.service")]
    lines = [line for unit in units for line in re.findall(r"^ExecStart=\S+/passerby (.*)$", unit, re.M)]
    started = re.search(r"^CMD (\[.*\])$", (ROOT / "deploy/Containerfile").read_text(), re.M)
    assert started is not None
    return [*map(shlex.split, lines), json.loads(started[1])]


@pytest.mark.parametrize("line", _lines_of_ours(), ids=lambda line: line[0])
def test_what_units_and_container_start_has_the_options_they_give(line: list[str]) -> None:
    command = passerby.commands[line[0]]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in line if word.startswith("--")} <= options


def test_the_settings_to_deploy_with_are_settings() -> None:
    settings = load({}, {}, ROOT / "deploy/passerby.toml")
    assert settings.host == "127.0.0.1"
    assert settings.log_requests


def test_every_file_to_deploy_with_is_named_by_the_page() -> None:
    page = _PAGE.read_text()
    files = {path.name for path in (ROOT / "deploy").iterdir()} - {"Containerfile.dockerignore"}
    assert {name for name in files if name not in page} == set()
