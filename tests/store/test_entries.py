"""Entries, keys and removal: what both engines must do alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from passerby.base.ids import OrgId
from passerby.model.org import Org
from passerby.store.contract import Entry, Key, Store
from tests.worlds import ENGINES, ORG, opened

O = ORG.id  # noqa: E741


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    found = opened(request.param, tmp_path)
    yield found
    found.close()


def put(store: Store, *entries: Entry) -> None:
    for entry in entries:
        store.submit(lambda t, entry=entry: t.put_entry(O, entry)).result()


def test_an_entry_is_read_back_and_put_in_place_of_the_one_before(store: Store) -> None:
    put(store, Entry("job", "a", b"1", "who", 5), Entry("job", "a", b"2"))
    with store.read() as reader:
        assert reader.entry(O, "job", "a") == Entry("job", "a", b"2")
        assert reader.entry(O, "job", "b") is None
        assert reader.entry(O, "item", "a") is None


def test_entries_are_listed_by_prefix_behind_a_name_in_order(store: Store) -> None:
    put(store, *(Entry("item", f"{job}/{n}", b"") for job in ("x", "y") for n in (3, 1, 2)))
    with store.read() as reader:
        assert [entry.id for entry in reader.entries(O, "item", "x/", "", 9)] == ["x/1", "x/2", "x/3"]
        assert [entry.id for entry in reader.entries(O, "item", "x/", "x/1", 1)] == ["x/2"]
        assert reader.entries(O, "job", "", "", 9) == []


def test_what_is_due_comes_earliest_first_and_the_next_is_known(store: Store) -> None:
    put(store, Entry("a", "2", b"", None, 20), Entry("b", "1", b"", None, 10), Entry("a", "3", b"", None, 30))
    put(store, Entry("a", "never", b""))
    with store.read() as reader:
        assert [entry.id for _, entry in reader.due_entries(["a", "b"], 20, 9)] == ["1", "2"]
        assert reader.due_entries(["b"], 9, 9) == []
        assert [lane.due_at_ms for lane in reader.lanes(["a"])] == [20]
        assert reader.lanes(["c"]) == []


def test_lanes_are_found_one_by_one_and_hold_what_is_due_in_them(store: Store) -> None:
    other = Org(OrgId("o2"), b"t" * 32)
    store.submit(lambda t: t.add_org(other)).result()
    put(
        store,
        *(Entry("a", str(n), b"", None, n, "slow") for n in range(10, 20)),
        Entry("a", "x", b"", None, 15, "quick"),
    )
    put(store, Entry("b", "x", b"", None, 1), Entry("a", "never", b"", None, None, "none"))
    store.submit(lambda t: t.put_entry(other.id, Entry("a", "y", b"", None, 12))).result()
    with store.read() as reader:
        lanes = reader.lanes(["a", "b"])
        named = {(lane.org, lane.kind, lane.name): lane for lane in lanes}
        slow = named[O, "a", "slow"]
        found = [entry.id for entry in reader.due_in(slow, 13, 3)]
    assert len(lanes) == len(named) == 4
    assert {key: lane.due_at_ms for key, lane in named.items()} == {
        (O, "a", "quick"): 15,
        (O, "a", "slow"): 10,
        (other.id, "a", ""): 12,
        (O, "b", ""): 1,
    }
    assert found == ["10", "11", "12"]


def test_entries_about_someone_go_together(store: Store) -> None:
    put(store, Entry("a", "1", b"", "who"), Entry("b", "1", b"", "who"), Entry("b", "2", b"", "else"))
    assert store.submit(lambda t: t.remove_entries_about(O, "who")).result() == 2
    with store.read() as reader:
        assert [entry.id for kind in "ab" for entry in reader.entries(O, kind, "", "", 9)] == ["2"]


def test_an_entry_put_by_work_that_fails_is_not_there(store: Store) -> None:
    def fail(transaction: object) -> None:
        transaction.put_entry(O, Entry("a", "1", b""))  # type: ignore[attr-defined]
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.submit(fail).result()
    with store.read() as reader:
        assert reader.entry(O, "a", "1") is None


def test_keys_are_listed_oldest_first_and_a_removed_one_is_gone(store: Store) -> None:
    keys = [Key(bytes([n]) * 32, O, "read", str(n), n) for n in (2, 1)]
    for key in keys:
        store.submit(lambda t, key=key: t.add_key(key)).result()
    with store.read() as reader:
        assert reader.keys(O) == [keys[1], keys[0]]
    store.submit(lambda t: t.remove_key(keys[0].digest)).result()
    with store.read() as reader:
        assert reader.keys(O) == [keys[1]]
        assert reader.key(keys[0].digest) is None
