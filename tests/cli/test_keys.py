"""`passerby keys` (AP-1)."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from passerby.cli.commands import main
from passerby.query.keys import allows, find_key
from passerby.store.sqlite import SqliteStore
from tests.worlds import opened


@pytest.fixture
def data(tmp_path: Path) -> Path:
    opened("sqlite", tmp_path).close()
    return tmp_path


def passerby(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, arguments, env={"PASSERBY_ORG": "", "PASSERBY_DATA": None})
    return done.exit_code, done.output


def test_a_key_that_was_made_opens_what_its_scopes_say_and_is_kept_as_a_hash(data: Path) -> None:
    code, key = passerby("keys", "make", "--scope", "read", "--scope", "capture", "--label", "crm", "--data", str(data))
    assert code == 0
    store = SqliteStore(data / "passerby.db")
    with store.read() as reader:
        kept = find_key(reader, f"Basic {key.strip()}")
    store.close()
    assert kept is not None
    assert [allows(kept, scope) for scope in ("capture", "read", "admin")] == [True, True, False]
    assert key.strip().encode() not in (data / "passerby.db").read_bytes()


def test_keys_are_listed_and_a_revoked_one_is_gone(data: Path) -> None:
    for label in ("one", "two"):
        passerby("keys", "make", "--scope", "admin", "--label", label, "--data", str(data))
    _, listed = passerby("keys", "list", "--data", str(data))
    name = next(line.split()[0] for line in listed.splitlines() if line.endswith("one"))
    assert passerby("keys", "revoke", name, "--data", str(data)) == (0, f"Revoked {name}.\n")
    _, listed = passerby("keys", "list", "--data", str(data))
    assert [line.split()[-1] for line in listed.splitlines()] == ["two"]


def test_revoking_what_is_not_there_says_so(data: Path) -> None:
    code, told = passerby("keys", "revoke", "abc", "--data", str(data))
    assert code == 2
    assert "0 keys begin with abc" in told


def test_data_without_an_org_are_named_as_such(tmp_path: Path) -> None:
    code, told = passerby("keys", "list", "--data", str(tmp_path))
    assert code == 2
    assert "no such org" in told
