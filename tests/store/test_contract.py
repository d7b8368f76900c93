"""What the contract promises, of every engine."""

from __future__ import annotations

import functools
from collections.abc import Callable

import msgspec
import pytest

from passerby.base.errors import BindingViolation, StoreClosed
from passerby.base.ids import OrgId, Uid, UserId
from passerby.model.bundle import Origin, Receipt
from passerby.model.device import Claim, Device, Ending, Instant, Seal, Summary
from passerby.model.effect import Answer, Close, Drop, Effect, Keep, Learn, Meet, Sum
from passerby.model.operation import Event, SetProperties
from passerby.model.org import Org, OrgSettings
from passerby.model.outcome import Outcome
from passerby.model.properties import Property
from passerby.store.contract import PersonFilter, Store, Transaction
from tests.deliveries import ORG
from tests.store.pieces import bind, device, event, instant, page, piece, session


def apply(store: Store, *effects: Effect) -> None:
    store.submit(lambda transaction: transaction.apply(ORG.id, effects)).result()


def test_what_was_kept_is_read_back_as_it_was(store: Store) -> None:
    kept = msgspec.structs.replace(piece(1, event(1, 1000), event(2, 2000)), outcomes=(Outcome.STORED, Outcome.BLEED))
    apply(store, Keep(kept))
    with store.read() as reader:
        (found,) = reader.pieces_of_device(ORG.id, device(1))
        assert msgspec.structs.replace(found, row=0) == kept
        assert found.row > 0


def test_work_that_fails_leaves_nothing_and_its_neighbours_alone(store: Store) -> None:
    def fail(transaction: Transaction) -> None:
        transaction.apply(ORG.id, [Keep(piece(2, event(1, 1000)))])
        raise OverflowError

    first = store.submit(lambda transaction: transaction.apply(ORG.id, [Keep(piece(1, event(1, 1000)))]))
    failing = store.submit(fail)
    last = store.submit(lambda transaction: transaction.apply(ORG.id, [Keep(piece(3, event(1, 1000)))]))
    first.result()
    assert isinstance(failing.exception(), OverflowError)
    last.result()
    with store.read() as reader:
        assert [reader.has_device(ORG.id, device(number)) for number in (1, 2, 3)] == [True, False, True]


def test_a_piece_taken_back_is_in_its_old_place(store: Store) -> None:
    apply(store, *(Keep(piece(number, event(1, number), of=1)) for number in (1, 2, 3)))

    def drop_and_fail(transaction: Transaction) -> None:
        transaction.apply(ORG.id, [Drop(transaction.pieces(ORG.id, device(1))[0])])
        raise ValueError

    assert isinstance(store.submit(drop_and_fail).exception(), ValueError)
    with store.read() as reader:
        assert [found.session for found in reader.pieces_of_device(ORG.id, device(1))] == [
            session(n) for n in (1, 2, 3)
        ]


def test_a_second_binding_is_a_violation_and_the_first_stands(store: Store) -> None:
    apply(store, bind(1, "ann"))
    with pytest.raises(BindingViolation):
        apply(store, Keep(piece(1, event(1, 1000))), bind(1, "bob"))
    with store.read() as reader:
        binding = reader.device(ORG.id, device(1)).binding
        assert binding is not None
        assert binding.uid == "ann"
        assert not reader.has_device(ORG.id, device(1))


@pytest.mark.parametrize("uid", ["\0", "a\0b", " x ", "😀" * 256, "'; DROP TABLE bindings; --"])
def test_any_uid_can_be_bound(store: Store, uid: str) -> None:
    apply(store, Keep(piece(1, event(1, 1000))), bind(1, uid))
    with store.read() as reader:
        assert reader.devices_of(ORG.id, Uid(uid)) == [device(1)]
        assert [person.uid for person in reader.people(ORG.id, PersonFilter(uid=uid), None, 10)] == [uid]


def test_the_last_seal_stands_and_can_be_taken_off(store: Store) -> None:
    late, early = (Seal(Instant(page(1), n, n, n, 0), "anonymize") for n in (9, 4))
    apply(store, Close(device(1), late), Close(device(1), early))
    with store.read() as reader:
        assert reader.device(ORG.id, device(1)).seal == early
    apply(store, Close(device(1), None))
    with store.read() as reader:
        assert reader.device(ORG.id, device(1)).seal is None


def test_a_summary_and_a_key_are_read_back_with_their_device(store: Store) -> None:
    claim = Claim(instant(1, 3), "mark", 7)
    summary = Summary(claim, (instant(2, 5),), (Ending(instant(1, 9), "anonymize", "mark"),))
    apply(store, Sum(device(1), Summary()), Sum(device(1), summary), Meet(device(1), b"k" * 32))
    with store.read() as reader:
        found = reader.device(ORG.id, device(1))
        assert (found.summary, found.key) == (summary, b"k" * 32)
        assert reader.device(ORG.id, device(2)) == Device(device(2))


def test_claims_and_ends_are_found_around_numbers_of_a_page(store: Store) -> None:
    claims = tuple(Claim(instant(1, n), f"u{n}", n) for n in (2, 5, 9, 12))
    ends = tuple(Ending(instant(1, n), "anonymize") for n in (1, 4, 6, 10))
    others = (Claim(instant(2, 6), "x", 6),)
    apply(store, Learn(device(1), (*claims, *others), ends), Learn(device(2), (Claim(instant(1, 6), "y", 6),)))

    def around(transaction: Transaction, first: int, last: int, limit: int = 9) -> tuple[list[int], list[int]]:
        found = transaction.claims_around(ORG.id, device(1), page(1), first, last, limit)
        ended = transaction.ends_around(ORG.id, device(1), page(1), first, last, limit)
        return [claim.instant.n for claim in found], [end.instant.n for end in ended]

    for asked, wanted in [
        ((6, 8), ([5, 9], [4, 6])),
        ((5, 9), ([5, 9, 12], [4, 6])),
        ((1, 1), ([2], [1])),
        ((20, 30), ([12], [10])),
        ((1, 30, 2), ([2, 5], [1, 4])),
    ]:
        assert store.submit(lambda t, asked=asked: around(t, *asked)).result() == wanted
    assert len(store.submit(lambda t: list(t.claims_of(ORG.id, device(1)))).result()) == 5


def test_ends_are_listed_by_server_time_for_all_or_for_some(store: Store) -> None:
    ends = tuple(Ending(instant(n % 2, n), "forget", "" if n % 3 else "u") for n in (7, 3, 5, 1, 6))
    apply(store, Learn(device(1), ends=ends), Learn(device(1), ends=(Ending(instant(1, 5), "forget", "v"),)))

    def listed(transaction: Transaction, whom: list[str] | None, since_ms: int, limit: int) -> list[int]:
        found = transaction.ends_by_time(ORG.id, device(1), whom, since_ms, limit)
        return [end.instant.at for end in found]

    for asked, wanted in [
        ((None, 0, 9), [1, 3, 5, 6, 7]),
        ((None, 3, 2), [3, 5]),
        ((["", "u"], 0, 9), [1, 3, 6, 7]),
        ((["v"], 0, 9), [5]),
    ]:
        assert store.submit(lambda t, asked=asked: listed(t, *asked)).result() == wanted


def test_a_piece_is_found_by_its_origin_until_it_goes(store: Store) -> None:
    origin = Origin(b"d" * 32, b"p" * 32, b"h" * 32)
    apply(
        store,
        Keep(piece(1, event(1, 1000)), origin),
        Keep(piece(2, event(1, 1000)), origin),
        Keep(piece(3, event(1, 1))),
    )

    def found(transaction: Transaction, mark: bytes, is_page: bool) -> list[tuple[str, Origin]]:
        return [(kept.device, its) for kept, its in transaction.pieces_from(ORG.id, mark, is_page=is_page)]

    both = [(device(1), origin), (device(2), origin)]
    for mark, is_page, wanted in [(b"d" * 32, False, both), (b"p" * 32, True, both), (b"p" * 32, False, [])]:
        assert store.submit(lambda t, m=mark, p=is_page: found(t, m, p)).result() == wanted
    store.submit(lambda t: t.remove_device(ORG.id, device(1))).result()
    (kept,) = store.submit(lambda t: t.pieces(ORG.id, device(2), page(2))).result()
    assert store.submit(lambda t: t.pieces(ORG.id, device(2), page(1))).result() == []
    apply(store, Drop(kept))
    assert store.submit(lambda t: found(t, b"d" * 32, False)).result() == []


def test_what_a_device_claimed_goes_with_it(store: Store) -> None:
    facts = Learn(device(1), (Claim(instant(1, 1), "u", 1),), (Ending(instant(1, 2), "forget"),))
    apply(store, Keep(piece(1, event(1, 1000))), facts, Sum(device(1), Summary()), Meet(device(1), b"k"))
    store.submit(lambda t: t.remove_device(ORG.id, device(1))).result()
    with store.read() as reader:
        assert reader.device(ORG.id, device(1)) == Device(device(1))
    assert store.submit(lambda t: list(t.claims_of(ORG.id, device(1)))).result() == []
    assert store.submit(lambda t: t.ends_by_time(ORG.id, device(1), None, 0, 9)).result() == []


def test_a_receipt_answers_for_the_numbers_asked_and_no_others(store: Store) -> None:
    wide = tuple((n, Outcome.STORED if n % 2 else Outcome.INVALID_UID) for n in (1, 5, 1023, 1024, 5000, 2**31 - 1))
    apply(store, Answer(Receipt(page(1), device(1), wide)), Answer(Receipt(page(1), device(1), ((3, Outcome.BOUND),))))

    def ask(transaction: Transaction, first: int, last: int) -> object:
        receipt = transaction.receipt(ORG.id, page(1), first, last)
        assert receipt is not None
        assert receipt.device == device(1)
        return [n for n, _ in receipt.outcomes]

    for first, last, numbers in [
        (1, 4, [1, 3]),
        (0, 2**31, [1, 3, 5, 1023, 1024, 5000, 2**31 - 1]),
        (1024, 5000, [1024, 5000]),
        (2**31 - 1, 2**31 - 1, [2**31 - 1]),
        (6, 7, []),
    ]:
        assert store.submit(functools.partial(ask, first=first, last=last)).result() == numbers
    assert store.submit(lambda transaction: transaction.receipt(ORG.id, page(2), 1, 9)).result() is None


def test_pieces_past_an_instant_are_at_least_those_not_before_it(store: Store) -> None:
    early = msgspec.structs.replace(event(1, 1_000_000), t=1_290_000)
    apply(
        store,
        Keep(piece(1, event(1, 100), of=1)),
        Keep(piece(2, early, of=1)),
        Keep(piece(3, event(7, 5), of=1)),
        Keep(piece(4, event(1, 2_000_000), of=2)),
    )
    seal = Instant(page(3), 7, 1_285_000, 1_285_000, 0)
    found = store.submit(lambda transaction: list(transaction.pieces_past(ORG.id, device(1), seal))).result()
    assert {session(2), session(3)} <= {kept.session for kept in found}
    assert {kept.device for kept in found} == {device(1)}


def test_people_with_one_last_moment_are_paged_without_loss_or_repeat(store: Store) -> None:
    apply(store, *(Keep(piece(number, event(1, 1000))) for number in range(1, 8)))
    with store.read() as reader:
        found: list[UserId] = []
        after: tuple[int, UserId] | None = None
        while people := reader.people(ORG.id, PersonFilter(), after, 3):
            found += [person.id for person in people]
            after = (people[-1].last_at_ms, people[-1].id)
        assert found == sorted(device(number) for number in range(1, 8))
        assert reader.count_people(ORG.id, PersonFilter()) == 7


def test_sessions_that_began_at_once_are_paged_without_loss_or_repeat(store: Store) -> None:
    apply(store, *(Keep(piece(number, event(1, 1000), of=number % 3)) for number in range(1, 8)))
    with store.read() as reader:
        devices = [device(number) for number in range(3)]
        first = reader.sessions_of(ORG.id, devices, None, 4)
        rest = reader.sessions_of(ORG.id, devices, (first[-1].began_at_ms, first[-1].id), 4)
        assert [found.id for found in [*first, *rest]] == [session(number) for number in range(1, 8)]


def test_binding_takes_the_devices_past_with_it(store: Store) -> None:
    named = SetProperties(n=1, t=500, at=500, type="user", properties=(Property("displayName", "str", "Ann"),))
    apply(store, Keep(piece(1, named)), Keep(piece(2, event(1, 900), of=1)))
    apply(store, bind(1, "ann", 1000))
    with store.read() as reader:
        (person,) = reader.people(ORG.id, PersonFilter(), None, 10)
        assert (person.uid, person.display_name, person.first_at_ms, person.last_at_ms) == ("ann", "Ann", 500, 900)


def test_dropping_the_last_piece_of_a_device_leaves_no_person_behind(store: Store) -> None:
    apply(store, bind(1, "ann"), Keep(piece(1, event(1, 1000))))
    (kept,) = store.submit(lambda transaction: transaction.pieces(ORG.id, device(1))).result()
    apply(store, Drop(kept))
    with store.read() as reader:
        assert reader.people(ORG.id, PersonFilter(), None, 10) == []
        assert reader.session(ORG.id, session(1)) is None
        assert reader.devices_of(ORG.id, Uid("ann")) == [device(1)]


def test_orgs_do_not_see_one_another(store: Store) -> None:
    other = Org(OrgId("o2"), b"x" * 32)
    store.submit(lambda transaction: transaction.add_org(other)).result()
    apply(store, bind(1, "ann"), Keep(piece(1, event(1, 1000))))
    with store.read() as reader:
        assert reader.people(other.id, PersonFilter(), None, 10) == []
        assert reader.devices_of(other.id, Uid("ann")) == []
        assert reader.device(other.id, device(1)).binding is None
        assert reader.session(other.id, session(1)) is None
        assert list(reader.pieces_of_session(other.id, session(1))) == []


def test_settings_of_an_org_change_and_its_secret_does_not(store: Store) -> None:
    changed = Org(ORG.id, b"another".ljust(32), OrgSettings(split_on_identify=True))
    store.submit(lambda transaction: transaction.add_org(changed)).result()
    with store.read() as reader:
        found = reader.org(ORG.id)
    assert found is not None
    assert found.settings.split_on_identify
    assert found.secret == ORG.secret


def test_numbers_at_their_limits_are_kept(store: Store) -> None:
    far = 2**53 - 1
    made = Event(n=2**31 - 1, t=far, at=far, name="x", properties=(Property("n", "real", 1e308),))
    kept = msgspec.structs.replace(piece(1, made), started=far, offset_ms=-far)
    apply(store, Keep(kept))
    with store.read() as reader:
        (found,) = reader.pieces_of_session(ORG.id, session(1))
        assert msgspec.structs.replace(found, row=0) == kept


def test_after_close_nothing_is_taken_in_and_closing_again_is_harmless(open_store: Callable[[], Store]) -> None:
    store = open_store()
    waiting = store.submit(lambda transaction: transaction.add_org(ORG))
    store.close()
    store.close()
    assert waiting.exception() is None
    with pytest.raises(StoreClosed):
        store.submit(lambda transaction: transaction.org(ORG.id))
