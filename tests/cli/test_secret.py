"""`passerby secret` (WI-11)."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from passerby.cli.commands import main
from passerby.ingest.choosing import latest_versions
from passerby.store.sqlite import SqliteStore
from tests.worlds import opened


def test_secrets_are_made_shown_once_listed_demanded_and_retired(tmp_path: Path) -> None:
    opened("sqlite", tmp_path).close()

    def secret(*arguments: str) -> tuple[int, str]:
        env = {"PASSERBY_ORG": "", "PASSERBY_DATA": None}
        done = CliRunner().invoke(main, ["secret", *arguments, "--data", str(tmp_path)], env=env)
        return done.exit_code, done.output

    assert secret("demand", "signed")[0] == 2
    code, text = secret("new")
    assert (code, text[:4]) == (0, "psk_")
    code, listed = secret("list")
    assert text.strip() not in listed
    name = listed.split()[0]
    assert secret("demand", "signed") == (0, "identify: signed\n")
    assert "identify: signed; 0 came unsigned" in secret("list")[1]
    assert secret("retire", name)[0] == 2
    assert secret("new")[0] == 0
    assert secret("new")[0] == 2
    assert secret("retire", name) == (0, f"Retired {name}.\n")
    store = SqliteStore(tmp_path / "passerby.db")
    with store.read() as reader:
        org = reader.org(reader.orgs()[0])
        chosen = latest_versions(reader, reader.orgs()[0], 9)
        assert org is not None
        assert org.settings.identify == "signed"
        assert [found.retired_at_ms is None for found in reader.secrets(org.id)].count(True) == 1
    assert [(version.touch.by, version.changed) for version in chosen] == [
        ("command line", ("identify",)),
        ("passerby", ()),
    ]
    store.close()
