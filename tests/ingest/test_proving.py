"""Secrets are two at a time, gone when retired, and unsigned identifies are counted (WI-11)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.base.units import DAY_MS
from passerby.ingest.proving import add_secret, demand, retire_secret
from passerby.ingest.recording import Recorded, record
from passerby.lifecycle.proof import signed
from passerby.model.outcome import Outcome
from passerby.store.contract import Store
from passerby.store.memory import MemoryStore
from passerby.store.sqlite import SqliteStore
from passerby.wire.decode import decode
from passerby.wire.replies import accepted
from tests.vectors.server import USUAL
from tests.worlds import ORG

TEXTS = [f"psk_{letter * 40}" for letter in "abc"]
NOW_MS = 1_750_000_000_000


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "passerby.db")
    made.submit(lambda work: work.add_org(ORG)).result()
    yield made
    made.close()


def identify(store: Store, page: int, secret: str | None, at_ms: int = NOW_MS) -> Recorded:
    """An identify of a page of a device of its own, signed with that secret."""
    ids = {
        name: f"{place}{page:07d}-0000-4000-8000-000000000000"
        for place, name in enumerate(["device", "session", "page"])
    }
    operation: dict[str, Any] = {"op": "identify", "n": 1, "t": at_ms, "uid": "ann"}
    if secret is not None:
        operation["sig"] = signed(secret.encode(), OrgId(ORG.id), "ann", str(at_ms // 1000))
    body = json.dumps({**USUAL, **ids, "org": ORG.id, "started": at_ms, "sent": at_ms, "ops": [operation]}).encode()
    bundle = decode(body, "", at_ms)
    recorded = store.submit(lambda work: record(work, bundle)).result()
    told = json.loads(accepted(bundle, recorded.outcomes))
    assert all("signature" in no["message"] for no in told.get("refused", []))
    return recorded


def test_two_secrets_prove_and_a_retired_one_does_not_and_is_gone(store: Store) -> None:
    first, _ = (
        store.submit(lambda work, text=text: add_secret(work, ORG.id, text, NOW_MS)).result() for text in TEXTS[:2]
    )
    with pytest.raises(Refusal, match="2 valid secrets"):
        store.submit(lambda work: add_secret(work, ORG.id, TEXTS[2], NOW_MS)).result()
    assert [identify(store, page, text).outcomes[1] for page, text in enumerate(TEXTS)] == [
        Outcome.BOUND, Outcome.BOUND, Outcome.BAD_SIGNATURE,
    ]  # fmt: skip
    store.submit(lambda work: retire_secret(work, ORG.id, first.id, NOW_MS + 1)).result()
    assert [identify(store, page, text).outcomes[1] for page, text in enumerate(TEXTS[:2], 10)] == [
        Outcome.BAD_SIGNATURE, Outcome.BOUND,
    ]  # fmt: skip
    with store.read() as reader:
        kept = {secret.id: (secret.key, secret.retired_at_ms) for secret in reader.secrets(ORG.id)}
    assert kept[first.id] == (None, NOW_MS + 1)
    with pytest.raises(Refusal, match="no such valid secret"):
        store.submit(lambda work: retire_secret(work, ORG.id, first.id, NOW_MS)).result()


def test_signatures_are_demanded_only_where_somebody_can_make_them(store: Store) -> None:
    with pytest.raises(Refusal, match="make a secret first"):
        store.submit(lambda work: demand(work, ORG.id, "ada", NOW_MS, is_signed=True)).result()
    made = store.submit(lambda work: add_secret(work, ORG.id, TEXTS[0], NOW_MS)).result()
    store.submit(lambda work: demand(work, ORG.id, "ada", NOW_MS, is_signed=True)).result()
    assert identify(store, 1, None).outcomes == {1: Outcome.UNSIGNED_UID}
    with pytest.raises(Refusal, match="only secret"):
        store.submit(lambda work: retire_secret(work, ORG.id, made.id, NOW_MS)).result()
    store.submit(lambda work: demand(work, ORG.id, "ada", NOW_MS, is_signed=False)).result()
    assert identify(store, 2, None).outcomes == {1: Outcome.BOUND}


def test_unsigned_identifies_are_counted_by_day_and_once(store: Store) -> None:
    store.submit(lambda work: add_secret(work, ORG.id, TEXTS[0], NOW_MS)).result()
    for page, secret in enumerate([None, None, TEXTS[0], TEXTS[1]]):
        for _ in range(2):
            identify(store, page, secret)
    identify(store, 9, None, NOW_MS + DAY_MS)
    with store.read() as reader:
        assert [reader.unsigned(ORG.id, NOW_MS + days * DAY_MS) for days in (0, 1, 2)] == [3, 1, 0]


def test_neither_signature_nor_uid_of_an_unproved_identify_is_kept(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "passerby.db")
    store.submit(lambda work: work.add_org(ORG)).result()
    identify(store, 1, TEXTS[0])
    store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"unproved" in kept
    assert b"v1.1750000000" not in kept
    assert b'"ann"' not in kept
