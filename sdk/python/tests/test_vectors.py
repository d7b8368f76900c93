"""The core does what the vectors say, all of them. That the files are whole, `tests/vectors` sees to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sdk.python.tests.runner import differences, spelled_out

FILES = Path(__file__).parents[3] / "spec" / "vectors"
OTHER_AREAS = {"decode", "attribution", "flows"}


def client_vectors() -> Iterator[dict[str, Any]]:
    """Every vector of every file that the index gives to clients."""
    for file in json.loads((FILES / "index.json").read_text())["files"]:
        if file["area"] not in OTHER_AREAS:
            vectors = json.loads((FILES / file["file"]).read_text(), object_hook=spelled_out)["vectors"]
            assert len(vectors) == file["vectors"], f"{file['file']} has not the vectors that the index counts"
            yield from vectors


@pytest.mark.parametrize("vector", list(client_vectors()), ids=lambda vector: vector["id"])
def test_the_core_does_what_the_vector_says(vector: dict[str, Any]) -> None:
    assert differences(vector) == []
