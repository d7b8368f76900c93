"""What moves is placed again in steps: the service does what the server vectors say all the same (AT-2.3)."""

from __future__ import annotations

import pytest

from passerby.ingest import holding, learning
from passerby.ingest.pipeline import Pipeline
from passerby.store.memory import MemoryStore
from tests.vectors.server import Vector, perform, settle, vectors

_UNCUT = [pytest.param(found, id=found["id"]) for found in vectors() if "at_once" not in found.get("given", {})]


@pytest.mark.parametrize("vector", _UNCUT)
def test_the_service_does_what_the_vector_says_in_steps(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "AT_ONCE_MAX", 0)
    monkeypatch.setattr(holding, "STEP_PIECES_MAX", 1)
    accept = Pipeline._accept

    async def accepted(pipeline: Pipeline, body: bytes, encoding: str) -> bytes:
        reply = await accept(pipeline, body, encoding)
        settle(pipeline._store)
        return reply

    monkeypatch.setattr(Pipeline, "_accept", accepted)
    perform(vector, MemoryStore)
