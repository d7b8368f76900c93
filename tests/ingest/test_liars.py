"""Somebody who knows a device's id, and perhaps its key, and lies (AT-9, PV-5, PV-2.2).

Ann's browser has two pages: one was told her, one was told nobody. Whatever a liar sends, nothing of hers shows under
another name, and what her page was told stays hers. Without the key a liar changes nothing at all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from passerby.base.ids import DeviceId, SessionId, Uid
from passerby.ingest import erasing
from passerby.ingest.pipeline import Pipeline
from passerby.observe.counters import Counters
from passerby.store.contract import PersonFilter, Store
from tests.store.view import view
from tests.worlds import ENGINES, NOW_MS, ORG, CountedIds, SetClock, opened

KEY: Final = "0123456789abcdef0123456789abcdef"
OTHER: Final = "f" * 32
DEVICE, SESSION = (f"{n:08x}-5eed-4000-8000-0123456789ab" for n in (1, 2))
TOLD, SILENT, LIES = (f"{n:08x}-9a9e-4000-8000-0123456789ab" for n in (1, 2, 3))
HERS: Final = {"looked", "login", "bought", "silent", "went on"}


class World:
    """A service, and who sends to it."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, SetClock()
        self._pipeline = Pipeline(store, self.clock, Counters())

    def send(
        self, page: str, *ops: dict[str, Any], key: str | None = KEY, **members: Any
    ) -> tuple[int, dict[str, Any]]:
        """Status and reply."""
        self.clock.ms += 10_000
        envelope = {
            "v": 1, "org": ORG.id, "device": DEVICE, "session": SESSION, "page": page, "started": NOW_MS,
            "sent": self.clock.ms, "ops": ops, **({"key": key} if key else {}), **members,
        }  # fmt: skip
        status, body = asyncio.run(self._pipeline.take(json.dumps(envelope).encode(), ""))
        assert KEY not in body.decode()
        return status, json.loads(body)

    def ann(self) -> None:
        """Ann's visit."""
        self.send(SILENT, op("event", 1, 500, source="silent"))
        self.send(TOLD, op("event", 1, 1000, source="looked"), op("identify", 2, 2000, uid="ann", source="login"))
        self.send(TOLD, op("event", 3, 3000, source="bought"))

    def goes_on(self) -> None:
        """Ann's page goes on."""
        status, reply = self.send(TOLD, op("event", 4, self.clock.ms + 9000 - NOW_MS, source="went on"))
        assert (status, reply) == (200, {"stored": 1})

    def owners(self) -> dict[str, str | None]:
        """By source."""
        with self.store.read() as reader:
            found = [(o, piece.device) for piece in reader.pieces_after(ORG.id, 0, 99) for o in piece.operations]
            bindings = {device: reader.device(ORG.id, device).binding for _, device in found}
            return {o.source: (b.uid if (b := bindings[device]) else None) for o, device in found if o.source}

    def erase(self, uid: str) -> None:
        """Erase a user."""
        with self.store.read() as reader:
            (person,) = reader.people(ORG.id, PersonFilter(uid=uid), None, 9)
        self.store.submit(lambda t: erasing.accept(t, ORG, person, self.clock.ms, CountedIds())).result()
        with self.store.read() as reader:
            ((org, entry),) = reader.due_entries([erasing.ERASING], self.clock.ms, 9)
        erasing.remove(self.store, org, entry, self.clock.ms)


def op(kind: str, n: int, after_ms: int, **members: Any) -> dict[str, Any]:
    named = {"name": "x"} if kind == "event" else {}
    return {"op": kind, "n": n, "t": NOW_MS + after_ms, **named, **members}


LIES_TOLD: Final = {
    "a late identify": (LIES, op("identify", 1, 1, uid="liar"), op("event", 2, 2, source="lie")),
    "an identify of now": (LIES, op("identify", 1, 15_000, uid="liar")),
    "an early end": (LIES, op("end", 1, 1, why="anonymize")),
    "an end of now": (LIES, op("end", 1, 25_000, why="forget")),
    "a number of her page": (TOLD, op("event", 4, 4000, source="lie")),
    "an identify on her page": (TOLD, op("identify", 4, 4000, uid="liar")),
    "an end of her page": (TOLD, op("end", 4, 4000, why="anonymize")),
}


@pytest.fixture(params=ENGINES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    store = opened(request.param, tmp_path)
    yield World(store)
    store.close()


@pytest.mark.parametrize("key", [None, OTHER], ids=["without a key", "with another key"])
@pytest.mark.parametrize("lie", LIES_TOLD)
def test_whoever_has_not_the_key_changes_nothing(world: World, lie: str, key: str | None) -> None:
    world.ann()
    page, *ops = LIES_TOLD[lie]
    with world.store.read() as reader:
        before = (reader.device(ORG.id, DeviceId(DEVICE)), reader.session(ORG.id, SessionId(SESSION)))
    status, reply = world.send(page, *ops, key=key)
    assert (status, reply) == (200, {"stored": len(ops)})
    with world.store.read() as reader:
        assert (reader.device(ORG.id, DeviceId(DEVICE)), reader.session(ORG.id, SessionId(SESSION))) == before
    world.goes_on()
    found = world.owners()
    assert {found[name] for name in HERS} == {"ann"}
    assert found.get("lie") is None


@pytest.mark.parametrize("lie", [name for name in LIES_TOLD if "her page" not in name])
def test_whoever_has_the_key_takes_nothing_of_hers_to_another_name(world: World, lie: str) -> None:
    world.ann()
    page, *ops = LIES_TOLD[lie]
    world.send(page, *ops)
    found = world.owners()
    assert {found[name] for name in HERS & set(found)} <= {"ann", None}
    with world.store.read() as reader:
        devices = reader.devices_of(ORG.id, Uid("liar"))
        liars = {piece.page for device in devices for piece in reader.pieces_of_device(ORG.id, device)}
    assert len(liars) <= 1
    if ops[0]["op"] == "identify":
        world.goes_on()
        found = world.owners()
        assert {found[name] for name in HERS - {"silent"}} == {"ann"}


def test_a_forged_session_stays_with_its_device(world: World) -> None:
    world.ann()
    liars = f"{9:08x}-5eed-4000-8000-0123456789ab"
    world.send(LIES, op("identify", 1, 1000, uid="liar"), op("event", 2, 2000, source="lie"), key=OTHER, device=liars)
    with world.store.read() as reader:
        session = reader.session(ORG.id, SessionId(SESSION))
    assert session is not None
    assert (session.device, session.operations) == (DEVICE, 4)
    assert world.owners()["lie"] == "liar"


def test_a_page_that_a_liar_named_first_is_still_its_devices(world: World) -> None:
    world.send(SILENT, op("event", 1, 500, source="silent"))
    for key in (None, OTHER):
        world.send(TOLD, *(op("event", n, 600) for n in range(1, 9)), key=key)
    world.send(TOLD, op("event", 1, 1000, source="looked"), op("identify", 2, 2000, uid="ann", source="login"))
    assert world.owners() == {"silent": "ann", "looked": "ann", "login": "ann"}


@pytest.mark.parametrize("key", [None, OTHER, KEY], ids=["without a key", "with another key", "with the key"])
def test_an_old_identify_of_an_erased_uid_disturbs_no_device_of_somebody_else(world: World, key: str | None) -> None:
    other = f"{8:08x}-5eed-4000-8000-0123456789ab"
    world.send(f"{8:08x}-9a9e-4000-8000-0123456789ab", op("identify", 1, 100, uid="gone"), key=None, device=other)
    world.ann()
    world.erase("gone")
    world.send(LIES, op("identify", 1, 1, uid="gone"), op("event", 2, 2, source="lie"), key=key)
    world.goes_on()
    found = world.owners()
    assert {found[name] for name in HERS - {"silent"}} == {"ann"}
    assert found["silent"] == (None if key == KEY else "ann")
    assert found.get("lie") is None


def test_an_erased_device_turns_away_every_key(world: World) -> None:
    world.ann()
    world.erase("ann")
    before = view(world.store, ORG.id)["pieces"]
    for key in (None, OTHER, KEY):
        status, reply = world.send(LIES, op("event", 1, 1000), key=key)
        assert (status, [no["code"] for no in reply["refused"]]) == (200, ["erased"])
    assert view(world.store, ORG.id)["pieces"] == before == []


def test_no_key_is_kept_in_the_file(tmp_path: Path) -> None:
    store = opened("sqlite", tmp_path)
    world = World(store)
    world.ann()
    world.send(LIES, op("event", 1, 1000), key=OTHER)
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.close()
    for key in (KEY, OTHER):
        assert key.encode() not in held
        assert bytes.fromhex(key) not in held
