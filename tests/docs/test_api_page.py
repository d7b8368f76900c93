"""docs/api.md does what it says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from passerby.base.ids import OrgId
from passerby.jobs.delivery import signature
from tests.running import running_service

PAGE = Path(__file__).parents[2] / "docs/api.md"
ESCAPE = chr(96) * 3


def blocks(language: str) -> list[str]:
    return re.findall(rf"{ESCAPE}{language}\n(.*?){ESCAPE}", PAGE.read_text(), re.S)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_its_commands_run(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    script = tools / "passerby"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m passerby "$@"\n')
    script.chmod(0o755)
    data = tmp_path / "data"
    with running_service(data, org="o1", api_key="na1.key-of-the-api-page") as service:
        environment = {
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "BASE": service.base,
            "KEY": "na1.key-of-the-api-page",
            "DATA": str(data),
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(blocks("sh"))],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    assert "Passerby-Erasure".lower() in done.stdout.lower()
    assert done.stdout.count("Invoice paid") >= 2


def test_its_way_to_verify_a_signature_is_right() -> None:
    (block,) = blocks("python")
    known: dict[str, Any] = {}
    exec(block, known)
    is_genuine: Callable[[str, bytes, str], bool] = known["is_genuine"]
    header = signature("secret", b"{}", OrgId("o1"), 1_750_000_000)
    wanted = hmac.new(b"secret", b"{}:o1:1750000000", hashlib.sha256).digest()
    assert header == f"o:o1,t:1750000000,v:{base64.b64encode(wanted).decode()}"
    assert is_genuine("secret", b"{}", header)
    assert not is_genuine("secret", b"{ }", header)
