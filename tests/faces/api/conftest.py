"""One API a test, over each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faces.api.speaking import Api
from tests.worlds import ENGINES, opened


@pytest.fixture(params=ENGINES)
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    store = opened(request.param, tmp_path)
    yield Api(store)
    store.close()
