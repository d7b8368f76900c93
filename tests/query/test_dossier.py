"""The document of all that is held about one user: the same in pages, in flat memory, and never on past a change."""

from __future__ import annotations

import functools
import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerby.base.errors import Refusal, Unfinished
from passerby.base.ids import DeviceId, OrgId, UserId
from passerby.ingest import erasing
from passerby.ingest.recording import record
from passerby.model.bundle import Piece
from passerby.model.device import Seal
from passerby.model.effect import Close, Drop, Effect, Hold, Keep
from passerby.model.export import Export
from passerby.model.operation import Event, Identify, Operation
from passerby.model.outcome import Outcome
from passerby.model.properties import Property
from passerby.query import dossier as telling
from passerby.query import exporting
from passerby.query.dossier import dossier
from passerby.query.exporting import export_events
from passerby.query.happened import Happening, Timekeeper
from passerby.query.sessions import BYTES_MAX, latest_happenings, some_happenings
from passerby.query.users import find_user
from passerby.store.contract import Person, PersonFilter, Reader, Store, Transaction
from passerby.store.people import device_pages
from passerby.store.sqlite import SqliteStore
from tests.deliveries import Delivery, deliveries
from tests.store.pieces import bind, device, event, instant, page, piece, session
from tests.worlds import ENGINES, ORG, CountedIds, opened

EVENTS: Final = 60_000
PEAK_BYTES: Final = 10 << 20
"""Five times what was measured. As one record it took 58 MB."""


@pytest.fixture
def in_small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is read in pages has one a page, and each part is a chunk."""
    for name in ("_CHUNK_BYTES", "PAGE_PIECES_MAX"):
        monkeypatch.setattr(exporting, name, 1)
    for name in ("_DEVICES", "_PROPERTIES"):
        monkeypatch.setattr(telling, name, 1)
    monkeypatch.setattr(telling, "_ROWS", 2)


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    found = opened(request.param, tmp_path)
    yield found
    found.close()


def apply(store: Store, *effects: Effect) -> None:
    store.submit(lambda transaction: transaction.apply(ORG.id, effects)).result()


def is_going(reader: Reader, name: DeviceId) -> bool:
    return erasing.is_erased_device(reader, ORG, name)


def told(store: Store, person: Person, *, is_indented: bool = False) -> Iterator[bytes]:
    return dossier(store.read, ORG.id, person, is_going, is_indented=is_indented)


def person_of(store: Store, uid: str | None) -> Person:
    with store.read() as reader:
        wanted = PersonFilter(uid=uid) if uid else PersonFilter(identified=False)
        return reader.people(ORG.id, wanted, None, 1)[0]


def whole(reader: Reader, person: Person) -> dict[str, Any]:
    """The document as one record, read in one moment."""
    user = find_user(reader, ORG.id, person.id)
    assert user is not None
    found: dict[str, Any] = {"user": msgspec.to_builtins(person), "properties": [], "devices": []}
    for kept in user.properties:
        shown = {"name": kept.property.name, "type": kept.property.type, "value": kept.property.value}
        found["properties"].append({**shown, "set_at_ms": kept.instant.at, "device": kept.device})
    for name in (name for names in device_pages(reader, ORG.id, person) for name in names):
        standing = reader.device(ORG.id, name)
        of_device: dict[str, Any] = {
            "id": name,
            "binding": msgspec.to_builtins(standing.binding),
            "seal": msgspec.to_builtins(standing.seal),
            "pieces": [],
        }
        for kept_piece in reader.pieces_of_device(ORG.id, name):
            times = Timekeeper(ORG.id).times(reader, kept_piece)
            many = zip(kept_piece.operations, kept_piece.outcomes, times, strict=True)
            of_device["pieces"].append(
                {
                    "session": None if str(kept_piece.session) == name else kept_piece.session,
                    "page": kept_piece.page,
                    "sdk": kept_piece.sdk,
                    "received_at_ms": kept_piece.received_at_ms,
                    "operations": [{**with_types(op), "outcome": o.value, "made_at_ms": at} for op, o, at in many],
                }
            )
        found["devices"].append(of_device)
    return found


def with_types(operation: Operation) -> dict[str, Any]:
    """An operation whose properties have no objects in them, with the types of these apart."""
    found: dict[str, Any] = msgspec.to_builtins(operation)
    if "properties" in found:
        typed = found["properties"]
        found["properties"] = {name: value for name, _, value in typed}
        found["schema"] = {name: kind for name, kind, _ in typed}
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(deliveries(), max_size=8))
def test_in_pages_it_is_byte_for_byte_what_it_is_at_once(made: list[Delivery]) -> None:
    store = opened("memory", Path())
    for delivery in made:
        assert isinstance(store.submit(functools.partial(record, bundle=delivery.bundle)).exception(), Refusal | None)
    with store.read() as reader:
        people = reader.people(ORG.id, PersonFilter(), None, 100)
        wanted = [msgspec.json.encode(whole(reader, person)) for person in people]
    for size in (1, 100):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(exporting, "PAGE_PIECES_MAX", size)
            for name in ("_DEVICES", "_PROPERTIES", "_ROWS"):
                patch.setattr(telling, name, size)
            assert [b"".join(told(store, person)) for person in people] == wanted
            assert [b"".join(told(store, person, is_indented=True)) for person in people] == [
                msgspec.json.format(tight) for tight in wanted
            ]


def filled(store: Store) -> None:
    """Ann with two devices and two properties, somebody anonymous, and Bob."""
    for number, of in enumerate((1, 1, 1, 2, 3, 3, 4), 1):
        named = Property(f"name{number}", "str", "[] {")
        what = Identify(n=1, t=number, at=number, uid="ann", properties=(named,)) if number in (1, 2) else None
        apply(store, Keep(piece(number, what or event(1, number, f"e{number}"), of=of)))
    apply(store, bind(1, "ann"), bind(2, "ann"), bind(4, "bob"))


@pytest.mark.usefixtures("in_small_pages")
def test_nothing_is_held_open_while_the_reader_waits(store: Store) -> None:
    filled(store)
    ann = person_of(store, "ann")
    opened_now = [0, 0]

    @contextmanager
    def read() -> Iterator[Reader]:
        opened_now[0] += 1
        opened_now[1] += 1
        with store.read() as reader:
            yield reader
        opened_now[0] -= 1

    parts = []
    for part in dossier(read, ORG.id, ann, is_going):
        assert opened_now[0] == 0
        parts.append(part)
    assert len(parts) > 10
    assert opened_now[1] > 10
    with store.read() as reader:
        assert b"".join(parts) == msgspec.json.encode(whole(reader, ann))


def seal(store: Store) -> None:
    apply(store, Close(device(1), Seal(instant(1, 1), "anonymize")), Close(device(3), Seal(instant(5, 1), "forget")))


def hold(store: Store) -> None:
    apply(store, Hold(device(1)), Hold(device(3)))


def identify(store: Store) -> None:
    apply(store, bind(3, "bob"))


def accept(store: Store) -> None:
    for person in (person_of(store, "ann"), person_of(store, None)):
        store.submit(functools.partial(erasing.accept, org=ORG, person=person, now_ms=9, ids=CountedIds())).result()


def erase(store: Store) -> None:
    accept(store)
    with store.read() as reader:
        due = reader.due_entries([erasing.ERASING], 9, 9)
    for org, entry in due:
        erasing.remove(store, org, entry, 9)


def erase_and_come_back(store: Store) -> None:
    erase(store)
    apply(store, Keep(piece(8, event(1, 8, "e8"), of=8)), bind(8, "ann"))


CHANGES: Final[dict[str, Callable[[Store], None]]] = {
    "sealed": seal,
    "held": hold,
    "accepted": accept,
    "erased": erase,
    "back": erase_and_come_back,
}


@pytest.mark.usefixtures("in_small_pages")
@pytest.mark.parametrize(
    ("uid", "change"), [*((uid, change) for uid in ("ann", None) for change in CHANGES), (None, "identified")]
)
def test_a_change_ends_the_document_before_its_end(store: Store, uid: str | None, change: str) -> None:
    filled(store)
    do = CHANGES.get(change, identify)
    first = "e5" if uid is None else "name1"
    parts = told(store, person_of(store, uid))
    text = b""
    while f'"{first}"'.encode() not in text or b'"operations"' not in text:
        text += next(parts)
    do(store)
    text_after: list[bytes] = []
    with pytest.raises(Unfinished):
        text_after.extend(parts)
    assert not any(b"operations" in part for part in text_after)
    with pytest.raises(ValueError, match=r"JSON|delimiter|value"):
        json.loads(text + b"".join(text_after))


@pytest.mark.usefixtures("in_small_pages")
def test_a_device_that_is_held_before_its_turn_is_not_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_DEVICES", 9)
    filled(store)
    parts = told(store, person_of(store, "ann"))
    text = b""
    while b"operations" not in text:
        text += next(parts)
    apply(store, Hold(device(2)))
    rest: list[bytes] = []
    with pytest.raises(Unfinished):
        rest.extend(parts)
    assert device(2).encode() not in b"".join(rest)
    of_nobody = told(store, person_of(store, None))
    next(of_nobody)
    apply(store, Hold(device(3)))
    rest.clear()
    with pytest.raises(Unfinished):
        rest.extend(of_nobody)
    assert b"operations" not in b"".join(rest)


@pytest.mark.usefixtures("in_small_pages")
def test_what_others_do_meanwhile_does_not_end_it(store: Store) -> None:
    filled(store)
    parts = told(store, person_of(store, "ann"))
    text = b"".join(next(parts) for _ in range(8))
    identify(store)
    apply(store, Close(device(4), Seal(instant(7, 1), "anonymize")), Keep(piece(9, event(1, 9, "new"), of=1)))
    document = json.loads(text + b"".join(parts))
    assert [len(found["pieces"]) for found in document["devices"]] == [4, 1]


@pytest.mark.usefixtures("in_small_pages")
def test_a_row_that_became_another_devices_is_not_told(tmp_path: Path) -> None:
    store = opened("sqlite", tmp_path)
    apply(store, *(Keep(piece(number, event(1, number), of=1)) for number in (1, 2)), bind(1, "ann"))
    parts = told(store, person_of(store, "ann"))
    text = b""
    while b"operations" not in text:
        text += next(parts)

    def another(transaction: Transaction) -> None:
        dropped = transaction.pieces(ORG.id, device(1))[1]
        transaction.apply(ORG.id, [Drop(dropped), Keep(piece(3, event(1, 3, "a stranger's"), of=2))])
        assert transaction.pieces(ORG.id, device(2))[0].row == dropped.row

    store.submit(another).result()
    text += b"".join(parts)
    assert b"a stranger's" not in text
    assert len(json.loads(text)["devices"][0]["pieces"]) == 1
    store.close()


def test_of_somebody_who_is_being_erased_no_document_is_begun(store: Store) -> None:
    filled(store)
    ann = person_of(store, "ann")
    accept(store)
    with pytest.raises(Refusal, match="being erased"):
        told(store, ann)


def test_of_somebody_who_is_gone_no_document_is_begun(store: Store) -> None:
    filled(store)
    ann = person_of(store, "ann")
    hold(store)
    apply(store, Hold(device(2)))
    with pytest.raises(Refusal, match="no such user"):
        told(store, ann)


class Counted:
    """A reader that counts the pieces it gives."""

    def __init__(self, reader: Reader, counted: list[int]) -> None:
        self._reader, self._counted = reader, counted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def pieces_of_rows(self, org: OrgId, numbers: list[int]) -> list[Piece]:
        self._counted[0] += len(numbers)
        return self._reader.pieces_of_rows(org, numbers)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    """Ann with 60,000 events of one device, in bundles of 100, over three sessions that alternate."""
    found = SqliteStore(tmp_path_factory.mktemp("large") / "passerby.db")
    found.submit(lambda transaction: transaction.add_org(ORG)).result()
    named = (Property("product", "str", "x" * 40),)
    effects: list[Effect] = [bind(1, "ann")]
    for number in range(EVENTS // 100):
        at = number * 1000
        made = tuple(Event(n=n, t=at + n, at=at + n, name="Viewed", properties=named) for n in range(1, 101))
        kept = Piece(
            device(1), session(number % 3), page(number), 0, 0, at + 100, "test", made, (Outcome.STORED,) * 100
        )
        effects.append(Keep(kept))
    found.submit(lambda transaction: transaction.apply(ORG.id, effects)).result()
    yield found
    found.close()


def peak_of(do: Callable[[], Any]) -> tuple[Any, int]:
    """What is returned, and how many bytes it took at most."""
    tracemalloc.start()
    try:
        return do(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_much_costs_little_memory(large: SqliteStore) -> None:
    ann = person_of(large, "ann")
    size, peak = peak_of(lambda: sum(map(len, told(large, ann))))
    assert size > 100 * EVENTS
    assert peak < PEAK_BYTES


EVERYONE: Final = Export("e", "everyone", "TYPE_EVENT", "FORMAT_NDJSON", 0, 0, 2**53, 2**53, ())


def test_much_costs_little_memory_in_an_export_of_everyone_too(large: SqliteStore) -> None:
    rows, peak = peak_of(lambda: sum(1 for _ in export_events(large.read, ORG.id, EVERYONE, is_going)))
    assert rows == EVENTS
    assert peak < PEAK_BYTES


def test_of_much_the_first_part_comes_soon(large: SqliteStore) -> None:
    counted = [0]

    @contextmanager
    def read() -> Iterator[Any]:
        with large.read() as reader:
            yield Counted(reader, counted)

    parts = dossier(read, ORG.id, person_of(large, "ann"), is_going)
    assert next(parts).startswith(b'{"user":')
    assert counted[0] < 20


def test_what_an_erasure_would_remove_is_counted_in_little_memory(large: SqliteStore) -> None:
    with large.read() as reader:
        ann = person_of(large, "ann")
        would, peak = peak_of(lambda: erasing.counted(reader, ORG.id, ann))
    assert (would.devices, would.sessions, would.pieces, would.operations) == (1, 3, EVENTS // 100, EVENTS)
    assert peak < 1 << 20


@pytest.mark.parametrize("how", ["in turn", "mixed", "alike"])
def test_a_session_of_large_bundles_is_shown_in_little_memory(tmp_path: Path, how: str) -> None:
    """One visitor's, who compresses megabytes of nothing well: 60 bundles of 4 MB, in whatever order they were made."""
    store = opened("sqlite", tmp_path)
    named = tuple(Property(f"name{number}", "str", "v" * 8000) for number in range(60))
    made: dict[tuple[int, str, int], str] = {}
    for number in range(60):
        step, at = {"in turn": (1, 10 * number), "mixed": (1000, number), "alike": (1, 0)}[how]
        times = [at + step * n for n in range(1, 9)]
        events = tuple(Event(n=n, t=at, at=at, name="e", properties=named) for n, at in enumerate(times, 1))
        kept = Piece(device(1), session(1), page(number), 0, 0, times[-1], "test", events, (Outcome.STORED,) * 8)
        apply(store, Keep(kept))
        made |= {(at, page(number), n): f"{page(number)} {n}" for n, at in enumerate(times, 1)}
    in_order = [made[place] for place in sorted(made)]
    with store.read() as reader:
        for start in (0, 15, 400, 479):
            read = functools.partial(some_happenings, reader, ORG.id, session(1), start, 500)
            found, peak = peak_of(read)
            assert peak < 3 * BYTES_MAX
            assert shown(found) == in_order[start : start + len(found)]
            assert found
        latest, peak = peak_of(lambda: latest_happenings(reader, ORG.id, UserId(device(1)), 500))
        assert peak < 3 * BYTES_MAX
        assert shown(latest) == in_order[: -len(latest) - 1 : -1]
        assert latest
    store.close()


def shown(found: Sequence[Happening]) -> list[str]:
    return [f"{one.piece.page} {one.operation.n}" for one in found]


def test_a_session_is_read_once_a_page_however_sessions_alternate(
    large: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("passerby.query.happened.PIECES_MAX", 210)
    monkeypatch.setattr(exporting, "PAGE_BYTES_MAX", 1 << 30)
    asked: list[str] = []

    class Marked(Counted):
        def marks_of_session(self, *given: Any) -> Any:
            asked.append(given[1])
            return self._reader.marks_of_session(*given)

    @contextmanager
    def read() -> Iterator[Any]:
        with large.read() as reader:
            yield Marked(reader, [0])

    for do in (
        lambda: dossier(read, ORG.id, person_of(large, "ann"), is_going),
        lambda: export_events(read, ORG.id, EVERYONE, is_going),
    ):
        asked.clear()
        assert sum(1 for _ in do())
        assert len(asked) <= 3 * (EVENTS // 100 // 200 + 1)


def test_the_user_of_a_document_is_whom_it_was_asked_for(store: Store) -> None:
    filled(store)
    nobody = Person(UserId(device(1)), None, None, None, 0, 0)
    with pytest.raises(Unfinished):
        b"".join(told(store, nobody))
