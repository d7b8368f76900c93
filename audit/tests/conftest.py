"""What the tests of the linter share: a tree of files made from text, and an audit of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from passerby_audit.audit import Result, audit
from passerby_audit.settings import Settings

Audit = Callable[..., Result]


@pytest.fixture
def audited(tmp_path: Path) -> Audit:
    """Audit a tree given as path → text."""

    def run(files: dict[str, str], settings: Settings | None = None) -> Result:
        for name, text in files.items():
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
        return audit([tmp_path], settings or Settings())

    return run
