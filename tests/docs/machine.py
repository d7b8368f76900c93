"""What an empty machine answers to an operator's commands, without being root: `python machine.py NAME ARGUMENT…`.

`MACHINE` is the folder that stands for `/`, `MACHINE_PORTS` the ports in place of the page's. systemd is played by
starting what the unit says, with its environment, and stopping it as the unit says.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(os.environ["MACHINE"])
PORTS = dict(pair.split("=") for pair in os.environ["MACHINE_PORTS"].split())
_OURS = re.compile(r"(?<![\w./])/(?=(?:opt/passerby|etc/passerby|etc/systemd|var/lib/passerby|var/backups/passerby)\b)")
_UNITS = ROOT / "etc/systemd/system"
_STOPPED_WITHIN_S = 60


def here(text: str) -> str:
    """A command or a file with this machine's paths and ports."""
    for named, free in PORTS.items():
        text = re.sub(rf"\b{named}\b", free, text)
    return _OURS.sub(f"{ROOT}/", text)


def install(arguments: list[str]) -> int:
    """`install` without owners; what it puts in place gets this machine's paths."""
    kept = [
        one for at, one in enumerate(arguments) if one not in ("-o", "-g") and arguments[at - 1] not in ("-o", "-g")
    ]
    code = subprocess.run(["/usr/bin/install", *kept], check=False).returncode
    files = [one for one in kept if not one.startswith("-")]
    target = Path(files[-1])
    for source in files[:-1]:
        path = target / Path(source).name if target.is_dir() else target
        if path.suffix in (".toml", ".service", ".timer"):
            path.write_text(here(path.read_text()))
    return code


def settings_of(unit: str) -> dict[str, list[str]]:
    """The keys of a unit, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in (_UNITS / unit).read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def environment_of(unit: dict[str, list[str]]) -> dict[str, str]:
    """The environment, with what stands in its files; none of ours comes from outside."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("PASSERBY_")}
    for named in unit.get("EnvironmentFile", []):
        found |= dict(line.split("=", 1) for line in Path(named.lstrip("-")).read_text().splitlines())
    return found


def start(name: str) -> int:
    """Start a unit, or run it if it runs once."""
    unit = settings_of(f"{name}.service")
    environment, mask = environment_of(unit), int(unit["UMask"][0], 8)
    if unit.get("Type") == ["oneshot"]:
        lines = [shlex.split(line) for line in unit["ExecStart"]]
        return max(subprocess.run(line, env=environment, umask=mask, check=False).returncode for line in lines)
    with (ROOT / "journal").open("ab") as journal:
        line = shlex.split(unit["ExecStart"][0])
        process = subprocess.Popen(
            line, env=environment, umask=mask, stdin=subprocess.DEVNULL, stdout=journal, stderr=journal,
            start_new_session=True,
        )  # fmt: skip
    (ROOT / f"{name}.pid").write_text(str(process.pid))
    return 0


def stop(name: str) -> int:
    """Stop a unit. 1 if it does not end."""
    file = ROOT / f"{name}.pid"
    if not file.exists():
        return 0
    pid = int(file.read_text())
    file.unlink()
    try:
        os.kill(pid, signal.SIGTERM)
        for _ in range(_STOPPED_WITHIN_S * 20):
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z":
                return 0
            time.sleep(0.05)
    except (ProcessLookupError, FileNotFoundError):
        return 0
    return 1


def systemctl(arguments: list[str]) -> int:
    """The few of its commands that the page uses."""
    match arguments:
        case ["daemon-reload"]:
            return 0
        case ["enable", "--now", unit]:
            return start(unit.removesuffix(".timer"))
        case ["start", unit]:
            return start(unit)
        case ["stop", unit]:
            return stop(unit)
    raise SystemExit(f"this machine has no systemctl {' '.join(arguments)}")


def main(name: str, arguments: list[str]) -> int:
    """Do what the command of that name would."""
    if name == "useradd":
        return 0
    if name == "runuser":
        assert arguments[:3] == ["-u", "passerby", "--"], arguments
        outside = {key: value for key, value in os.environ.items() if not key.startswith("PASSERBY_")}
        os.execvpe(arguments[3], arguments[3:], outside)
    return {"install": install, "systemctl": systemctl}[name](arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
