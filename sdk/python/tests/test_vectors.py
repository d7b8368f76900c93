"""The core does what the vectors say, all of them (spec/vectors)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sdk.python.tests.runner import differences

SPEC = Path(__file__).parents[3] / "spec"
INDEX = json.loads((SPEC / "vectors" / "index.json").read_text())
AREAS = {"identity", "session", "queue", "capture", "limits", "properties", "privacy", "storage"}
FILES = [file for file in INDEX["files"] if file["area"] in AREAS]
DOCUMENTS = {file["file"]: json.loads((SPEC / "vectors" / file["file"]).read_text()) for file in FILES}
VECTORS = [vector for document in DOCUMENTS.values() for vector in document["vectors"]]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_the_core_does_what_the_vector_says(vector: dict[str, Any]) -> None:
    assert differences(vector) == []


@pytest.mark.parametrize("file", FILES, ids=[file["file"] for file in FILES])
def test_a_file_holds_what_the_index_says(file: dict[str, Any]) -> None:
    document = DOCUMENTS[file["file"]]
    jsonschema.validate(document, json.loads((SPEC / "client.schema.json").read_text()))
    assert document["area"] == file["area"]
    assert len(document["vectors"]) == file["vectors"]
    assert all(vector["id"].startswith(f"{file['area']}/") for vector in document["vectors"])


def test_every_client_file_is_in_the_index() -> None:
    areas = {path.name: json.loads(path.read_text()).get("area") for path in (SPEC / "vectors").glob("*.json")}
    assert {name for name, area in areas.items() if area in AREAS} == set(DOCUMENTS)


def test_no_two_vectors_have_one_id() -> None:
    assert len({vector["id"] for vector in VECTORS}) == len(VECTORS)
