"""What admits people to the dashboard, over each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from passerby.base.ids import SessionId
from passerby.model.member import Admission, Member
from passerby.model.outcome import Complaint, Outcome, Tally
from passerby.store.contract import COMPLAINTS_MAX, Store
from tests.worlds import ENGINES, NOW_MS, ORG, opened

HOUR_MS = 3_600_000


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = opened(request.param, tmp_path)
    yield store
    store.close()


def admission(name: bytes, member: str = "vera", made_at_ms: int = NOW_MS, lasts_ms: int = HOUR_MS) -> Admission:
    session = SessionId("00000001-5eed-4000-8000-0123456789ab")
    return Admission(name, ORG.id, member, "viewer", session, made_at_ms, made_at_ms + lasts_ms)


def admit(store: Store, *admissions: Admission) -> None:
    for one in admissions:
        store.submit(lambda transaction, one=one: transaction.admit(one)).result()


def test_an_admission_is_found_as_it_was_made(store: Store) -> None:
    admit(store, admission(b"a"), admission(b"b", made_at_ms=NOW_MS + 1))
    with store.read() as reader:
        assert reader.admission(b"a") == admission(b"a")
        assert [one.digest for one in reader.admissions(ORG.id)] == [b"b", b"a"]
        assert reader.admission(b"c") is None


def test_expired_admissions_go_when_another_is_made(store: Store) -> None:
    admit(store, admission(b"a", lasts_ms=10), admission(b"b", made_at_ms=NOW_MS + 10))
    with store.read() as reader:
        assert [one.digest for one in reader.admissions(ORG.id)] == [b"b"]


def test_removing_a_member_dismisses_them_and_nobody_else(store: Store) -> None:
    for name in ("vera", "ida"):
        member = Member(name, "viewer", "hash")
        store.submit(lambda transaction, member=member: transaction.put_member(ORG.id, member)).result()
    admit(store, admission(b"a"), admission(b"b", "ida"))
    store.submit(lambda transaction: transaction.remove_member(ORG.id, "vera")).result()
    with store.read() as reader:
        assert [member.name for member in reader.members(ORG.id)] == ["ida"]
        assert [one.digest for one in reader.admissions(ORG.id)] == [b"b"]


def test_tallies_add_up_by_minute_and_the_old_ones_go(store: Store) -> None:
    minute = NOW_MS - NOW_MS % 60_000
    for at_ms in (minute, minute + 59_999, minute + 60_000):
        store.submit(lambda t, at_ms=at_ms: t.tally(ORG.id, at_ms, {Outcome.STORED: 2}, 0)).result()
    with store.read() as reader:
        found = reader.tallies(ORG.id, 0)
    assert found == [Tally(minute, Outcome.STORED, 4), Tally(minute + 60_000, Outcome.STORED, 2)]
    store.submit(lambda t: t.tally(ORG.id, minute + 60_000, {}, minute + 1)).result()
    with store.read() as reader:
        assert [tally.minute_at_ms for tally in reader.tallies(ORG.id, 0)] == [minute + 60_000]


def test_complaints_of_one_kind_are_counted_and_more_kinds_than_may_be_lose_page_and_name(store: Store) -> None:
    def told(name: str) -> Complaint:
        return Complaint(NOW_MS, "invalid_name", "event", "a.example/", "browser/1", name, "message")

    kinds = [told(f"n{number}") for number in range(COMPLAINTS_MAX)]
    store.submit(lambda t: t.complain(ORG.id, kinds[:-1], 0)).result()
    for again in (kinds[0], kinds[-1]):
        store.submit(lambda t, again=again: t.complain(ORG.id, [again], 0)).result()
    store.submit(lambda t: t.complain(ORG.id, [told("one"), told("more")], 0)).result()
    with store.read() as reader:
        found = {complaint.name: (complaint.page, complaint.count) for complaint in reader.complaints(ORG.id, 0)}
    assert len(found) == COMPLAINTS_MAX + 1
    assert found["n0"] == ("a.example/", 2)
    assert found[""] == ("", 2)
