"""`passerby why` takes a session by any of its names (AP-17)."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from passerby.cli.commands import main
from passerby.ingest.recording import record
from passerby.wire.decode import decode
from tests.faces.api.speaking import Api
from tests.faces.api.test_users import DEVICE, SESSION, bundle
from tests.worlds import NOW_MS, opened

NAME = f"{DEVICE}:{SESSION}"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = opened("sqlite", tmp_path)
    body = bundle(Api(store), {"op": "page", "url": "https://x/"}, {"op": "identify", "uid": "ana"})
    store.submit(lambda transaction: record(transaction, decode(body, "", NOW_MS))).result()
    store.close()
    return tmp_path


def why(data: Path, name: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ("why", name, "--data", str(data)), env={"PASSERBY_ORG": "", "PASSERBY_DATA": None})
    return done.exit_code, done.output


@pytest.mark.parametrize("name", [NAME, SESSION, f"https://p.example/ui/o1/session/{DEVICE}%3A{SESSION}?from=100"])
def test_a_session_is_explained_by_any_of_its_names(data: Path, name: str) -> None:
    code, told = why(data, name)
    assert code == 0
    assert f"Session  {SESSION}\nDevice   {DEVICE}\nUser     ana\n" in told


def test_a_name_of_none_is_told_and_not_repeated(data: Path) -> None:
    code, told = why(data, f"{SESSION}:{DEVICE}")
    assert (code, "no such session here" in told, SESSION in told) == (2, True, False)
