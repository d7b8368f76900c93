"""What is read of a person costs as much as it shows, and no more for the devices and operations that it does not show.

What SQLite does is counted, not timed: steps of its machine, and statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from passerby.base.ids import OrgId, Uid, UserId
from passerby.model.bundle import Piece
from passerby.model.effect import Effect, Keep
from passerby.model.operation import Event, Identify
from passerby.model.outcome import Outcome
from passerby.model.properties import Property
from passerby.query.sessions import latest_happenings, list_sessions, some_happenings
from passerby.query.timeline import timeline_of
from passerby.query.users import find_user, list_users, types_given
from passerby.store.contract import PersonFilter
from passerby.store.sqlite import SqliteStore
from passerby.store.sqlite.reader import SqliteReader
from tests.deliveries import ORG
from tests.store.pieces import bind, device, page, piece, session

DEVICES: Final = 600
PLAIN: Final = 3
LONG: Final = 40
"""How many pieces of 100 operations the long session has."""
NOW_MS: Final = 10_000_000


def visit(number: int, uid: str, of: int) -> list[Effect]:
    """A visit of a device that is bound by then."""
    properties = (
        Property("plan", "str", "pro" if number % 2 else "free"),
        Property("email", "str", f"{number}@a.example"),
    )
    first = Event(n=1, t=number * 100, at=number * 100, name="x")
    told = Identify(n=2, t=number * 100 + 1, at=number * 100 + 1, uid=uid, properties=properties)
    return [Keep(piece(number, first, told, of=of))]


def long_session(number: int) -> list[Effect]:
    """One visit with many operations, on pages one after the other."""
    kept: list[Effect] = []
    for part in range(LONG):
        at = [1_000_000 + part * 1000 + n for n in range(100)]
        made = tuple(Event(n=n, t=at_ms, at=at_ms, name="x") for n, at_ms in enumerate(at, 1))
        outcomes = (Outcome.STORED,) * len(made)
        kept.append(
            Keep(Piece(device(number), session(number), page(8000 + part), 0, 0, at[-1], "test", made, outcomes))
        )
    return kept


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path_factory.mktemp("hot") / "passerby.db")
    opened.submit(lambda transaction: transaction.add_org(ORG)).result()
    effects: list[Effect] = []
    for number in range(1, DEVICES + 1):
        effects += [*visit(number, "hot", number), bind(number, "hot")]
    for number in range(1, 31):
        effects += visit(1000 + number, "plain", 2000 + number % PLAIN)
    effects += [bind(2000 + number, "plain") for number in range(PLAIN)]
    effects += [*long_session(3000), bind(3000, "long")]
    opened.submit(lambda transaction: transaction.apply(ORG.id, effects)).result()
    yield opened
    opened.close()


class Asked(msgspec.Struct):
    """Somebody asks about one user."""

    reader: SqliteReader
    user: UserId
    uid: Uid


def types(asked: Asked) -> Any:
    found = find_user(asked.reader, ORG.id, asked.user)
    assert found is not None
    return types_given(asked.reader, ORG.id, found)


def having(asked: Asked) -> Any:
    return asked.reader.people(ORG.id, PersonFilter(uid=asked.uid, having=("plan", ("pro",))), None, 9)


READS: Final[dict[str, Callable[[Asked], Any]]] = {
    "user": lambda asked: find_user(asked.reader, ORG.id, asked.user),
    "list": lambda asked: list_users(asked.reader, ORG.id, PersonFilter(uid=asked.uid), None),
    "having": having,
    "sessions": lambda asked: list_sessions(asked.reader, ORG.id, asked.uid, None, None, 10),
    "later": lambda asked: asked.reader.next_session_of_user(ORG.id, asked.user, (500, session(1))),
    "last events": lambda asked: latest_happenings(asked.reader, ORG.id, asked.user, 10),
    "timeline": lambda asked: timeline_of(asked.reader, ORG, asked.user, NOW_MS, 5),
    "types": types,
    "devices": lambda asked: asked.reader.devices_of(ORG.id, asked.uid, None, 10),
}


def steps(store: SqliteStore, do: Callable[[Asked], Any], uid: str) -> int:
    """How many steps of SQLite's machine a read takes, in hundreds, and statements."""
    counted = [0]

    def count(*_: object) -> None:
        counted[0] += 1

    with store.read() as reader:
        user = reader.people(ORG.id, PersonFilter(uid=uid), None, 1)[0].id
        reader._db.set_progress_handler(count, 100)
        reader._db.set_trace_callback(count)
        do(Asked(reader, user, Uid(uid)))
        reader._db.set_progress_handler(None, 0)
        reader._db.set_trace_callback(None)
    return counted[0]


@pytest.mark.parametrize("read", sorted(READS))
@pytest.mark.parametrize("uid", ["hot", "long"])
def test_reading_a_hot_spot_costs_what_reading_anyone_costs(store: SqliteStore, read: str, uid: str) -> None:
    assert steps(store, READS[read], uid) <= 3 * steps(store, READS[read], "plain") + 5


class Counted:
    """A reader that counts the pieces it is asked for."""

    def __init__(self, reader: SqliteReader) -> None:
        self._reader = reader
        self.read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def pieces_of_rows(self, org: OrgId, numbers: Sequence[int]) -> list[Piece]:
        self.read += len(numbers)
        return self._reader.pieces_of_rows(org, numbers)


def test_a_part_of_a_long_session_decodes_the_pieces_it_shows(store: SqliteStore) -> None:
    with store.read() as reader:
        counted = Counted(reader)
        assert [one.operation.n for one in some_happenings(counted, ORG.id, session(3000), 1950, 100)] == [
            *range(51, 101), *range(1, 51)
        ]  # fmt: skip
        assert counted.read == 2


def test_a_device_with_much_to_its_name_is_its_persons_at_once_and_its_rows_soon(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "passerby.db")
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    many = [Keep(piece(number, Event(n=1, t=number, at=number, name="x"), of=1)) for number in range(1, 701)]
    store.submit(lambda transaction: transaction.apply(ORG.id, many)).result()

    def bound(transaction: Any) -> None:
        transaction.apply(ORG.id, [bind(1, "ann")])
        (ann,) = transaction.people(ORG.id, PersonFilter(), None, 9)
        assert len(transaction.sessions_of_user(ORG.id, ann.id, None, 1000)) == 700
        assert transaction._db.execute("SELECT count(*) FROM sessions WHERE owner = device").fetchone()[0] == 700

    store.submit(bound).result()
    for _ in range(4):
        store.submit(repr).result()
    with store.read() as reader:
        (ann,) = reader.people(ORG.id, PersonFilter(), None, 9)
        assert len(reader.sessions_of_user(ORG.id, ann.id, None, 1000)) == 700
        assert reader._db.execute("SELECT count(*) FROM sessions WHERE owner = device").fetchone()[0] == 0
        assert reader._db.execute("SELECT count(*) FROM parts").fetchone()[0] == 0
    store.close()
