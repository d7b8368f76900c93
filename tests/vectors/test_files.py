"""The vector files are whole: each is in the index with its count, and each has the form its schema gives."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

SPEC = Path(__file__).parents[2] / "spec"
INDEX: list[dict[str, Any]] = json.loads((SPEC / "vectors" / "index.json").read_text())["files"]
SCHEMAS = {"decode": "server", "attribution": "server", "flows": "flows"}


def test_the_index_names_every_file_once() -> None:
    there = sorted(path.name for path in (SPEC / "vectors").glob("*.json") if path.name != "index.json")
    assert sorted(entry["file"] for entry in INDEX) == there


@pytest.mark.parametrize("entry", INDEX, ids=lambda entry: entry["file"])
def test_a_file_has_the_form_of_its_schema_and_the_count_of_the_index(entry: dict[str, Any]) -> None:
    file = json.loads((SPEC / "vectors" / entry["file"]).read_text())
    schema = json.loads((SPEC / f"{SCHEMAS.get(entry['area'], 'client')}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(file, schema, cls=jsonschema.Draft202012Validator)
    assert file["area"] == entry["area"]
    assert len(file["vectors"]) == entry["vectors"]
    ids = [vector["id"] for vector in file["vectors"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("entry", INDEX, ids=lambda entry: entry["file"])
def test_every_rule_that_a_vector_covers_is_in_the_contract(entry: dict[str, Any]) -> None:
    rules = {
        rule
        for page in SPEC.glob("*.md")
        for rule in re.findall(r"\*\*([A-Z]{2,3}-\d+(?:\.\d+)*)\*\*", page.read_text())
    }
    file = json.loads((SPEC / "vectors" / entry["file"]).read_text())
    assert {rule for vector in file["vectors"] for rule in vector["covers"]} <= rules
