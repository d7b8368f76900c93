"""However bundles travelled, an operation has one time wherever it is shown, and a page keeps its order (AT-8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerby.base.ids import DeviceId, PageId, SessionId, UserId
from passerby.ingest.recording import record
from passerby.model.bundle import Piece
from passerby.model.effect import Keep
from passerby.model.marks import Marks
from passerby.model.operation import Event, Identify
from passerby.model.outcome import Outcome
from passerby.model.properties import Property
from passerby.query import happened, sessions, users
from passerby.query.happened import Happening, Timekeeper
from passerby.query.sessions import happenings, last_until, latest_happenings, some_happenings
from passerby.query.users import find_user, types_given
from passerby.store.contract import Reader, Store
from passerby.store.memory import MemoryStore
from passerby.wire.decode import decode
from tests.worlds import ENGINES, NOW_MS, ORG, opened

DEVICE = "d0000000-0000-4000-8000-000000000000"
SESSIONS = [f"5{n}000000-0000-4000-8000-000000000000" for n in range(3)]
PAGES = [f"9{n}000000-0000-4000-8000-000000000000" for n in range(3)]

bundles = st.lists(
    st.tuples(
        st.sampled_from(PAGES),
        st.integers(1, 3),  # operations
        st.integers(0, 90_000),  # ms that it travelled
        st.integers(0, 2000),  # ms since the page's last operation
        st.sampled_from([0, 0, 0, -30_000, 200_000]),  # what the page's clock was moved by before
        st.booleans(),  # whether the session is a new one
    ),
    min_size=1,
    max_size=10,
)


def filled(made: list[tuple[str, int, int, int, int, bool]]) -> MemoryStore:
    """A device whose pages sent these bundles one after the other, which arrived as they travelled."""
    store = MemoryStore()
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    last: dict[str, int] = {}
    skew, true_ms, session, arrivals = 0, NOW_MS, 0, []
    for page, count, took_ms, waited_ms, moved_ms, is_new in made:
        true_ms, skew = true_ms + waited_ms + 1, skew + moved_ms
        session = min(session + is_new, len(SESSIONS) - 1)
        first = last.get(page, 0) + 1
        last[page] = first + count - 1
        ops = [{"op": "event", "name": f"e{n}", "n": n, "t": true_ms + skew} for n in range(first, first + count)]
        envelope = {
            "v": 1, "org": ORG.id, "device": DEVICE, "session": SESSIONS[session], "page": page, "sdk": "browser/1",
            "started": NOW_MS, "sent": true_ms + skew + 1, "ops": ops,
        }  # fmt: skip
        arrivals.append((true_ms + 1 + took_ms, len(arrivals), msgspec.json.encode(envelope)))
    for received_at_ms, _, body in sorted(arrivals):
        bundle = decode(body, "", received_at_ms)
        store.submit(lambda transaction, bundle=bundle: record(transaction, bundle)).result()
    return store


def times(found: list[Happening]) -> dict[tuple[str, int], int]:
    return {(one.piece.page, one.operation.n): one.at_ms for one in found}


def exported(reader: Reader) -> dict[tuple[str, int], int]:
    keeper = Timekeeper(ORG.id)
    return {
        (piece.page, operation.n): at_ms
        for piece in reader.pieces_after(ORG.id, 0, 1000)
        for operation, at_ms in zip(piece.operations, keeper.times(reader, piece), strict=True)
    }


@settings(max_examples=300, deadline=None)
@given(bundles, st.integers(1, 40))
def test_an_operation_has_one_time_wherever_it_is_shown(
    made: list[tuple[str, int, int, int, int, bool]], limit: int
) -> None:
    with filled(made).read() as reader:
        by_session = {
            key: at for session in SESSIONS for key, at in times(happenings(reader, ORG.id, SessionId(session))).items()
        }
        everything = times(latest_happenings(reader, ORG.id, UserId(DEVICE), 1000))
        latest = times(latest_happenings(reader, ORG.id, UserId(DEVICE), limit))
        assert by_session == everything == exported(reader)
        assert latest.items() <= everything.items()
        assert len(latest) == min(limit, len(everything))


@settings(max_examples=300, deadline=None)
@given(bundles)
def test_a_page_keeps_its_order_within_a_session(made: list[tuple[str, int, int, int, int, bool]]) -> None:
    with filled(made).read() as reader:
        for session in SESSIONS:
            told = times(happenings(reader, ORG.id, SessionId(session)))
            for (page, n), (later_page, later_n) in pairwise(sorted(told)):
                assert page != later_page or told[page, n] <= told[later_page, later_n]


@settings(max_examples=300, deadline=None)
@given(bundles, st.integers(0, 25), st.integers(1, 10))
def test_a_part_of_a_session_is_that_part_of_the_whole(
    made: list[tuple[str, int, int, int, int, bool]], start: int, limit: int
) -> None:
    with filled(made).read() as reader:
        for name in map(SessionId, SESSIONS):
            whole = happenings(reader, ORG.id, name)
            assert some_happenings(reader, ORG.id, name, start, limit) == whole[start : start + limit]
        person = latest_happenings(reader, ORG.id, UserId(DEVICE), 1000)
        assert latest_happenings(reader, ORG.id, UserId(DEVICE), limit) == person[:limit]


@settings(max_examples=200, deadline=None)
@given(bundles, st.integers(0, 25), st.integers(1, 10), st.sampled_from([1, 200, 400]))
def test_what_is_large_comes_in_smaller_parts_and_nothing_is_left_out(
    made: list[tuple[str, int, int, int, int, bool]], start: int, limit: int, most: int
) -> None:
    with filled(made).read() as reader, pytest.MonkeyPatch.context() as patch:
        person = latest_happenings(reader, ORG.id, UserId(DEVICE), 1000)
        patch.setattr(sessions, "BYTES_MAX", most)
        for name in map(SessionId, SESSIONS):
            whole = happenings(reader, ORG.id, name)
            found = some_happenings(reader, ORG.id, name, start, limit)
            assert found == whole[start : start + len(found)]
            assert bool(found) == (start < len(whole))
        latest = latest_happenings(reader, ORG.id, UserId(DEVICE), limit)
        assert latest == person[: len(latest)]
        assert 1 <= len(latest) <= limit


@settings(max_examples=300, deadline=None)
@given(bundles, st.integers(-40_000, 240_000))
def test_the_last_until_a_moment_of_the_client_is_found(
    made: list[tuple[str, int, int, int, int, bool]], since_ms: int
) -> None:
    t = NOW_MS + since_ms + Marks(ORG.secret).shift_ms(DeviceId(DEVICE))
    with filled(made).read() as reader:
        for name in map(SessionId, SESSIONS):
            until = [(i, one) for i, one in enumerate(happenings(reader, ORG.id, name)) if one.operation.t <= t]
            assert last_until(reader, ORG.id, name, t) == (until[-1] if until else None)


LONG = "5f000000-0000-4000-8000-000000000000"


@pytest.fixture(params=ENGINES)
def long_session(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Eight bundles of two events each, of a session of which three are looked at together."""
    for place in (happened, sessions, users):
        monkeypatch.setattr(place, "PIECES_MAX", 3)
    store = opened(request.param, tmp_path)
    for number in range(8):
        events = [Event(n=n, t=number * 100 + n, at=number * 100 + n, name=f"e{number}{n}") for n in (1, 2)]
        page = PageId(f"9f00000{number}-0000-4000-8000-000000000000")
        kept = Piece(
            DeviceId(DEVICE),
            SessionId(LONG),
            page,
            0,
            0,
            number * 100 + 2,
            "test",
            tuple(events),
            (Outcome.STORED,) * 2,
        )
        store.submit(lambda transaction, kept=kept: transaction.apply(ORG.id, [Keep(kept)])).result()
    yield store
    store.close()


def named(found: Sequence[Happening]) -> list[str]:
    return [str(getattr(one.operation, "name", "")) for one in found]


def test_a_session_of_very_much_is_shown_to_its_end(long_session: Store) -> None:
    everything = [f"e{number}{n}" for number in range(8) for n in (1, 2)]
    with long_session.read() as reader:
        for limit in (1, 3, 6, 7, 100):
            for start in range(18):
                found = some_happenings(reader, ORG.id, SessionId(LONG), start, limit)
                assert named(found) == everything[start : start + limit]


def test_the_last_of_very_much_is_the_last(long_session: Store) -> None:
    with long_session.read() as reader:
        latest = latest_happenings(reader, ORG.id, UserId(DEVICE), 3)
        assert named(latest) == ["e72", "e71", "e62"]
        for number in range(8):
            last = last_until(reader, ORG.id, SessionId(LONG), number * 100 + 1)
            assert last is not None
            assert (last[0], named([last[1]])) == (2 * number, [f"e{number}1"])
        assert last_until(reader, ORG.id, SessionId(LONG), 0) is None


def test_the_last_types_of_very_much_are_the_last(long_session: Store) -> None:
    named_so = (Property("plan", "real", 1),)
    last = Identify(n=1, t=900, at=900, uid="ann", properties=named_so)
    page = PageId("9f000009-0000-4000-8000-000000000000")
    kept = Piece(DeviceId(DEVICE), SessionId(LONG), page, 0, 0, 900, "test", (last,), (Outcome.STORED,))
    long_session.submit(lambda transaction: transaction.apply(ORG.id, [Keep(kept)])).result()
    with long_session.read() as reader:
        user = find_user(reader, ORG.id, DEVICE)
        assert user is not None
        assert types_given(reader, ORG.id, msgspec.structs.replace(user, properties=[])) == {"plan": ["real"]}
