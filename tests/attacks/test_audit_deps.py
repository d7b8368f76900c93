"""`script/audit-deps` fails for a finding, and says what it could not ask instead of calling it fine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "script/audit-deps"


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        ("No known vulnerabilities found", 0, "ok: requirements/serve.txt"),
        ("Found 2 known vulnerabilities in 1 package\nName Version ID Fix", 1, "FOUND: requirements/serve.txt"),
        (
            "No known vulnerabilities found\nanyio  Dependency not found and could not be audited",
            0,
            "skipped: requirements",
        ),
        (
            "ERROR:pip_audit: connection refused",
            0,
            "skipped: requirements/serve.txt: ERROR:pip_audit: connection refused",
        ),
    ],
)
def test_what_pip_audit_says_is_told_as_it_is(tmp_path: Path, said: str, code: int, told: str) -> None:
    stub = tmp_path / "passerby/audit/bin/pip-audit"
    stub.parent.mkdir(parents=True)
    stub.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\n")
    stub.chmod(0o755)
    done = subprocess.run(
        [SCRIPT, "python"],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, told in done.stdout) == (code, True), done.stdout
