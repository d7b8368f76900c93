"""Runs server vectors (spec/vectors/README.md) against the pipeline and a store, in place.

It stands just behind the HTTP door: bytes and `Content-Encoding` in, status and reply out, and looks through the
store's reader. What it cannot read in a vector is an error of the runner, not of the service.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import msgspec

from passerby.base.ids import DeviceId, OrgId, SessionId, Uid
from passerby.ingest import holding, learning
from passerby.ingest.pipeline import Pipeline
from passerby.lifecycle.invariants import violations
from passerby.model.bundle import Piece
from passerby.model.operation import Operation
from passerby.model.org import Org, OrgSettings
from passerby.model.outcome import Outcome
from passerby.model.properties import Property
from passerby.model.secret import Secret
from passerby.observe.counters import Counters
from passerby.query.seen import nested
from passerby.query.sessions import happenings
from passerby.store.contract import Reader, Store, Transaction
from passerby.store.memory import MemoryStore

FOLDER: Final = Path(__file__).parents[2] / "spec" / "vectors"
ORG: Final = OrgId("o1")
USUAL: Final[Mapping[str, Any]] = {
    "v": 1,
    "org": "o1",
    "device": "d0000001-0000-4000-8000-000000000000",
    "session": "5e000001-0000-4000-8000-000000000000",
    "page": "9a000001-0000-4000-8000-000000000000",
    "started": 0,
}
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Vector = dict[str, Any]
Step = dict[str, Any]


class Mismatch(AssertionError):
    """The service did something else than a vector says."""


class SetClock:
    """A clock that stands where it was set."""

    def __init__(self) -> None:
        self.at_ms = 0

    def now_ms(self) -> int:
        """Where it was set."""
        return self.at_ms


def vectors() -> Iterator[Vector]:
    """All server vectors."""
    for file in json.loads((FOLDER / "index.json").read_text())["files"]:
        if file["area"] in ("decode", "attribution"):
            yield from json.loads((FOLDER / file["file"]).read_text())["vectors"]


def perform(vector: Vector, new_store: Callable[[], Store] = MemoryStore) -> None:
    """Perform a vector, in every order that it allows. Mismatch where the service differs."""
    steps = vector["steps"]
    deliveries = [step for step in steps if step["do"] == "deliver"]
    _perform_once(vector, steps, new_store())
    if vector.get("any_order"):
        looks = steps[len(deliveries) :]
        if any(step["do"] != "look" for step in looks):
            raise ValueError(f"{vector['id']}: with any_order the looks come last")
        for order in itertools.islice(itertools.permutations(deliveries), 1, None):
            silent = [{name: value for name, value in step.items() if name != "expect"} for step in order]
            _perform_once(vector, [*silent, *looks], new_store())


def _perform_once(vector: Vector, steps: Sequence[Step], store: Store) -> None:
    clock = SetClock()
    at_once = vector.get("given", {}).get("at_once", learning.AT_ONCE_MAX)
    names = {written: written for written in _ID.findall(json.dumps([USUAL, vector]))}
    pipeline = Pipeline(store, clock, Counters())
    store.submit(lambda transaction: _add_org(transaction, vector)).result()
    try:
        for number, step in enumerate(steps):
            clock.at_ms = step.get("at", clock.at_ms)
            where = f"{vector['id']} step {number}"
            match step["do"]:
                case "deliver":
                    with patch.object(learning, "AT_ONCE_MAX", at_once):
                        _deliver(pipeline, step, where)
                case "settle":
                    settle(store)
                case "look":
                    with store.read() as reader:
                        _look(reader, step, clock.at_ms, names, where)
                case unknown:
                    raise ValueError(f"{where}: no step {unknown}")
        with store.read() as reader:
            _check_invariants(reader, vector["id"])
    finally:
        store.close()


def settle(store: Store) -> None:
    """Place all that waits to be placed again."""
    with store.read() as reader:
        due = reader.due_entries([holding.PLACING], 2**53, 100)
    for org, entry in due:
        holding.work_off(store, org, DeviceId(entry.id), 2**52)


def _add_org(transaction: Transaction, vector: Vector) -> None:
    transaction.add_org(_org(vector))
    for number, secret in enumerate(vector.get("given", {}).get("org", {}).get("secrets", [])):
        transaction.put_secret(ORG, Secret(str(number), secret.encode(), 0))


def _org(vector: Vector) -> Org:
    given = vector.get("given", {}).get("org", {})
    secret = bytes.fromhex(given.get("secret", "00" * 32))
    return Org(ORG, secret, msgspec.convert(given.get("settings", {}), OrgSettings))


def _repeated(text: str, times: int, mark: str = "") -> str:
    return "".join(text.replace(mark, str(time)) for time in range(1, times + 1)) if mark else text * times


def body_of(step: Step) -> tuple[bytes, str]:
    """The bytes that a `deliver` sends, and its `Content-Encoding`."""
    if "bundle" in step:
        envelope = {**USUAL, "sent": step["at"], **step["bundle"]}
        members = {name: value for name, value in envelope.items() if value is not None}
        body = json.dumps(members, ensure_ascii=False).encode()
    elif "body" in step:
        body = step["body"].encode()
    elif "parts" in step:
        body = "".join(_repeated(*part) for part in step["parts"]).encode()
    else:
        body = bytes.fromhex(step["hex"])
    if step.get("gzip"):
        strategy = zlib.Z_DEFAULT_STRATEGY if step["gzip"] == "best" else zlib.Z_HUFFMAN_ONLY
        stream = zlib.compressobj(9, wbits=31, strategy=strategy)
        return stream.compress(body) + stream.flush(), "gzip"
    return body, step.get("encoding", "")


def _deliver(pipeline: Pipeline, step: Step, where: str) -> None:
    status, reply = asyncio.run(pipeline.take(*body_of(step)))
    told = json.loads(reply)
    found = {
        "status": status,
        "code": told.get("code"),
        "stored": told.get("stored"),
        "refused": [[no["n"], no["code"]] for no in told.get("refused", [])],
        "notes": [[note["n"], note["code"], note.get("name", "")] for note in told.get("notes", [])],
    }
    _compare(step.get("expect", {}), found, where)


def _compare(expected: Mapping[str, Any], found: Mapping[str, Any], where: str) -> None:
    for name, value in expected.items():
        if name not in found:
            raise ValueError(f"{where}: nothing known of {name}")
        if found[name] != value:
            raise Mismatch(f"{where}: {name} is {found[name]!r}, not {value!r}")


def _look(reader: Reader, step: Step, now_ms: int, names: dict[str, str], where: str) -> None:
    expected = step["expect"]
    pieces = reader.pieces_after(ORG, 0, 10_000)
    kept = [
        (piece, operation, outcome)
        for piece in pieces
        for operation, outcome in zip(piece.operations, piece.outcomes, strict=True)
    ]
    for name, wanted in expected.items():
        match name:
            case "operations":
                _compare({name: wanted}, {name: len(kept)}, where)
            case "kept":
                for source, of_it in wanted.items():
                    found = [one for one in kept if one[1].source == source]
                    if len(found) != 1:
                        raise Mismatch(f"{where}: {source} is kept {len(found)} times")
                    _compare_kept(of_it, _shown(reader, *found[0]), names, f"{where}, {source}")
            case "devices":
                for device, of_it in wanted.items():
                    standing = reader.device(ORG, DeviceId(device))
                    uid = standing.binding.uid if standing.binding else None
                    _compare(of_it, {"uid": uid, "sealed": standing.seal.why if standing.seal else None}, where)
            case "users":
                for uid, of_it in wanted.items():
                    devices = reader.devices_of(ORG, Uid(uid))
                    properties = {kept.property.name: kept.property for kept in reader.properties_of(ORG, devices)}
                    named = [device for device in devices if device[14] != "8"]
                    found_user = {"devices": named, "properties": _typed(list(properties.values()))}
                    _compare(of_it, found_user, f"{where}, {uid}")
            case "sessions":
                for session, of_it in wanted.items():
                    _compare(of_it, _session(reader, SessionId(session), now_ms), f"{where}, {session}")
            case _:
                raise ValueError(f"{where}: nothing known of {name}")


def _shown(reader: Reader, piece: Piece, operation: Operation, outcome: Outcome) -> dict[str, Any]:
    binding = reader.device(ORG, piece.device).binding
    content = msgspec.structs.asdict(operation)
    return {
        "device": piece.device,
        "session": piece.session,
        "user": binding.uid if binding else None,
        "outcome": outcome.value,
        "at": operation.at,
        "name": content.get("name"),
        "properties": _typed(content.get("properties", ())),
        "given_back": json.loads(msgspec.json.encode(nested(content.get("properties", ()), content.get("products")))),
        "lengths": {name: len(value) for name, value in content.items() if isinstance(value, str) and name != "source"},
    }


def _compare_kept(expected: Mapping[str, Any], found: dict[str, Any], names: dict[str, str], where: str) -> None:
    for member in ("device", "session"):
        wanted = expected.get(member)
        if wanted is None:
            continue
        known = names.setdefault(wanted, found[member] if wanted.startswith("?") else wanted)
        if known != found[member]:
            raise Mismatch(f"{where}: {member} is {found[member]}, not {wanted}")
        if sum(name == found[member] for name in names.values()) > 1:
            raise Mismatch(f"{where}: {member} {wanted} is the same as another")
    rest = {name: value for name, value in expected.items() if name not in ("device", "session", "lengths")}
    _compare(rest, found, where)
    _compare(expected.get("lengths", {}), found["lengths"], where)


def _typed(properties: Sequence[Property]) -> dict[str, list[Any]]:
    return {kept.name: [kept.type, kept.value] for kept in properties}


def _session(reader: Reader, session: SessionId, now_ms: int) -> dict[str, Any]:
    found = reader.session(ORG, session)
    if found is None:
        raise Mismatch(f"there is no session {session}")
    ending = found.ending(now_ms)
    return {
        "began": found.began_at_ms,
        "operations": found.operations,
        "ended": None if ending is None else list(ending),
        "shown": [[one.operation.source, one.at_ms] for one in happenings(reader, ORG, session)],
    }


def _check_invariants(reader: Reader, name: str) -> None:
    pieces = reader.pieces_after(ORG, 0, 10_000)
    for device in {piece.device for piece in pieces}:
        mine = [piece for piece in pieces if piece.device == device]
        found = set(violations(reader.device(ORG, device), mine))
        if found:
            raise Mismatch(f"{name}: {sorted(found)}")
