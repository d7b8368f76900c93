"""Putting the service together, and what is left where that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from passerby import boot
from passerby.config import Settings


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
