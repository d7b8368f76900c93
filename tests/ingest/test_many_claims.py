"""Of a device with very many claims nobody tells who was first: what its silent pages did is nobody's (AT-4.3)."""

from __future__ import annotations

import json

import pytest

from passerby.ingest import knowing
from passerby.ingest.recording import record
from passerby.lifecycle import plan
from passerby.store.contract import Store
from passerby.store.memory import MemoryStore
from passerby.wire.decode import decode
from tests.ingest.test_holding import owners
from tests.worlds import NOW_MS, ORG


def uuid(n: int) -> str:
    return f"{n:08x}-5eed-4000-8000-0123456789ab"


def send(store: Store, page: int, *ops: dict[str, object]) -> None:
    ids = {"v": 1, "org": ORG.id, "device": uuid(1), "session": uuid(2), "page": uuid(0x100 + page)}
    stamped = [{"n": n, "source": f"{page}/{n}", **op} for n, op in enumerate(ops, 1)]
    body = {**ids, "started": NOW_MS - 50_000, "sent": NOW_MS, "ops": stamped}
    store.submit(lambda t: record(t, decode(json.dumps(body).encode(), "", NOW_MS + page))).result()


def sent(pages: int) -> Store:
    """Pages that are told ann, a silent one, a page that bob claims, and the end of the first page."""
    store = MemoryStore()
    store.submit(lambda t: t.add_org(ORG)).result()
    for page in range(1, pages + 1):
        send(store, page, {"op": "identify", "uid": "ann", "t": NOW_MS - 40_000 + page})
    send(store, 50, {"op": "event", "name": "e", "t": NOW_MS - 30_000})
    send(store, 51, {"op": "identify", "uid": "bob", "t": NOW_MS - 20_000})
    send(
        store,
        52,
        *[{"op": "event", "name": "e", "t": NOW_MS - 10_000}],
        {"op": "end", "why": "anonymize", "t": NOW_MS - 9_000},
    )
    return store


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (plan, knowing):
        monkeypatch.setattr(module, "CLAIMS_MAX", 4)


@pytest.mark.parametrize(("pages", "silent"), [(3, "ann"), (4, None), (9, None)])
def test_what_was_told_nobody_is_nobodys_once_there_are_too_many(pages: int, silent: str | None) -> None:
    with sent(pages).read() as reader:
        found = owners(reader)
    assert found["50/1"] == silent
    assert {found[f"{page}/1"] for page in range(1, pages + 1)} == {"ann"}
    assert found["51/1"] == "bob"


def test_no_more_of_them_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    store = sent(9)
    read = list[int]()
    claims_of = type(store.submit(lambda t: t).result()).claims_of

    def counted(self: object, org: str, device: str) -> object:
        for claim in claims_of(self, org, device):  # type: ignore[arg-type]
            read.append(1)
            yield claim

    monkeypatch.setattr(type(store.submit(lambda t: t).result()), "claims_of", counted)
    send(store, 60, {"op": "end", "why": "anonymize", "t": NOW_MS - 35_000})
    assert len(read) == 5
