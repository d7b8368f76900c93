"""Putting the service together, and what is left where that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from passerby import boot
from passerby.base.ids import OrgId
from passerby.config import Settings
from passerby.ingest.choosing import latest_versions
from passerby.model.org import Org
from passerby.store.sqlite import SqliteStore


def test_a_start_keeps_a_first_version_of_each_orgs_settings_and_no_second_one(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "passerby.db")
    for name in ("old", "older"):
        store.submit(lambda work, name=name: work.add_org(Org(OrgId(name), b"s" * 32))).result()
    store.close()
    for _ in range(2):
        service = boot.compose(Settings(data=str(tmp_path), org="new"))
        with service.store.read() as reader:
            kept = {org: [one.touch.by for one in latest_versions(reader, org, 9)] for org in reader.orgs()}
        service.close()
        assert kept == {"new": ["passerby"], "old": ["passerby"], "older": ["passerby"]}


def test_a_service_that_could_not_be_put_together_lets_its_folder_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    settings = Settings(data=str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(boot, "Front", broken)
        with pytest.raises(RuntimeError, match="out of order"):
            boot.compose(settings)
    boot.compose(settings).store.close()
