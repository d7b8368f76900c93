"""`passerby serve`, as a person at a terminal meets it."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx

from tests.running import clean_environment, running_service


def test_the_first_start_prints_a_key_that_opens_the_api_and_the_next_start_does_not(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        key = re.search(r"API key\s+(\S+)", service.welcome)
        assert key is not None
        answer = httpx.get(f"{service.base}/v2/users", headers={"Authorization": f"Basic {key[1]}"})
        assert answer.status_code == 200
    with running_service(tmp_path) as again:
        assert "API key" not in again.welcome
        assert again.org == service.org


def test_with_tls_the_development_certificate_is_trusted_through_its_authority(tmp_path: Path) -> None:
    with running_service(tmp_path, "--tls") as service:
        authority = re.search(r"Trust\s+(\S+)", service.welcome)
        assert authority is not None
        trusting = ssl.create_default_context(cafile=authority[1])
        assert httpx.get(f"{service.base}/healthz", verify=trusting).json()["status"] == "ok"


def test_org_and_key_can_be_fixed_from_outside(tmp_path: Path) -> None:
    with running_service(tmp_path, org="acme", api_key="a-key-for-scripts-of-ours") as service:
        assert service.org == "acme"
        assert "a-key-for-scripts-of-ours" not in service.welcome
        answer = httpx.get(f"{service.base}/v2/users", headers={"Authorization": "Basic a-key-for-scripts-of-ours"})
        assert answer.status_code == 200


def test_an_unknown_setting_in_the_environment_stops_the_start_and_is_named(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "passerby", "serve", "--port", "0", "--data", str(tmp_path)],
        env=clean_environment() | {"PASSERBY_DATTA": "x"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 2
    assert "datta" in told.stderr


def refused_start(*flags: str) -> subprocess.CompletedProcess[str]:
    """A start that comes to nothing."""
    command = [sys.executable, "-m", "passerby", "serve", *flags]
    return subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False)


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = refused_start("--port", str(taken.getsockname()[1]), "--data", str(tmp_path))
    assert told.returncode == 2
    assert len(told.stderr.splitlines()) == 1
    assert "--port" in told.stderr


def test_data_that_cannot_be_used_are_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    (tmp_path / "passerby.db").write_bytes(b"not a database" * 1000)
    for data in (tmp_path / "file", tmp_path):
        told = refused_start("--port", "0", "--data", str(data))
        assert told.returncode == 2
        assert len(told.stderr.splitlines()) == 1
